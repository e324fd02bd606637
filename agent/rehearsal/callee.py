"""The seam between a simulated line and whoever plays the callee: what a callee is asked, and what they may do.

Positions are samples since the answer, on the callee's side of the network. `agent.rehearsal.casting` says who plays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.rehearsal.clips import PlacedWord
from agent.rehearsal.script import Step
from audio.frames import Pcm
from audio.ledger import SpokenWord


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """A stretch of the callee's speech begins: all its words, placed on the callee's clock."""

    words: tuple[PlacedWord, ...]


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The callee pressed a key."""

    at: int
    digit: str


@dataclass(frozen=True, slots=True)
class Left:
    """The callee hung up; nothing but silence follows."""

    at: int


CalleeEvent = SpeechBegan | KeyPressed | Left


class Callee(Protocol):
    """Somebody at the far end of the line, from the answer on."""

    @property
    def untold(self) -> tuple[Step, ...]:
        """The steps of the line file that have not begun; empty for a callee without any."""
        ...

    def turn_over(self, now: int) -> bool:
        """Whether at sample `now` the callee has nothing more to say in their present turn."""
        ...

    def step(self, now: int, frame: Pcm, words: Sequence[SpokenWord]) -> tuple[Pcm, tuple[CalleeEvent, ...]]:
        """Live through the frame that begins at sample `now`, at once: whatever takes time is done beside it.

        `frame` is what reached the ear of the agent's voice meanwhile, `words` every word of the agent's so far, placed
        where the agent said it. Returns as many samples as `frame` has, and what began in them.
        """
        ...
