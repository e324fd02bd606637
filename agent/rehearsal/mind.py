"""The seam between a callee with a persona and what thinks for them: turns in, a reply out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent.standins.process import StandInsFailed

HANGS_UP = "[hangs up]"
"""Ends a reply after which the callee hangs up; never spoken."""
_LONGEST = 600
"""Characters of a reply that are spoken."""
_HANGS_UP = re.compile(r"[\[(*]+\s*(?:hangs?|hanging)\s+up\s*[\])*]+", re.IGNORECASE)
_UNSPOKEN = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*+[^*\n]*\*+|<[^>]*>")
"""Stage directions."""
_STROKES = re.compile(r"[*_#`\"“”/\[\]()<>]+")


class Speaker(StrEnum):
    """Who took a turn."""

    AGENT = "agent"
    CALLEE = "callee"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said in one go."""

    speaker: Speaker
    text: str
    """Empty: nothing, for so long that the callee wonders."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the callee does next."""

    text: str
    """Empty: they say nothing."""
    hangs_up: bool = False
    """Once it is said."""


class MindFailed(StandInsFailed):
    """The model that plays the callee could not be reached or answered with an error."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why or type(self).__doc__)


class Mind(Protocol):
    """Decides what the callee says."""

    async def reply(self, turns: Sequence[Turn]) -> Reply:
        """The callee's next turn; the first, to no turns, is how they answer the phone. Raises `MindFailed`."""
        ...


def reply_of(text: str) -> Reply:
    """Read what a model wrote: what is to be spoken, and whether the callee hangs up then."""
    found = _HANGS_UP.search(text)
    spoken = _UNSPOKEN.sub(" ", text if found is None else text[: found.start()])
    return Reply(_shortened(" ".join(_STROKES.sub(" ", spoken).split())), hangs_up=found is not None)


def _shortened(text: str) -> str:
    """At most so much as anybody says in one go, cut after a sentence or else after a word."""
    if len(text) <= _LONGEST:
        return text
    start = text[:_LONGEST]
    sentence = max(start.rfind(mark) for mark in ".?!。？！")
    return start[: sentence + 1] if sentence >= 0 else start.rpartition(" ")[0] or start
