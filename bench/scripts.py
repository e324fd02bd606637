"""What the callee says in the comparison: turns as people take them on the phone, and the lines made of them.

In a text `~` is a pause within the turn, of 0.3 to 0.8 s.
"""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from pydantic import JsonValue

from agent.rehearsal.script import LineScript
from agent.rehearsal.shipped import parse_line
from agent.standins.config import Errors

T = TypeVar("T")

LANGUAGE = "en"
PAUSES = (0.3, 0.8)
"""Shortest and longest pause within a turn, in seconds."""
TURNS_A_CALL = 10
LATENCY = {"llm_ms": 150, "llm_token_ms": 20, "tts_ms": 80, "stt_final_ms": 100, "judge_ms": 45}
"""Of the stand-ins, the same for both sides."""
ENDS_MISSED = 0.1
"""Share of the turns' ends that the judge takes for pauses."""
PAUSES_MISTAKEN = 0.125
"""Share of the pauses that the judge takes for ends."""

_REPLY = "All right, I have noted that. What else can I do for you?"


class Kind(StrEnum):
    """A way to take a turn."""

    PLAIN = "plain"
    PAUSE = "pause"
    HESITATION = "hesitation"
    DIGITS = "digits"
    WORD = "word"


_PROPORTIONS = {Kind.PLAIN: 5, Kind.PAUSE: 5, Kind.HESITATION: 3, Kind.DIGITS: 3, Kind.WORD: 4}
"""Of any twenty turns."""

_TEXTS = {
    Kind.PLAIN: (
        "I would like to change my appointment.",
        "Could you tell me what that costs?",
        "The morning suits me better.",
        "I am calling about the letter you sent me.",
        "My daughter will come with me.",
        "That sounds fine to me.",
        "Please send it to my office.",
        "I have been a customer for six years.",
        "Nobody told me about that before.",
        "We moved to a new house in June.",
    ),
    Kind.PAUSE: (
        "I can come on Tuesday ~ or on Thursday afternoon.",
        "If it is not too much trouble ~ I would rather come later.",
        "The parcel arrived ~ but the box was open.",
        "My wife usually takes care of this ~ so I am not sure.",
        "I need to look at my calendar ~ before I can say.",
        "We are leaving on Friday ~ and we are back ~ in two weeks.",
        "Yes, that is right ~ but the street has changed.",
        "I paid the first bill ~ and then nothing came.",
        "The last time I was there ~ they gave me a card.",
        "It starts when I turn it on ~ and then it stops.",
    ),
    Kind.HESITATION: (
        "Well um ~ maybe next week.",
        "I think it was er ~ the blue one.",
        "Let me see ~ it must have been March.",
        "Hm ~ could you repeat the second one?",
        "It is um ~ on the corner of Mill Road.",
        "Oh ~ I had not thought of that.",
    ),
    Kind.DIGITS: (
        "My number is four seven one ~ two two nine ~ eight five.",
        "It is order six three ~ nine one four.",
        "The code is two eight ~ zero seven ~ five five.",
        "You can reach me at three three one ~ six zero nine.",
        "Twelve ~ forty four ~ ninety one.",
        "The postcode is nine zero two ~ one zero.",
    ),
    Kind.WORD: (
        "Yes.",
        "No.",
        "Okay.",
        "Tuesday.",
        "Exactly.",
        "Never.",
        "Seven.",
        "Perhaps.",
        "Correct.",
        "Tomorrow.",
    ),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the callee's."""

    kind: Kind
    text: str
    """As a line file has it."""

    @property
    def pauses(self) -> int:
        """Pauses within it."""
        return self.text.count("/") // 2


def turns(count: int, seed: int = 1) -> tuple[Turn, ...]:
    """So many turns, every kind in its proportion; the same seed gives the same ones."""
    rng = random.Random(seed)
    texts = {kind: _shuffled(_TEXTS[kind], rng) for kind in Kind}
    kinds: Iterator[Kind] = _shuffled([kind for kind, share in _PROPORTIONS.items() for _ in range(share)], rng)
    return tuple(Turn(kind, _paused(next(texts[kind]), rng)) for kind in itertools.islice(kinds, count))


def _shuffled(items: Sequence[T], rng: random.Random) -> Iterator[T]:
    """The items in a random order, and again in another when they are used up."""
    while True:
        yield from rng.sample(items, len(items))


def _paused(text: str, rng: random.Random) -> str:
    first, *rest = text.split("~")
    return first + "".join(f"/{rng.uniform(*PAUSES):.2f}/{piece}" for piece in rest)


def blocks(every: Sequence[Turn], size: int = TURNS_A_CALL) -> tuple[tuple[Turn, ...], ...]:
    """The turns by the call they are said in."""
    return tuple(tuple(every[start : start + size]) for start in range(0, len(every), size))


def conversation(said: Sequence[Turn], seed: int) -> LineScript:
    """A line on which the callee says the turns, each when the agent has answered, and then hangs up."""
    errors = Errors(ends=ENDS_MISSED, pauses=PAUSES_MISTAKEN, seed=seed)
    return line(
        *({"say": turn.text} for turn in said),
        {"hang_up": True},
        model={"script": [{"reply": _REPLY, "repeat": True}]},
        errors=errors.model_dump(),
    )


def line(*callee: Mapping[str, JsonValue], **more: JsonValue) -> LineScript:
    """A line with the stand-ins' latencies whose callee does as the steps say."""
    return parse_line(
        {
            "name": "bench",
            "language": LANGUAGE,
            "ring": 1.0,
            "callee": [dict(step) for step in callee],
            "latency": {**LATENCY},
            **more,
        }
    )
