"""What a recording holds: a chirp and how much of it, a tone, the first sound."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.standins.resample import resampled
from audio.frames import RATE, Pcm, samples
from tests.e2e import rtp
from tests.e2e.rtp import Heard

_Sound = npt.NDArray[np.float64]

_PIECE = samples(0.005)
"""A chirp is whole where each of its pieces is there."""


def chirp(seconds: float = 0.05, *, low: float = 400.0, high: float = 2800.0, dbfs: float = -12.0) -> Pcm:
    """A tone that rises through the telephone's band, at 24 kHz; nothing else in a call is like it."""
    count = samples(seconds)
    moments = np.arange(count) / RATE
    phase = 2 * np.pi * (low + (high - low) / (2 * seconds) * moments) * moments
    amplitude = 32768.0 * 10 ** (dbfs / 20) * 2**0.5
    ramp = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / samples(0.001))
    sound: Pcm = np.rint(amplitude * np.sin(phase) * ramp).astype(np.int16)
    return sound


def tone(hz: float, seconds: float, *, rate: int = RATE, dbfs: float = -15.0) -> Pcm:
    """A sine."""
    amplitude = 32768.0 * 10 ** (dbfs / 20) * 2**0.5
    sound: Pcm = np.rint(amplitude * np.sin(2 * np.pi * hz / rate * np.arange(round(seconds * rate)))).astype(np.int16)
    return sound


@dataclass(frozen=True, slots=True)
class Found:
    """A chirp in a recording."""

    sample: int
    """Where it begins, at 24 kHz."""
    likeness: float
    """1.0 for an undistorted one; below 0.4 for anything else."""
    pieces: tuple[float, ...]
    """Of each 5 ms in order: its strength relative to the strongest, 0.0 where it is missing."""

    @property
    def whole(self) -> bool:
        """Whether all of it is there, from its first sample to its last."""
        return self.likeness > 0.6 and min(self.pieces) > 0.35


def find_chirp(recording: Pcm, wanted: Pcm) -> Found:
    """Where `recording` is most like `wanted`, both at 24 kHz, by cross-correlation."""
    narrow = resampled(resampled(wanted, RATE, rtp.RATE), rtp.RATE, RATE).astype(np.float64)
    # Silence around it, so that a chirp whose beginning or end was cut off is found at its right place too.
    around = np.pad(recording.astype(np.float64), len(narrow))
    products = _correlated(around, narrow)
    energies = np.convolve(np.square(around), np.ones(len(narrow)), mode="valid")
    quiet = len(narrow) * 30.0**2
    place = int(np.argmax(products / np.sqrt(energies + quiet)))
    heard = around[place : place + len(narrow)]
    likeness = float(products[place] / np.sqrt((energies[place] + quiet) * np.sum(np.square(narrow))))
    return Found(place - len(narrow), likeness, _strengths(heard, narrow))


def _correlated(sound: _Sound, wanted: _Sound) -> _Sound:
    size = 1 << (len(sound) + len(wanted)).bit_length()
    product: _Sound = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size)), size)
    return product[: len(sound) - len(wanted) + 1]


def _strengths(heard: _Sound, wanted: _Sound) -> tuple[float, ...]:
    gains = []
    for start in range(0, len(wanted) - _PIECE + 1, _PIECE):
        ours, theirs = wanted[start : start + _PIECE], heard[start : start + _PIECE]
        gains.append(max(0.0, float(ours @ theirs) / float(ours @ ours)))
    strongest = max(*gains, 1e-9)
    return tuple(gain / strongest for gain in gains)


def level(recording: Pcm, hz: float, *, rate: int = RATE) -> float:
    """Strength of a tone, dBFS RMS; -120.0 where nothing is."""
    if not len(recording):
        return -120.0
    turns = np.exp(-2j * np.pi * hz / rate * np.arange(len(recording)))
    rms = abs(np.mean(recording * turns * np.hanning(len(recording)) * 2)) * 2**0.5
    return float(20 * np.log10(max(rms / 32768.0, 1e-6)))


def first_sound(heard: Heard, *, dbfs: float = -45.0) -> float | None:
    """When sound louder than `dbfs` (RMS over 5 ms) first came, host monotonic seconds; None: never."""
    pcm = heard.pcm().astype(np.float64)
    window = rtp.RATE // 200
    if len(pcm) < window:
        return None
    power = np.convolve(np.square(pcm), np.ones(window) / window, mode="valid")
    loud = np.flatnonzero(power > (32768.0 * 10 ** (dbfs / 20)) ** 2)
    if not len(loud):
        return None
    # The window is loud before the sound has filled it.
    audible = np.flatnonzero(np.abs(pcm[loud[0] :]) > 32768.0 * 10 ** (dbfs / 20))
    return heard.began + int(loud[0] + audible[0]) / rtp.RATE


def sounding(heard: Heard, *, dbfs: float = -45.0) -> tuple[float, float] | None:
    """When the first sound came, host monotonic seconds, and the seconds to the end of the last; None: never."""
    pcm = np.abs(heard.pcm().astype(np.int32))
    loud = np.flatnonzero(pcm > 32768.0 * 10 ** (dbfs / 20))
    if not len(loud):
        return None
    return heard.began + int(loud[0]) / rtp.RATE, int(loud[-1] + 1 - loud[0]) / rtp.RATE


def alike(one: Pcm, other: Pcm) -> float:
    """The greatest correlation of two sounds, wherever the one is in the other; 1.0 for the same."""
    sounds = [side.astype(np.float64) for side in (one, other)]
    size = 1 << (len(one) + len(other)).bit_length()
    first, second = (np.fft.rfft(sound, size) for sound in sounds)
    peak = np.fft.irfft(first * np.conj(second), size).max()
    return float(peak / np.prod([np.linalg.norm(sound) for sound in sounds]))
