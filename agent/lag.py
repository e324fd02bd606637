"""How well the worker keeps up: how late a task that asks for 50 ms is woken, and how often sound came too late."""

import asyncio
from collections.abc import Callable

from audio.frames import TICK

INTERVAL = 0.05
"""Seconds between two readings: 20 wake-ups a second cost next to nothing."""

BUFFER = 0.04
"""Seconds of sound that a line has in hand: what `agent.worker.sound` sends ahead of the first frame."""


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


class TickMeter:
    """Counts the gaps in the agent's sound that come from ticks of the line being late."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.underruns = 0
        """Times a frame came later than a line could bridge."""
        self._now = now
        self._last: float | None = None

    def tick(self) -> None:
        """A frame was handed to the line."""
        now = self._now()
        if self._last is not None and now - self._last > TICK + BUFFER:
            self.underruns += 1
        self._last = now
