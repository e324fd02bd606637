"""Sounds a telephone makes: beeps, keys, ringback, busy, and a little music to hold the line with.

Levels are dBFS RMS of the sound while it lasts. Every tone fades in and out over 5 ms, so none begins with a click.
"""

import numpy as np
import numpy.typing as npt

from audio.frames import RATE, Pcm, clipped, samples

_Sound = npt.NDArray[np.float64]

_FADE = samples(0.005)
_ROWS, _COLUMNS = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
_KEYS = ("123A", "456B", "789C", "*0#D")

PAIRS = {
    key: (row, column)
    for row, keys in zip(_ROWS, _KEYS, strict=True)
    for key, column in zip(keys, _COLUMNS, strict=True)
}
"""The two frequencies of each key in Hz (ITU-T Q.23)."""

_RINGBACK, _BUSY = (440.0, 480.0), (480.0, 620.0)
_MELODY = (60, 64, 67, 72, 71, 67, 64, 67, 65, 69, 72, 77, 76, 72, 67, 64)
"""MIDI notes, one a beat; a chord of the first three of each bar goes under them."""
_BEAT = 0.36
"""Seconds."""


def _hz(note: int) -> float:
    return 440.0 * float(2.0 ** ((note - 69) / 12))


def _sine(hz: float, count: int) -> _Sound:
    wave: _Sound = np.sin(2 * np.pi * hz / RATE * np.arange(count))
    return wave


def _faded(sound: _Sound) -> _Sound:
    length = min(_FADE, len(sound) // 2)
    ramp = (np.arange(length) + 0.5) / max(length, 1)
    faded = sound.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded


def _tone(frequencies: tuple[float, ...], seconds: float, dbfs: float) -> _Sound:
    """Sines of equal strength with the level of `dbfs` together."""
    count = samples(seconds)
    amplitude = 32768.0 * 10 ** (dbfs / 20) * (2 / len(frequencies)) ** 0.5
    return _faded(amplitude * np.sum([_sine(hz, count) for hz in frequencies], axis=0))


def beep(seconds: float, *, hz: float = 1000.0, dbfs: float = -15.0) -> Pcm:
    """The tone of an answering machine."""
    return clipped(_tone((hz,), seconds, dbfs))


def dtmf(key: str, seconds: float, *, dbfs: float = -15.0) -> Pcm:
    """The pair of tones of a key: a digit, `*`, `#` or `A` to `D`. Raises KeyError for any other."""
    return clipped(_tone(PAIRS[key], seconds, dbfs))


def ringback(seconds: float, *, dbfs: float = -18.0) -> Pcm:
    """What a caller hears while it rings: 2 s of 440 and 480 Hz, 4 s of silence, and again."""
    return clipped(_cadence(_RINGBACK, 2.0, 4.0, seconds, dbfs))


def busy(seconds: float, *, dbfs: float = -18.0) -> Pcm:
    """The busy signal: 0.5 s of 480 and 620 Hz, 0.5 s of silence, and again."""
    return clipped(_cadence(_BUSY, 0.5, 0.5, seconds, dbfs))


def _cadence(frequencies: tuple[float, ...], on: float, off: float, seconds: float, dbfs: float) -> _Sound:
    total, period = samples(seconds), samples(on + off)
    sound = np.zeros(total)
    for start in range(0, total, period):
        length = min(samples(on), total - start)
        sound[start : start + length] = _tone(frequencies, length / RATE, dbfs)
    return sound


def music(seconds: float, *, dbfs: float = -20.0) -> Pcm:
    """A plucked melody over chords, the same again and again, with the level of `dbfs` over its whole length."""
    total, beat = samples(seconds), samples(_BEAT)
    sound = np.zeros(total)
    for index, start in enumerate(range(0, total, beat)):
        bar = index // 4 * 4 % len(_MELODY)
        notes = [(_MELODY[index % len(_MELODY)], 1.0)] + [(note - 12, 0.3) for note in _MELODY[bar : bar + 3]]
        length = min(2 * beat, total - start)
        for note, strength in notes:
            sound[start : start + length] += strength * _plucked(_hz(note), length)
    rms = float(np.sqrt(np.mean(np.square(sound)))) if total else 0.0
    return clipped(_faded(sound * (32768.0 * 10 ** (dbfs / 20) / rms if rms else 0.0)))


def _plucked(hz: float, count: int) -> _Sound:
    decay = np.exp(-np.arange(count) / (0.25 * RATE))
    wave = _sine(hz, count) + 0.4 * _sine(2 * hz, count) + 0.15 * _sine(3 * hz, count)
    return _faded(wave * decay)
