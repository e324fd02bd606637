"""The moments of a call that are worth a mark: what the callee, the model, the line and the clock decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agent import events as e
from agent.page.stages import zero
from agent.page.words import plain
from agent.state import Timer

Tone = Literal["plain", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened in an instant."""

    at: float
    """Seconds as of `Stage`."""
    text: str
    tone: Tone = "plain"


_ELAPSED: Mapping[str, str] = {
    Timer.GREETING: "The callee's greeting did not end: the first sentence is said anyway",
    Timer.REPLY: "No answer could be heard for too long",
    Timer.INACTIVE: "Nobody had said anything for too long",
    Timer.LIMIT_MESSAGE: "The message about the time limit was due",
    Timer.LIMIT: "The time limit was reached",
}
"""Deadlines that decide something; the others are the ordinary course."""

_TEXTS: Mapping[type[e.Event], Callable[[Any], tuple[str, Tone]]] = {
    e.Dialled: lambda _: ("Dialled", "plain"),
    e.Rang: lambda _: ("The phone rang", "plain"),
    e.Refused: lambda event: (f"Refused: {plain(event.dial_error)}", "plain"),
    e.Answered: lambda _: ("Answered", "plain"),
    e.OpeningWithdrawn: lambda _: ("The first sentence stopped for the callee, to start again", "plain"),
    e.GoodbyeAsked: lambda _: ("The model asked to end the call", "plain"),
    e.CalleeFaded: lambda _: ("Nothing came from the callee any more, not even silence", "warning"),
    e.CalleeReturned: lambda _: ("Something came from the callee again", "plain"),
    e.CalleeHungUp: lambda _: ("The callee hung up", "plain"),
    e.LineDropped: lambda event: (f"The line failed: {plain(event.reason)}", "error"),
    e.Withdrawn: lambda _: ("The attempt was called off", "warning"),
    e.Failed: lambda event: (f"Failed: {event.message}", "error"),
    e.Warned: lambda event: (f"Warning: {event.message}", "warning"),
    e.Ended: lambda event: (f"Ended by the {_BY[event.ended_by]}: {_why(event)}", "plain"),
}

_BY: Mapping[e.EndedBy, str] = {"agent": "agent", "user": "callee", "system": "system"}


def _why(event: e.Ended) -> str:
    return plain(event.end_reason or event.error_code or "no reason is known")


def moments(events: Sequence[e.Event]) -> tuple[Moment, ...]:
    """The moments in order."""
    origin = zero(events)
    found: list[Moment] = []
    for event in events:
        if isinstance(event, e.Elapsed):
            if event.timer in _ELAPSED:
                found.append(Moment(event.at - origin, _ELAPSED[event.timer]))
        elif type(event) in _TEXTS:
            found.append(Moment(event.at - origin, *_TEXTS[type(event)](event)))
    return tuple(found)
