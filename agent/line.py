"""What a line is: the one seam between a call and the network that carries it.

A line owns the clock. Once answered it calls `Leg.speak` and `Leg.hear` once per 20 ms tick, in step, so that frame
number n of both directions covers the same stretch of time: sample n * 480 of either was on the line at
`Answered.at + n * 0.02`. A rehearsal's simulated line, a console's sound card and LiveKit's track all fit behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from audio.frames import Pcm
from audio.ledger import SpokenWord

NOT_FREED = "the line could not be freed in the usual way"
"""The warning where `Line.hang_up` failed: the far end may still be there."""


@dataclass(frozen=True, slots=True)
class Rang:
    """The callee's phone began to ring."""

    at: float
    """Host monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The callee picked up; frames flow from `at` on."""

    at: float
    """Host monotonic seconds; sample 0 of both directions."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The dial ended without an answer."""

    at: float
    dial_error: str
    """A value of the attempt's `dial_error`."""
    sip_code: int | None
    sip_text: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Somebody else called the attempt off before it was answered: the room was deleted, the caller gave up."""

    at: float


@dataclass(frozen=True, slots=True)
class HungUp:
    """The callee hung up."""

    at: float


@dataclass(frozen=True, slots=True)
class Dropped:
    """The line itself failed after the answer."""

    at: float
    reason: Literal["connection_timeout", "participant_removed"]


@dataclass(frozen=True, slots=True)
class Pressed:
    """The callee pressed a key."""

    at: float
    digit: str


@dataclass(frozen=True, slots=True)
class Faded:
    """Nothing comes from the callee any more, not even silence; the call goes on all the same."""

    at: float


@dataclass(frozen=True, slots=True)
class Returned:
    """Something comes from the callee again."""

    at: float


LineEvent = Rang | Answered | Refused | Cancelled | HungUp | Dropped | Pressed | Faded | Returned


class Leg(Protocol):
    """The worker's end of a line, as the line sees it."""

    def speak(self) -> Pcm:
        """The next 20 ms for the callee: 480 samples."""
        ...

    def hear(self, pcm: Pcm) -> None:
        """Take the last 20 ms from the callee: 480 samples."""
        ...

    def voice(self) -> Pcm:
        """What `speak` last gave, without the sounds under it: of that alone can be said whether anybody spoke."""
        ...

    def spoken(self) -> Sequence[SpokenWord]:
        """Every word put on the line so far, oldest first; a simulated callee follows the agent's phrases by it."""
        ...


class Line(Protocol):
    """A way to reach a callee."""

    @property
    def latency(self) -> float:
        """Seconds by which the callee hears what is spoken later than they would on a line without delay."""
        ...

    async def dial(self, leg: Leg, notify: Callable[[LineEvent], None]) -> None:
        """Ring the callee and return once `Answered`, `Refused` or `Cancelled` was notified; later events follow.

        Cancelling it while it rings withdraws the call.
        """
        ...

    async def hang_up(self) -> None:
        """End the call from the worker's side; returns when the far end is gone. Safe at any time, and twice."""
        ...
