import asyncio
import os
import signal
import time

import pytest

from agent.rehearsal.stop import PATIENCE, stopping


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


async def test_one_press_can_be_several_signals_and_a_second_press_ends_at_once() -> None:
    ended: list[str] = []
    with stopping(at_once=lambda: ended.append("now")) as stop:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.02)
        assert stop.is_set() and ended == []
        await asyncio.sleep(PATIENCE)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.02)
    assert ended == ["now"]


async def test_a_second_press_does_nothing_where_nothing_is_to_be_done() -> None:
    with stopping() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(PATIENCE + 0.02)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.02)
        assert stop.is_set()


async def test_a_second_press_counts_while_the_loop_is_held_up() -> None:
    ended: list[str] = []
    with stopping(at_once=lambda: ended.append("now")):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(PATIENCE + 0.02)  # noqa: ASYNC251  (as an import does)
        os.kill(os.getpid(), signal.SIGINT)
        assert ended == ["now"]
