"""Time as a simulated line takes it: real in a rehearsal, as quick as the machine in a test."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where a line gets its time from."""

    def now(self) -> float:
        """Seconds; in a rehearsal host monotonic, shared with the stand-in process."""
        ...

    async def sleep_until(self, moment: float) -> None:
        """Return at `moment`; lets others run even if that has passed."""
        ...


class HostClock:
    """The host's monotonic clock."""

    def now(self) -> float:
        """Host monotonic seconds."""
        return time.monotonic()

    async def sleep_until(self, moment: float) -> None:
        """Return at `moment`, within a millisecond or two."""
        await asyncio.sleep(max(0.0, moment - time.monotonic()))
