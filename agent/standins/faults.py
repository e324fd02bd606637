"""What goes wrong with the connections of one call's realtime model."""

import asyncio
import time
from dataclasses import dataclass

from agent.standins.config import Fault


@dataclass(slots=True)
class Faults:
    """What is to go wrong with the connections of one call's model, each thing once."""

    waiting: list[Fault]
    began: float | None = None
    """Host time at which the model first heard something."""

    def heard(self) -> None:
        """Sound came in."""
        self.began = time.monotonic() if self.began is None else self.began

    async def next(self) -> Fault:
        """The next fault, when its time has come."""
        while True:
            for fault in self.waiting:
                if self.began is not None and time.monotonic() >= self.began + fault.after:
                    self.waiting.remove(fault)
                    return fault
            await asyncio.sleep(0.02)
