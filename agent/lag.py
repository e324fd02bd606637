"""How well the event loop keeps up: how late a task that asks for 50 ms is woken."""

import asyncio
from collections.abc import Callable

INTERVAL = 0.05
"""Seconds between two readings: 20 wake-ups a second cost next to nothing."""


class LagMeter:
    """Collects the loop's lag until its task is cancelled."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._readings: list[float] = []

    async def watch(self) -> None:
        """Take readings for ever."""
        while True:
            due = self._now() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self._readings.append(max(0.0, self._now() - due))

    def p99_ms(self) -> float:
        """99 of 100 readings were not later than this many milliseconds; 0.0 without readings."""
        if not self._readings:
            return 0.0
        ordered = sorted(self._readings)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000
