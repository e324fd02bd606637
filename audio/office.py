"""An office on an ordinary morning: `python -m audio.office` makes `audio/assets/office.ogg`.

Ventilation, three people typing, two talking in the next room, and what happens in half a minute: steps, paper, a
mouse, a door, a telephone that is picked up. Everything lies on a circle, the room's reverberation too, so there is no
seam. The same numpy gives the same samples.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from audio.frames import RATE, Pcm, samples
from audio.recording import Recorder

OFFICE = Path(__file__).with_name("assets") / "office.ogg"
"""The clip as it ships."""

_LENGTH = samples(26.0)
_SEED = 20
_PEAK = 16_000
"""Of the samples: room for the encoder."""
_REVERBERATION = 0.45
"""Seconds until an echo is 60 dB down: carpet, ceiling tiles, desks."""

_Sound = npt.NDArray[np.float64]


class _Room:
    """A circle of sound that is filled piece by piece."""

    def __init__(self) -> None:
        self.near = np.zeros(_LENGTH)
        """What is heard directly."""
        self.far = np.zeros(_LENGTH)
        """What is heard by its echoes, more so the louder it is here."""

    def put(self, sound: _Sound, at: float, *, near: float, far: float) -> None:
        """Add a sound that begins at so many seconds, so loud near and far."""
        places = np.arange(samples(at), samples(at) + len(sound)) % _LENGTH
        self.near[places] += near * sound
        self.far[places] += far * sound

    def heard(self, rng: np.random.Generator) -> _Sound:
        """Both together."""
        tail = np.zeros(_LENGTH)
        time = np.arange(samples(2 * _REVERBERATION)) / RATE
        tail[: len(time)] = rng.standard_normal(len(time)) * 10 ** (-3 * time / _REVERBERATION)
        muffled = np.fft.rfft(tail) / (1 + (_hertz(_LENGTH) / 2500) ** 2)
        muffled /= np.sqrt(np.sum(np.square(tail)))
        echoes: _Sound = np.fft.irfft(np.fft.rfft(self.far) * muffled, _LENGTH)
        return self.near + echoes


def office() -> Pcm:
    """The office: 26 s whose last sample is followed by the first."""
    rng = np.random.default_rng(_SEED)
    room = _Room()
    for near, far in ((0.25, 0.2), (0.1, 0.18), (0.05, 0.14)):
        for at, key in _typing(rng):
            room.put(key, at, near=near, far=far)
    for pitch in (115.0, 195.0):
        for at, syllable in _talk(rng, pitch):
            room.put(syllable, at, near=0.004, far=0.05)
    for at, sound, near, far in _happenings(rng):
        room.put(sound, at, near=near, far=far)
    sound = room.heard(rng) + 0.012 * _ventilation(rng)
    pcm: Pcm = np.rint(sound * (_PEAK / np.max(np.abs(sound)))).astype(np.int16)
    return pcm


def _hertz(length: int) -> _Sound:
    return np.fft.rfftfreq(length, 1 / RATE).astype(np.float64)


def _band(rng: np.random.Generator, seconds: float, low: float, high: float) -> _Sound:
    """Noise between two frequencies in Hz, with a level of 1."""
    length = samples(seconds)
    hertz = _hertz(length)
    spectrum = np.fft.rfft(rng.standard_normal(length)) * np.exp(-((np.log2((hertz + 1) / np.sqrt(low * high))) ** 2))
    spectrum[(hertz < low / 2) | (hertz > high * 2)] = 0
    sound: _Sound = np.fft.irfft(spectrum, length)
    return sound / float(np.sqrt(np.mean(np.square(sound))))


def _dying(sound: _Sound, seconds: float) -> _Sound:
    """The sound as it dies away, 8.7 dB in so many seconds."""
    return sound * np.exp(-np.arange(len(sound)) / (seconds * RATE))


def _ventilation(rng: np.random.Generator) -> _Sound:
    """Air from the ceiling, in slow draughts, and the fans of computers."""
    air = np.fft.rfft(rng.standard_normal(_LENGTH)) / (1 + (_hertz(_LENGTH) / 260) ** 1.25)
    air[0] = 0
    sound: _Sound = np.fft.irfft(air, _LENGTH)
    turns = 2 * np.pi * np.arange(_LENGTH) / _LENGTH
    draught = 1 + 0.12 * np.sin(3 * turns + 1) + 0.08 * np.sin(7 * turns + 4)
    fans = 0.05 * np.sin(round(118 * _LENGTH / RATE) * turns) + 0.03 * np.sin(round(236 * _LENGTH / RATE) * turns)
    return draught * sound / float(np.sqrt(np.mean(np.square(sound)))) + fans


def _typing(rng: np.random.Generator) -> Iterator[tuple[float, _Sound]]:
    """One person's keys with their times: words, gaps between them, and pauses to think."""
    at = rng.uniform(0, 3)
    while at < _LENGTH / RATE - 1:
        for _ in range(rng.integers(3, 22)):
            force = rng.uniform(0.5, 1.0)
            yield at, force * _key(rng)
            yield at + rng.uniform(0.06, 0.1), 0.4 * force * _key(rng)
            at += max(0.07, rng.normal(0.15, 0.04)) + (rng.uniform(0.05, 0.25) if rng.random() < 0.2 else 0)
        at += rng.uniform(0.6, 4.0)


def _key(rng: np.random.Generator) -> _Sound:
    """A key that hits the bottom: a click, and the thump of the desk under it."""
    click = _dying(_band(rng, 0.03, rng.uniform(1400, 2200), rng.uniform(3200, 4800)), 0.003)
    thump = _dying(_band(rng, 0.03, 160, 420), 0.008)
    return click + 0.5 * thump


def _talk(rng: np.random.Generator, pitch: float) -> Iterator[tuple[float, _Sound]]:
    """Somebody in the next room: syllables with their times, no word of which can be made out."""
    at = rng.uniform(0, 2)
    while at < _LENGTH / RATE - 1:
        count = int(rng.integers(5, 16))
        for number in range(count):
            length = rng.uniform(0.12, 0.26)
            falling = 1.12 - 0.25 * number / count + rng.normal(0, 0.04)
            yield at, rng.uniform(0.5, 1.0) * _syllable(rng, pitch * falling, length)
            at += length * rng.uniform(0.8, 1.1)
        at += rng.uniform(0.8, 4.5)


def _syllable(rng: np.random.Generator, pitch: float, seconds: float) -> _Sound:
    """A vowel of two formants, with the overtones of its pitch as far as a wall lets them through."""
    time = np.arange(samples(seconds)) / RATE
    glide = 2 * np.pi * pitch * time * (1 + rng.uniform(-0.06, 0.06) * time / seconds)
    first, second = rng.uniform(300, 750), rng.uniform(900, 2100)
    vowel = np.zeros(len(time))
    for overtone in range(1, int(2400 / pitch)):
        hertz = overtone * pitch
        strength = np.exp(-(((hertz - first) / 160) ** 2)) + 0.4 * np.exp(-(((hertz - second) / 260) ** 2)) + 0.03
        vowel += strength / (1 + (hertz / 900) ** 2) * np.sin(overtone * glide)
    return vowel * np.sin(np.pi * time / seconds) ** 0.7


def _happenings(rng: np.random.Generator) -> Iterator[tuple[float, _Sound, float, float]]:
    """What else there is to hear: when, and how loud it is near and far."""
    for step in range(9):  # somebody walks past
        loud = float(np.exp(-(((step - 4) / 2.5) ** 2)))
        yield 8.2 + 0.54 * step, _dying(_band(rng, 0.12, 90, 380), 0.02), 0.05 * loud, 0.2 * loud
    for at, length in ((5.1, 0.35), (5.6, 0.5), (18.3, 0.4)):  # paper
        rustle = _band(rng, length, 2200, 5200) * np.abs(np.sin(np.arange(samples(length)) / 700)) ** 3
        yield at, rustle * np.hanning(len(rustle)), 0.03, 0.04
    for at in (2.4, 2.56, 14.9, 21.2, 21.37):  # a mouse
        yield at, _dying(_band(rng, 0.02, 2500, 4500), 0.0015), 0.15, 0.1
    yield 16.1, _dying(_band(rng, 0.4, 70, 260), 0.06), 0.02, 0.5  # a door
    warble = np.sin(2 * np.pi * np.cumsum(np.where(np.arange(samples(0.8)) // 1200 % 2, 1180.0, 980.0)) / RATE)
    for at in (22.4, 24.0):  # a telephone, until it is picked up
        yield at, warble * np.hanning(len(warble)) ** 0.3, 0.0, 0.012


def make(path: Path = OFFICE) -> None:
    """Write the clip. Raises `RecordingFailed` if it cannot be written."""
    sound = office()
    path.parent.mkdir(exist_ok=True)
    with Recorder(path) as recorder:
        recorder.append(sound, sound)


if __name__ == "__main__":
    make()
