"""What the callee says in the comparison: turns as people take them on the phone, and the lines made of them.

Of every twenty turns five are said in one go, five have a pause or two between their clauses, three hesitate, three
dictate a number in two or three groups, four are a single word. Their sentences are `bench.texts`, in an order drawn
from a seed; there are fewer of them than of turns, so a sentence comes again with other pauses.

The pauses are drawn from the same seed. Their logarithms are distributed normally, as those of speech are (Campione and
Veronis, "A large-scale multilingual study of silent pause duration", 2002), about half a second, between 0.3 s, below
which nobody takes a pause for an end, and 2.0 s. So one in fourteen is longer than 1.2 s, and a worker that answers
whoever is silent for that long shows what it costs.
"""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, TypeVar

from pydantic import JsonValue

from agent.rehearsal.script import LineScript
from agent.rehearsal.shipped import parse_line
from agent.standins.config import Errors
from bench.texts import HELD_OUT, TUNED, Kind

T = TypeVar("T")

LANGUAGE = "en"
PAUSES = (0.3, 2.0)
"""Shortest and longest pause within a turn, in seconds."""
_USUAL, _SPREAD = 0.55, 0.5
"""Median of the pauses before they are cut off, in seconds, and the standard deviation of their logarithms."""
TURNS_A_CALL = 10
LATENCY = {"llm_ms": 150, "llm_token_ms": 20, "tts_ms": 80, "stt_final_ms": 100, "judge_ms": 45}
"""Of the stand-ins, the same for both sides."""
ENDS_MISSED = 0.1
"""Share of the turns' ends that the judge takes for pauses."""
PAUSES_MISTAKEN = 0.125
"""Share of the pauses that the judge takes for ends."""

_LISTENS = 2.8
"""Seconds the callee stays silent once the agent has stopped: where they stopped it themselves it still owes an answer,
which takes that long where the end of their turn was missed."""
_FIRST_TURN, _EVERY = 1, 8
"""Seconds after which the first turn begins in a call by a timetable, and from one to the next."""

_REPLIES = (
    "All right, I have noted that. What else can I do for you?",
    "I can offer you Tuesday at ten in the morning. Would that suit you?",
    "Thank you for telling me. Let me see what we can do about it.",
    "Our office is open until six on weekdays. Shall I book a time for you?",
    "Certainly, that is no trouble at all. Is there anything else you need?",
)
"""One a call, in turn: some begin with a short clause and some with a long one."""


_PROPORTIONS = {Kind.PLAIN: 5, Kind.PAUSE: 5, Kind.HESITATION: 3, Kind.DIGITS: 3, Kind.WORD: 4}
"""Of any twenty turns."""


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


def turns(count: int, seed: int = 1, *, held_out: bool = False) -> tuple[Turn, ...]:
    """So many turns, every kind in its proportion; the same seed gives the same ones."""
    rng = random.Random(seed)
    texts = {kind: _shuffled(said, rng) for kind, said in (HELD_OUT if held_out else TUNED).items()}
    kinds: Iterator[Kind] = _shuffled([kind for kind, share in _PROPORTIONS.items() for _ in range(share)], rng)
    return tuple(Turn(kind, _paused(next(texts[kind]), rng)) for kind in itertools.islice(kinds, count))


def _shuffled(items: Sequence[T], rng: random.Random) -> Iterator[T]:
    """The items in a random order, and again in another when they are used up."""
    while True:
        yield from rng.sample(items, len(items))


def _paused(text: str, rng: random.Random) -> str:
    first, *rest = text.split("~")
    return first + "".join(f"/{_pause(rng):.2f}/{piece}" for piece in rest)


def _pause(rng: random.Random) -> float:
    """The length of a pause in seconds."""
    shortest, longest = PAUSES
    while not shortest <= (drawn := rng.lognormvariate(log(_USUAL), _SPREAD)) <= longest:
        continue
    return drawn


def blocks(every: Sequence[Turn], size: int = TURNS_A_CALL) -> tuple[tuple[Turn, ...], ...]:
    """The turns by the call they are said in."""
    return tuple(tuple(every[start : start + size]) for start in range(0, len(every), size))


def conversation(said: Sequence[Turn], seed: int) -> LineScript:
    """A line on which the callee says the turns, each when the agent has answered, and then hangs up."""
    errors = Errors(ends=ENDS_MISSED, pauses=PAUSES_MISTAKEN, seed=seed)
    return line(
        *({"say": turn.text, **({"wait": _LISTENS} if index else {})} for index, turn in enumerate(said)),
        {"hang_up": True, "wait": _LISTENS},
        model={"script": [{"reply": _REPLIES[seed % len(_REPLIES)], "repeat": True}]},
        errors=errors.model_dump(),
    )


def timetable(length: float, seed: int) -> LineScript:
    """A line on which the callee begins a turn every eight seconds whatever the agent does, and hangs up at `length`.

    However quickly they are answered, two agents hear and say the same on it.
    """
    begun = range(_FIRST_TURN, round(length) - _EVERY, _EVERY)
    said = turns(len(begun), seed)
    return line(
        *({"at": at, "say": turn.text} for at, turn in zip(begun, said, strict=True)),
        {"at": length, "hang_up": True},
        model={"script": [{"reply": _REPLIES[seed % len(_REPLIES)], "repeat": True}]},
    )


def line(*callee: Mapping[str, Any], **more: JsonValue) -> LineScript:
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
