"""The outline of a sound as the path of an SVG, and the stretches of it that are no speech."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agent.page.sound import BLOCK, Loudness, Sound
from audio.frames import RATE

FINEST = 6000
"""Steps an outline has at most; shorter recordings have one for each 20 ms."""
HEIGHT = 100
"""Of the loudest step; the axis is at 0 and loud is negative, upwards."""

_FAINT = 0.02
"""Of full scale: the least that an outline is drawn up to its height for, so that noise stays low."""
_CURVE = 0.6
"""Exponent from loudness to height: quiet speech is to be seen as well."""
_AUDIBLE = 0.01
"""Of full scale, -40 dBFS: the least that counts as a sound."""
_ABOVE = 4.0
"""How many times as loud as the side's own noise it has to be."""
_EDGE = 0.4
"""Seconds around speech in which a sound is taken for part of it."""
_GAP = 0.5
"""Seconds of quiet within one sound."""
_SHORTEST = 0.2
"""Seconds of a sound that is worth showing."""

Span = tuple[float, float]
"""Seconds from the answer."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Both sides of a recording, drawn to one scale."""

    steps: int
    """Width of either path."""
    callee: str
    agent: str


def outlines(sound: Sound) -> Outlines:
    """The upper half of both outlines, to be mirrored."""
    each = -(-len(sound.callee) // FINEST)
    callee, agent = _coarser(sound.callee, each), _coarser(sound.agent, each)
    loudest = max(float(callee.max()), float(agent.max()), _FAINT)
    return Outlines(len(callee), _path(callee / loudest), _path(agent / loudest))


def _coarser(loudness: Loudness, each: int) -> Loudness:
    padded = np.pad(loudness, (0, -len(loudness) % each))
    loudest: Loudness = padded.reshape(-1, each).max(axis=1)
    return loudest


def _path(heights: Loudness) -> str:
    """Stairs from the axis and back to it, in relative steps, which are short to write."""
    levels = np.rint(np.power(heights, _CURVE) * HEIGHT).astype(int).tolist()
    written, level, run = ["M0 0"], 0, 0
    for height in levels:
        if height != level:
            written.append(f"h{run}v{level - height}" if run else f"v{level - height}")
            level, run = height, 0
        run += 1
    return "".join([*written, f"h{run}V0z"])


def sounds(loudness: Loudness, speech: Iterable[Span]) -> tuple[Span, ...]:
    """Stretches in which a sound stands out from a side's noise, and nobody there is speaking."""
    seconds = BLOCK / RATE
    unspoken = np.ones(len(loudness), dtype=np.bool_)
    for start, stop in speech:
        unspoken[max(0, int((start - _EDGE) / seconds)) : max(0, int((stop + _EDGE) / seconds))] = False
    if not unspoken.any():
        return ()
    noise = float(np.percentile(loudness[unspoken], 25))
    loud = unspoken & (loudness > max(_AUDIBLE, noise * _ABOVE))
    stretches = ((first * seconds, last * seconds) for first, last in _runs(np.flatnonzero(loud).tolist()))
    return tuple((start, stop) for start, stop in stretches if stop - start >= _SHORTEST)


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and after the last of places that are close together."""
    gap = round(_GAP * RATE / BLOCK)
    first: int | None = None
    last = 0
    for place in places:
        if first is not None and place - last > gap:
            yield first, last + 1
            first = None
        first = place if first is None else first
        last = place
    if first is not None:
        yield first, last + 1
