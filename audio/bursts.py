"""Sounds that are over in a moment and are no speech: a cough, a door.

Levels are dBFS RMS of the sound while it lasts. The same seed gives the same samples.
"""

import numpy as np
import numpy.typing as npt

from audio.frames import RATE, Pcm, levelled, samples

_Sound = npt.NDArray[np.float64]


def cough(*, dbfs: float = -15.0, seed: int = 1) -> Pcm:
    """Half a second: a burst of breath, its tail, and a second, shorter one."""
    rng = np.random.default_rng(seed)
    breath = _noise(samples(0.5), 400.0, 2600.0, rng)
    return levelled(breath * (_burst(0.0, 0.012, 0.09) + 0.7 * _burst(0.26, 0.012, 0.06))[: len(breath)], dbfs)


def door(*, dbfs: float = -15.0, seed: int = 1) -> Pcm:
    """Half a second: the latch, the slam, and the room after it."""
    rng = np.random.default_rng(seed)
    latch = _noise(samples(0.5), 1500.0, 3200.0, rng) * _burst(0.0, 0.002, 0.015)
    slam = _noise(samples(0.5), 250.0, 900.0, rng) * _burst(0.08, 0.004, 0.07)
    return levelled(0.5 * latch + slam, dbfs)


def _noise(count: int, low: float, high: float, rng: np.random.Generator) -> _Sound:
    """Gaussian noise between two frequencies in Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hz < low) | (hz > high)] = 0
    sound: _Sound = np.fft.irfft(spectrum, count)
    return sound


def _burst(start: float, rise: float, fall: float) -> _Sound:
    """From `start` on: up within `rise`, and down by `fall`, in seconds."""
    time = np.arange(samples(0.5)) / RATE - start
    shape: _Sound = np.where(time < 0, 0.0, np.minimum(np.maximum(time, 0.0) / rise, 1.0) * np.exp(-time / fall))
    return shape
