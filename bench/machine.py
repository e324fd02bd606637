"""Whether the machine is quiet enough for the figures to mean something."""

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass

from agent.lag import LagMeter

_LOOK = 2.0
"""Seconds."""
_LATE = 5.0
"""Milliseconds that an idle loop is late at most on a quiet machine."""
_BUSY = 0.5
"""Load a core at most on a quiet machine, before anything of ours runs."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine between two measurements."""

    cores: int
    load: float
    """Processes that wanted to run, in the mean of the last minute."""
    idle_lag_ms: float
    """99 of 100 wake-ups of a loop with nothing to do were not later than this."""

    def disturbances(self, *, load: bool) -> list[str]:
        """What others do to the figures; the load is others' only when nothing of ours has run within the minute."""
        found = []
        if load and self.load > _BUSY * self.cores:
            found.append(f"a load of {self.load:.1f} on {self.cores} cores")
        if self.idle_lag_ms > _LATE:
            found.append(f"an idle loop is {self.idle_lag_ms:.0f} ms late")
        return found


async def look() -> Machine:
    """Take two seconds to see how quiet it is."""
    meter = LagMeter(time.monotonic)
    with suppress(TimeoutError):
        await asyncio.wait_for(meter.watch(), _LOOK)
    return Machine(os.cpu_count() or 1, os.getloadavg()[0], meter.p99_ms())
