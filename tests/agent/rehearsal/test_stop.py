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
