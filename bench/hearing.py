"""What the two sides of a recorded call say of its turns: pure functions of samples.

Positions are samples at the worker's end of the line, counted from the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audio.frames import Pcm, samples, seconds
from audio.ledger import audible

BETWEEN_TURNS = samples(2.2)
"""Silence of the callee's that separates two turns: longer than any pause within one, shorter than any answer."""
BETWEEN_UTTERANCES = samples(0.3)
"""Silence of the agent's that separates two utterances."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound without a longer silence in it."""

    start: int
    """First audible sample."""
    end: int
    """Sample after the last audible one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agent did about one turn."""

    cut_in: bool
    """It began to speak before the turn was over."""
    wait: float | None
    """Seconds from the end of the callee's voice to the first audible sample; None when no utterance began after it."""


def stretches(pcm: Pcm, gap: int) -> tuple[Stretch, ...]:
    """The stretches of sound in `pcm`; silences shorter than `gap` samples are part of them."""
    loud = audible(pcm)
    if not len(loud):
        return ()
    breaks = np.flatnonzero(np.diff(loud) >= gap)
    starts = [int(loud[0]), *(int(loud[index + 1]) for index in breaks)]
    ends = [*(int(loud[index]) + 1 for index in breaks), int(loud[-1]) + 1]
    return tuple(Stretch(start, end) for start, end in zip(starts, ends, strict=True))


def answers(callee: Pcm, agent: Pcm, delay: int) -> tuple[Answer, ...]:
    """How each turn of the callee's was answered; `delay` is how many samples its sound takes to the worker."""
    turns = [Stretch(turn.start + delay, turn.end + delay) for turn in stretches(callee, BETWEEN_TURNS)]
    begun = [utterance.start for utterance in stretches(agent, BETWEEN_UTTERANCES)]
    until = [turn.start for turn in turns[1:]] + [max(len(agent), len(callee)) + delay]
    return tuple(_answer(turn, end, begun) for turn, end in zip(turns, until, strict=True))


def _answer(turn: Stretch, until: int, begun: Sequence[int]) -> Answer:
    after = [start for start in begun if turn.end <= start < until]
    return Answer(
        cut_in=any(turn.start <= start < turn.end for start in begun),
        wait=seconds(after[0] - turn.end) if after else None,
    )
