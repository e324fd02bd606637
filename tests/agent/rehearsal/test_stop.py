import asyncio
import os
import signal

import pytest

from agent.rehearsal.stop import stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_is_told_and_ends_nothing(number: signal.Signals) -> None:
    with stopping() as stop:
        assert not stop.is_set()
        for _ in range(3):
            os.kill(os.getpid(), number)
        async with asyncio.timeout(1):
            await stop.wait()


async def test_afterwards_signals_end_the_process_again() -> None:
    with stopping():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


async def test_repeats_of_a_heeded_signal_do_not_hurry_a_process_that_is_ending() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with stopping(ending=True) as stop:
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(1):
                await stop.wait()
        for number in before:
            os.kill(os.getpid(), number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
