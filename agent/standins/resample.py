"""Change of sample rate for whole pieces of speech, exact up to the lower of the two bands."""

from math import gcd

import numpy as np

from audio.frames import Pcm, clipped


def resampled(pcm: Pcm, source: int, target: int) -> Pcm:
    """The same sound at another rate; its length is the nearest whole number of samples.

    The spectrum is cut or padded, so nothing is imaged or aliased; the silence added before the transform keeps the
    end of the sound from ringing into its start.
    """
    if source == target or len(pcm) == 0:
        return pcm
    common = gcd(source, target)
    up, down = target // common, source // common
    margin = source // 50
    blocks = _smooth(-(-(len(pcm) + margin) // down))
    padded = np.zeros(blocks * down)
    padded[: len(pcm)] = pcm
    spectrum = np.fft.rfft(padded)
    size = blocks * up
    bins = np.zeros(size // 2 + 1, dtype=np.complex128)
    kept = min(len(bins), len(spectrum))
    bins[:kept] = spectrum[:kept]
    bins[kept - 1] *= 0.5
    sound = np.fft.irfft(bins, size) * (up / down)
    length = round(len(pcm) * target / source)
    return clipped(sound[:length])


def _smooth(count: int) -> int:
    """The next number that a fast transform likes: at most eight bits followed by zeros."""
    shift = max(0, count.bit_length() - 8)
    return -(-count >> shift) << shift if shift else count
