"""What was said and done in a conversation at the console, in order. Pure."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Typed:
    """What the person at the console said."""

    text: str
    interrupts: bool = False
    """It was said while the agent was still answering."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys that the person pressed on their phone."""

    digits: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the agent said."""

    text: str
    kind: Literal["opening", "generated", "reply", "put", "goodbye"] = "reply"
    """`generated`: an opening that the model wrote; `put`: the person at the console had it said."""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """A tool the model called, and what came of it."""

    tool: str
    arguments: str
    """JSON, as the model wrote it."""
    output: str
    is_error: bool


Entry = Typed | Keys | Spoken | Used


@dataclass(slots=True)
class Record:
    """One conversation."""

    entries: list[Entry] = field(default_factory=list)
    ended: bool = False
    """The agent has ended it."""

    @property
    def turns(self) -> int:
        """Turns of the person at the console."""
        return sum(isinstance(entry, Typed) for entry in self.entries)
