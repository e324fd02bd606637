"""Loops: clips that can be heard again and again, all equally loud.

A loop is a clip without the quiet it begins and ends with, its end faded into its beginning, brought to `LOUDNESS`.
Where that would clip, only the peaks are taken down, as gently as a limiter that can look ahead.
"""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from audio.frames import Pcm, clipped, samples
from audio.loudness import SILENT, integrated
from audio.recording import read_ogg

LOUDNESS = -23.0
"""LUFS of every loop: the programme loudness of EBU R 128, which is about as loud as a voice."""

_SEAM = samples(0.5)
"""Samples in which the end goes over into the beginning."""
_BLOCK = samples(0.1)
_FAINT = 20.0
"""dB below a clip's loudness at which a block at either end is no part of the loop: music that fades in or out."""
_CEILING = 10 ** (-1 / 20) * 32768
"""Highest sample: -1 dBFS."""
_CLOSE = 0.1
"""LU by which the loudness of a loop may be off."""
_ROUNDS = 8
"""Times a loop is measured and corrected; the limiter takes something away each time."""
_DOUBLINGS = 7
"""The limiter looks 2^7 samples (5 ms) ahead and back."""

_Sound = npt.NDArray[np.float64]


@cache
def loop_of(path: Path) -> Pcm:
    """The loop of an Ogg file; read once in a process, which takes up to 0.3 s.

    Raises OSError if the file cannot be read, ValueError if there is no sound in it to make a loop of.
    """
    left, right = read_ogg(path)
    return looped((left.astype(np.float64) + right) / 2)


def looped(clip: _Sound) -> Pcm:
    """The loop of a clip on the scale of 16-bit samples. Raises ValueError for silence, or less than 1 s of sound."""
    return levelled(_seamless(_without_faint_ends(clip)))


def _without_faint_ends(clip: _Sound) -> _Sound:
    loudness = integrated(clipped(clip))
    if loudness <= SILENT or len(clip) < 2 * _SEAM:
        raise ValueError("expected a clip with at least 1 s of sound")
    blocks = clip[: len(clip) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    level = 10 * np.log10(np.mean(np.square(blocks), axis=1) / 32768**2 + 1e-12)
    loud = np.flatnonzero(level > loudness - _FAINT)
    kept = clip[loud[0] * _BLOCK : (loud[-1] + 1) * _BLOCK]
    if len(kept) < 2 * _SEAM:
        raise ValueError("expected a clip with at least 1 s of sound")
    return kept


def _seamless(clip: _Sound) -> _Sound:
    """The end faded into the beginning, with the same power throughout: what follows the last sample is the first."""
    angle = (np.arange(_SEAM) + 0.5) / _SEAM * np.pi / 2
    seam = clip[:_SEAM] * np.sin(angle) + clip[-_SEAM:] * np.cos(angle)
    return np.concatenate([seam, clip[_SEAM:-_SEAM]])


def levelled(loop: _Sound) -> Pcm:
    """The loop at `LOUDNESS`, its peaks limited."""
    gain = 1.0
    pcm = clipped(loop)
    for _ in range(_ROUNDS):
        off = LOUDNESS - integrated(pcm)
        if abs(off) < _CLOSE:
            break
        gain *= 10 ** (off / 20)
        pcm = clipped(_limited(loop * gain))
    return pcm


def _limited(loop: _Sound) -> _Sound:
    """No sample above the ceiling; the loop is limited round its seam as anywhere else."""
    wanted = np.minimum(1.0, _CEILING / np.maximum(np.abs(loop), 1.0))
    if np.all(wanted == 1.0):
        return loop
    lowest = wanted
    for doubling in range(_DOUBLINGS):
        lowest = np.minimum(lowest, np.roll(lowest, 2**doubling))
    # The lowest of 128 samples, averaged over 128 that all have this one among theirs: never above what is wanted here.
    width = 2**_DOUBLINGS
    ahead = np.concatenate([lowest, lowest[: width - 1]])
    return loop * np.convolve(ahead, np.full(width, 1 / width), mode="valid")
