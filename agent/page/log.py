"""Every event of a call as a row of text."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from agent import events as e
from agent.page.stages import zero
from agent.page.words import clock


@dataclass(frozen=True, slots=True)
class Row:
    """An event."""

    at: str
    name: str
    what: str
    """Its fields, but for those without a value."""


def rows(events: Sequence[e.Event]) -> tuple[Row, ...]:
    """The events in order."""
    origin = zero(events)
    return tuple(Row(clock(event.at - origin, tenths=True), type(event).__name__, _what(event)) for event in events)


def _what(event: e.Event) -> str:
    named = dataclasses.asdict(event).items()
    return ", ".join(f"{name} {value}" for name, value in named if name != "at" and value not in (None, "", (), []))
