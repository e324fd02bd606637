"""How late the event loop wakes its tasks."""

import asyncio
from contextlib import suppress

import pytest

from agent.lag import INTERVAL, LagMeter
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
