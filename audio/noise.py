"""Noise behind a voice: a line's own hiss, mains hum, other voices, a street, an office.

Every kind is a loop without a seam, because it is made from whole periods; levels are dBFS RMS over the loop. The same
seed gives the same samples.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from audio.frames import RATE, Pcm, levelled, samples

_Sound = npt.NDArray[np.float64]
_LENGTH = samples(10.0)
"""Samples in a loop."""


class Loop:
    """A sound that is heard again and again."""

    def __init__(self, pcm: Pcm) -> None:
        """`pcm` must not be empty."""
        self._pcm = pcm
        self._position = 0

    def take(self, count: int) -> Pcm:
        """The next samples, as an array of the caller's own."""
        end = self._position + count
        if end <= len(self._pcm):
            taken: Pcm = self._pcm[self._position : end].copy()
        else:
            taken = np.take(self._pcm, np.arange(self._position, end), mode="wrap")
        self._position = end % len(self._pcm)
        return taken


def comfort(*, dbfs: float, seed: int = 1) -> Pcm:
    """The hiss of an idle line, falling gently towards high frequencies (after Hoth)."""
    return levelled(_shaped(lambda hz: 1 / (1 + hz / 500), np.random.default_rng(seed)), dbfs)


def hum(*, dbfs: float, hz: float = 50.0) -> Pcm:
    """Mains hum with its odd harmonics, which are what a telephone lets through; `hz` is 50 or 60."""
    turns = 2 * np.pi * hz / RATE * np.arange(_LENGTH)
    return levelled(np.sum([np.sin(n * turns) / n**0.7 for n in (1, 3, 5, 7, 9, 11, 13)], axis=0), dbfs)


def street(*, dbfs: float, seed: int = 1) -> Pcm:
    """Traffic: a rumble, and cars that come and go."""
    rng = np.random.default_rng(seed)
    rumble = _shaped(lambda hz: 1 / (1 + (hz / 150) ** 1.5), rng)
    tyres = _shaped(lambda hz: np.exp(-(((hz - 900) / 700) ** 2)), rng)
    return levelled(rumble * 1.0 + tyres * 1.5 * _swells(rng, count=4, width=0.9), dbfs)


def office(*, dbfs: float, seed: int = 1) -> Pcm:
    """Ventilation, typing, and a murmur far off."""
    rng = np.random.default_rng(seed)
    air = _shaped(lambda hz: 1 / (1 + (hz / 300) ** 1.2), rng)
    clicks = _shaped(lambda hz: np.exp(-(((hz - 2200) / 900) ** 2)), rng) * _swells(rng, count=45, width=0.006)
    return levelled(air + 3.0 * clicks + 0.5 * _voices(rng, 4), dbfs)


def babble(*, dbfs: float, seed: int = 1) -> Pcm:
    """Many people talking at once, no word of which can be made out."""
    return levelled(_voices(np.random.default_rng(seed), 8), dbfs)


def _shaped(curve: Callable[[_Sound], _Sound], rng: np.random.Generator) -> _Sound:
    """Gaussian noise of level 1 whose spectrum has the amplitude `curve` gives for frequencies in Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(_LENGTH)) * curve(np.fft.rfftfreq(_LENGTH, 1 / RATE).astype(np.float64))
    spectrum[0] = 0
    sound: _Sound = np.fft.irfft(spectrum, _LENGTH)
    return sound / float(np.sqrt(np.mean(np.square(sound))))


def _swells(rng: np.random.Generator, *, count: int, width: float) -> _Sound:
    """`count` swells from 0 to about 1 at random moments, `width` seconds each side, across the loop's seam too."""
    reach = min(samples(3 * width), _LENGTH // 2 - 1)
    shape = np.exp(-((np.arange(-reach, reach + 1) / RATE / width) ** 2))
    swells = np.zeros(_LENGTH)
    for middle, height in zip(rng.integers(0, _LENGTH, count), rng.uniform(0.4, 1.0, count), strict=True):
        places = np.arange(middle - reach, middle + reach + 1) % _LENGTH
        swells[places] = np.maximum(swells[places], height * shape)
    return swells


def _voices(rng: np.random.Generator, count: int) -> _Sound:
    """So many people talking: noise in the bands of vowels, in syllables of uneven length and loudness."""
    total = np.zeros(_LENGTH)
    for _ in range(count):
        vowels = _shaped(partial(_vowels, rng.uniform(350, 750), rng.uniform(1000, 2200)), rng)
        total += vowels * _swells(rng, count=28, width=0.09)
    return total / float(np.sqrt(np.mean(np.square(total))))


def _vowels(first: float, second: float, hz: _Sound) -> _Sound:
    """Two formants."""
    curve: _Sound = np.exp(-(((hz - first) / 180) ** 2)) + 0.5 * np.exp(-(((hz - second) / 300) ** 2))
    return curve
