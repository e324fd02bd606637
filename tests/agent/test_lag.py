"""How late the event loop wakes its tasks."""

import asyncio
from contextlib import suppress

import pytest

from agent.lag import BUFFER, INTERVAL, LagMeter, TickMeter
from agent.worker.sound import PRIMING
from audio.frames import TICK
from tests.agent.hurry import hurried, now


def test_without_readings_there_is_no_lag() -> None:
    assert LagMeter(lambda: 0.0).p99_ms() == 0.0


def test_a_loop_that_keeps_up_has_no_lag() -> None:
    async def idle() -> float:
        meter = LagMeter(now)
        await watched(meter, 1.0)
        return meter.p99_ms()

    assert hurried(idle()) == pytest.approx(0.0, abs=0.01)


def test_one_reading_in_a_hundred_may_be_late_and_two_may_not() -> None:
    assert hurried(measured(late=1)) == pytest.approx(0.0, abs=0.01)
    assert hurried(measured(late=3)) == pytest.approx(50.0, abs=0.01)


async def measured(late: int) -> float:
    """The lag of a loop that is 50 ms late so many times in 150 readings."""
    lateness = [0.0, 0.05] * late + [0.0] * 300
    meter = LagMeter(lambda: now() + lateness.pop(0))
    await watched(meter, 150 * INTERVAL + INTERVAL / 2)
    return meter.p99_ms()


async def watched(meter: LagMeter, seconds: float) -> None:
    """Let the meter watch for so long."""
    with suppress(TimeoutError):
        await asyncio.wait_for(meter.watch(), seconds)


def underruns(*gaps: float) -> int:
    """How many are counted of ticks so many seconds apart."""
    clock = 100.0
    meter = TickMeter(lambda: clock)
    meter.tick()
    for gap in gaps:
        clock += gap
        meter.tick()
    return meter.underruns


def test_a_line_has_in_hand_what_is_sent_ahead() -> None:
    assert pytest.approx(PRIMING * TICK) == BUFFER


def test_ticks_in_time_leave_no_gap() -> None:
    assert underruns(*[TICK] * 100) == 0


def test_a_late_tick_leaves_a_gap_only_when_the_line_has_nothing_left() -> None:
    assert underruns(TICK, TICK + BUFFER - 0.001, 0, 0, TICK) == 0
    assert underruns(TICK, TICK + BUFFER + 0.001, 0, 0, TICK, 1.0, 0, 0, TICK) == 2
