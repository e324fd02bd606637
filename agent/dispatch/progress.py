"""When to dispatch, to dispatch again, to hang up and to give up. Pure: every moment is an argument.

A dispatch that finds no worker available is accepted by the server and never offered again, so it is made again until
somebody is heard of; a worker that has the attempt already turns the second one down.
"""

from dataclasses import dataclass, replace
from enum import Enum

DISPATCHES = 3
"""Times an attempt is dispatched at most."""
TAKEN_WITHIN = 8.0
"""Seconds after a dispatch until a worker must be heard of."""
SILENCE = 120.0
"""Seconds without any sign of the call after which its final event is not waited for any longer."""
FAREWELL = 30.0
"""Seconds the final event may take after Ctrl-C; a server that died takes most of them to be noticed."""
NOBODY = 6.0
"""The same where no worker was heard of."""


class Step(Enum):
    """What is to be done now."""

    WAIT = "wait"
    DISPATCH = "dispatch"
    HANG_UP = "hang_up"
    NOT_TAKEN = "not_taken"
    """Give up: no worker was heard of."""
    NOT_REPORTED = "not_reported"
    """Give up: the worker was heard of, its final event was not."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a dispatched attempt is. Moments are monotonic seconds."""

    dispatches: int = 0
    dispatched_at: float = 0.0
    seen_at: float | None = None
    """Last sign of the call: an event, or somebody in its room."""
    interrupted_at: float | None = None

    def dispatched(self, now: float) -> "Progress":
        """The attempt was dispatched."""
        return replace(self, dispatches=self.dispatches + 1, dispatched_at=now)

    def seen(self, now: float) -> "Progress":
        """There was a sign of the call."""
        return replace(self, seen_at=now)

    def interrupted(self, now: float) -> "Progress":
        """The operator wants the call to end."""
        return self if self.interrupted_at is not None else replace(self, interrupted_at=now)

    def step(self, now: float) -> Step:
        """What is to be done."""
        if self.interrupted_at is not None:
            return self._farewell(now - self.interrupted_at)
        if self.seen_at is not None:
            return Step.NOT_REPORTED if now - self.seen_at >= SILENCE else Step.WAIT
        if self.dispatches and now - self.dispatched_at < TAKEN_WITHIN:
            return Step.WAIT
        return Step.DISPATCH if self.dispatches < DISPATCHES else Step.NOT_TAKEN

    def _farewell(self, passed: float) -> Step:
        """A bridge on its way into a room that was deleted opens it again, so it is deleted until the end."""
        if self.seen_at is None:
            return Step.HANG_UP if passed < NOBODY else Step.NOT_TAKEN
        return Step.HANG_UP if passed < FAREWELL else Step.NOT_REPORTED
