"""Clips: what the callee sends in one go, made of rendered speech, pauses and tones.

In a text ` / ` is a pause of 0.7 s, ` // ` one of 1.5 s, ` /0.4/ ` one of 0.4 s, and `<beep>` a tone of 1 s.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from agent.rehearsal.script import Noise, Play, Sound
from agent.standins.speech import Speech
from audio import bursts, tones
from audio.frames import Pcm, clipped, samples, seconds, silence

_BREAK = samples(0.3)
"""A pause of at least this much ends a stretch of speech."""
_FLOOR = 33
"""Largest absolute sample that counts as silence at the ends of rendered speech: -60 dBFS."""
_PAUSES = {"/": 0.7, "//": 1.5}
_TOKEN = re.compile(r"(?<!\S)(//?|/\d+(?:\.\d+)?/)(?!\S)|(<beep>)")


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word in a clip."""

    text: str
    start: int
    """Sample of the clip."""
    end: int
    last: bool
    """It ends a stretch of speech: a pause or the clip's end follows."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key press in a clip."""

    digit: str
    start: int
    """Sample of the clip at which its tone begins."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Sound to send, and what it means."""

    pcm: Pcm
    words: tuple[PlacedWord, ...] = ()
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text: words, a pause, or a tone."""

    text: str = ""
    pause: float = 0.0
    """Seconds."""
    beep: bool = False


def parts(text: str) -> tuple[Part, ...]:
    """Take a text with pauses apart."""
    found: list[Part] = []
    position = 0
    for match in _TOKEN.finditer(text):
        found.append(Part(text[position : match.start()].strip()))
        token = match.group()
        position = match.end()
        if match.group(2):
            found.append(Part(beep=True))
        else:
            found.append(Part(pause=_PAUSES[token] if token in _PAUSES else float(token.strip("/"))))
    found.append(Part(text[position:].strip()))
    return tuple(part for part in found if part != Part())


def assemble(text: str, speeches: Mapping[str, Speech], level_dbfs: float) -> Clip:
    """Put a text's rendered words, its pauses and its tones one after the other."""
    sound: list[Pcm] = []
    words: list[PlacedWord] = []
    length = 0
    for part in parts(text):
        if part.text:
            pcm, placed = _cut_to_sound(speeches[part.text], level_dbfs)
            words += [PlacedWord(word.text, word.start + length, word.end + length, word.last) for word in placed]
        else:
            pcm = tones.beep(1.0) if part.beep else silence(samples(part.pause))
        sound.append(pcm)
        length += len(pcm)
    return Clip(np.concatenate(sound) if sound else silence(0), _with_stretch_ends(words))


def _cut_to_sound(speech: Speech, level_dbfs: float) -> tuple[Pcm, list[PlacedWord]]:
    """The speech at its level, without the silence before and after it, and its words placed in that."""
    loud = np.flatnonzero(np.abs(speech.pcm.astype(np.int32)) > _FLOOR)
    if not len(loud):
        return silence(0), []
    first, end = int(loud[0]), int(loud[-1]) + 1
    pcm = _levelled(speech.pcm[first:end], level_dbfs)
    words = []
    for word in speech.words:
        start = min(max(samples(word.start) - first, 0), len(pcm) - 1)
        words.append(PlacedWord(word.text, start, min(max(samples(word.end) - first, start + 1), len(pcm)), False))
    return pcm, words


def _levelled(pcm: Pcm, level_dbfs: float) -> Pcm:
    """Scaled so that the RMS of what is not silence comes to `level_dbfs`."""
    scaled = pcm.astype(np.float64)
    voiced = scaled[np.abs(scaled) > _FLOOR]
    gain = 32768.0 * 10 ** (level_dbfs / 20) / float(np.sqrt(np.mean(np.square(voiced))))
    return clipped(scaled * gain)


def _with_stretch_ends(words: list[PlacedWord]) -> tuple[PlacedWord, ...]:
    placed = []
    for index, word in enumerate(words):
        last = index + 1 == len(words) or words[index + 1].start - word.end >= _BREAK
        placed.append(PlacedWord(word.text, word.start, word.end, last))
    return tuple(placed)


def played(play: Play) -> Clip:
    """A sound that is not speech."""
    match play.sound:
        case Sound.BEEP:
            pcm = tones.beep(play.seconds, hz=play.hz, dbfs=play.dbfs)
        case Sound.MUSIC:
            pcm = tones.music(play.seconds, dbfs=play.dbfs)
        case Sound.RINGBACK:
            pcm = tones.ringback(play.seconds, dbfs=play.dbfs)
        case Sound.BUSY:
            pcm = tones.busy(play.seconds, dbfs=play.dbfs)
        case Sound.COUGH:
            pcm = bursts.cough(dbfs=play.dbfs)
        case Sound.DOOR:
            pcm = bursts.door(dbfs=play.dbfs)
        case _:
            assert_never(play.sound)
    return Clip(pcm)


def pressed(digits: str) -> Clip:
    """Keys pressed one after the other, 0.2 s of tone and 0.1 s of silence each."""
    tone, pause = samples(0.2), silence(samples(0.1))
    sound = [piece for digit in digits for piece in (tones.dtmf(digit, seconds(tone)), pause)]
    keys = tuple(Key(digit, index * (tone + len(pause))) for index, digit in enumerate(digits))
    return Clip(np.concatenate(sound), keys=keys)


@dataclass(frozen=True, slots=True)
class Clips:
    """Everything the callee of a line file may send."""

    steps: tuple[Clip | None, ...]
    """In the order of `LineScript.callee`; None for a step that only changes something."""
    otherwise: tuple[Clip, ...]
    backgrounds: Mapping[Noise, Pcm]
    """Each noise the script names, as a loop."""
