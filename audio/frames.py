"""The one PCM format of this project: mono, signed 16 bit, 24 kHz, in frames of 20 ms.

24 kHz is what the voices deliver, a multiple of the telephone's 8 kHz, and a rate that Opus takes as it is; so a
frame is resampled once at most on its way between a provider and a phone.
"""

import math

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]
"""Samples of mono 16-bit PCM at `RATE`, shape (n,)."""

RATE = 24_000
"""Samples a second."""
TICK = 0.02
"""Seconds a frame lasts."""
FRAME = 480
"""Samples in a frame: `RATE * TICK`."""


def silence(samples: int = FRAME) -> Pcm:
    """So many samples of digital silence."""
    return np.zeros(samples, dtype=np.int16)


def seconds(samples: int) -> float:
    """How long so many samples last."""
    return samples / RATE


def samples(seconds: float) -> int:
    """How many samples so many seconds are, rounded to the nearest."""
    return round(seconds * RATE)


def clipped(sound: npt.NDArray[np.float64] | npt.NDArray[np.float32]) -> Pcm:
    """Sound on the scale of 16 bits as samples, rounded to the nearest; what is beyond the scale is cut off."""
    return _limited(np.rint(sound))


def added(one: Pcm, other: Pcm) -> Pcm:
    """Two sounds of one length at once; what is beyond the scale is cut off."""
    return _limited(one.astype(np.int32) + other)


def _limited(sound: npt.NDArray[np.float64] | npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> Pcm:
    """Whole numbers as samples. `sound` is the caller's no more: it is changed."""
    # Not `np.clip`, with which it takes twice as long over a frame.
    np.minimum(sound, 32767, out=sound)
    np.maximum(sound, -32768, out=sound)
    return sound.astype(np.int16)


def levelled(sound: npt.NDArray[np.float64], dbfs: float) -> Pcm:
    """Sound on any scale as samples whose RMS level is `dbfs`. It must not be silent."""
    return clipped(sound * (32768.0 * 10 ** (dbfs / 20) / float(np.sqrt(np.mean(np.square(sound))))))


def dbfs(pcm: Pcm) -> float:
    """RMS level in dB relative to full scale; -120.0 for digital silence."""
    if len(pcm) == 0:
        return -120.0
    wide = pcm.astype(np.float64)
    rms = math.sqrt(float(wide @ wide) / len(wide))
    return -120.0 if rms < 0.04 else 20.0 * math.log10(rms / 32768.0)
