"""espeak-ng through ctypes: text in, PCM and the times of its words out.

The library blocks and keeps global state, so one `Espeak` lives in one thread. It comes from the wheel
`espeakng-loader`, an extra, because espeak-ng is GPL-3.
"""

import ctypes
import importlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.standins.resample import resampled
from agent.standins.speech import Speech, TimedWord
from audio.frames import RATE, Pcm, seconds, silence

_RETRIEVAL = 1
_UTF8 = 1
_WORD = 1
_RATE, _PITCH = 1, 3
_WORDS_A_MINUTE = 175
_LEVEL = 3000.0
"""RMS of the voiced samples at volume 1, about -21 dBFS."""
_QUIET = 0.01
"""Share of the loudest sample below which a sample counts as silence."""
_KNEE = 0.8
"""Share of full scale up to which sound is left as it is."""
_LEAD, _TAIL = 0.005, 0.015
"""Seconds of silence left before the first sound and after the last."""
_REGIONS = {"en": "en-us", "en-au": "en-gb", "en-nz": "en-gb", "en-ie": "en-gb", "zh": "cmn", "no": "nb"}
"""Where a language tag is not the name of its voice."""
_SPOKEN = "LMNS"
"""Unicode categories of characters that take time: letters, marks, numbers, symbols."""
_AMERICAN_SPANISH = {"mx", "ar", "co", "cl", "pe", "us", "ve"}

Voiced = npt.NDArray[np.bool_]
"""For each sample, whether it sounds."""


class EspeakMissing(Exception):
    """Stand-in voices need espeak-ng: install the extra with `pip install espeakng-loader`."""

    def __str__(self) -> str:
        return self.__doc__ or ""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is said and how."""

    text: str
    language: str = "en"
    """BCP 47; an unknown one is spoken as English."""
    variant: str = "m3"
    """espeak-ng's name of a speaker: m1 to m8, f1 to f5."""
    speed: float = 1.0
    """Divides the length."""
    volume: float = 1.0
    """Multiplies the amplitude."""
    pitch: int = 50
    """0 to 100."""


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_int64),
    )


@dataclass(frozen=True, slots=True)
class _Onset:
    """A word event: where in the text (characters) and when (samples at the library's rate)."""

    position: int
    sample: int


class Espeak:
    """The library, initialised. Every method must be called from the thread that made it."""

    def __init__(self) -> None:
        try:
            loader = importlib.import_module("espeakng_loader")
            self._library = ctypes.CDLL(loader.get_library_path())
        except (ImportError, OSError):
            raise EspeakMissing from None
        self._sound: list[bytes] = []
        self._onsets: list[_Onset] = []
        signature = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))
        self._callback = signature(self._collect)
        data = loader.get_data_path().encode()
        self._rate = int(self._library.espeak_Initialize(_RETRIEVAL, 0, data, 0))
        if self._rate <= 0:
            raise EspeakMissing
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, utterance: Utterance) -> Speech:
        """Speak; blocks for about 20 ms, three times that at a speed other than 1. No word gives empty speech."""
        text = " ".join(utterance.text.replace("\0", " ").split())
        self._choose_voice(utterance.language, utterance.variant)
        self._library.espeak_SetParameter(_PITCH, utterance.pitch, 0)
        spoken = self._spoken(text, _WORDS_A_MINUTE)
        if utterance.speed != 1.0 and len(spoken.pcm):
            # Lengths follow the rate only roughly, and each text in its own way.
            wanted = len(spoken.pcm) / utterance.speed
            rate = _WORDS_A_MINUTE * utterance.speed
            for _ in range(2):
                spoken = self._spoken(text, rate)
                rate *= len(spoken.pcm) / wanted
        return Speech(_louder(spoken.pcm, utterance.volume), spoken.words)

    def _collect(self, wave: int | None, count: int, events: "ctypes._Pointer[_Event]") -> int:
        if wave and count > 0:
            self._sound.append(ctypes.string_at(wave, count * 2))
        index = 0
        while events[index].type != 0:
            if events[index].type == _WORD:
                self._onsets.append(_Onset(events[index].text_position - 1, events[index].sample))
            index += 1
        return 0

    def _choose_voice(self, language: str, variant: str) -> None:
        for name in _voice_names(language):
            if self._library.espeak_SetVoiceByName(f"{name}+{variant}".encode()) == 0:
                return

    def _spoken(self, text: str, rate: float) -> Speech:
        self._sound.clear()
        self._onsets.clear()
        self._library.espeak_SetParameter(_RATE, min(max(round(rate), 80), 450), 0)
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        raw = np.frombuffer(b"".join(self._sound), dtype=np.int16)
        pcm = resampled(raw, self._rate, RATE)
        loudness = np.abs(pcm.astype(np.int32))
        voiced = loudness > _QUIET * loudness.max(initial=0)
        heard = np.nonzero(voiced)[0]
        if len(heard) == 0 or not self._onsets:
            return Speech(silence(0), ())
        first = max(0, int(heard[0]) - round(_LEAD * RATE))
        last = min(len(pcm), int(heard[-1]) + round(_TAIL * RATE))
        onsets = [(onset.position, onset.sample * RATE // self._rate - first) for onset in self._onsets]
        return Speech(_levelled(pcm[first:last], voiced[first:last]), _timed(text, onsets, voiced[first:last]))


def _voice_names(language: str) -> Iterator[str]:
    tag = language.lower().replace("_", "-")
    primary, _, region = tag.partition("-")
    if tag in _REGIONS:
        yield _REGIONS[tag]
    if primary == "es" and region in _AMERICAN_SPANISH:
        yield "es-419"
    yield tag
    if primary in _REGIONS:
        yield _REGIONS[primary]
    yield primary
    yield "en-us"


def _levelled(pcm: Pcm, voiced: Voiced) -> Pcm:
    """At the same loudness for every speaker."""
    level = float(np.sqrt(np.mean(np.square(pcm[voiced].astype(np.float64)))))
    return _louder(pcm, _LEVEL / level)


def _louder(pcm: Pcm, gain: float) -> Pcm:
    """Times the gain; peaks that would be cut are bent."""
    sound = pcm.astype(np.float64) * (gain / 32768)
    over = np.abs(sound) > _KNEE
    room = 1 - _KNEE
    sound[over] = np.sign(sound[over]) * (_KNEE + room * np.tanh((np.abs(sound[over]) - _KNEE) / room))
    return np.rint(sound * 32767).astype(np.int16)


def _timed(text: str, onsets: list[tuple[int, int]], voiced: Voiced) -> tuple[TimedWord, ...]:
    """Each word of the text with its time.

    The library merges some words ("in the") and splits others ("10:30", "l'homme"): a word begins with the first
    event inside it, and a word without an event shares the time of those before it by its letters.
    """
    groups: list[tuple[int, list[str]]] = []
    position = 0
    for word in text.split():
        begun = [sample for at, sample in onsets if position <= at < position + len(word)]
        if begun and (not groups or begun[0] >= groups[-1][0]):
            groups.append((max(0, begun[0]) if groups else 0, [word]))
        elif groups:
            groups[-1][1].append(word)
        else:
            groups.append((0, [word]))
        position += len(word) + 1
    timed: list[TimedWord] = []
    for index, (start, words) in enumerate(groups):
        limit = groups[index + 1][0] if index + 1 < len(groups) else len(voiced)
        sounding = np.nonzero(voiced[start:limit])[0]
        end = start + int(sounding[-1]) + 1 if len(sounding) else limit
        timed.extend(_shared(words, start, end))
    return tuple(timed)


def _shared(words: list[str], start: int, end: int) -> Iterator[TimedWord]:
    weights = [sum(unicodedata.category(sign)[0] in _SPOKEN for sign in word) for word in words]
    total = sum(weights) or 1
    passed = 0
    for word, weight in zip(words, weights, strict=True):
        begin = start + (end - start) * passed // total
        passed += weight
        yield TimedWord(word, seconds(begin), seconds(start + (end - start) * passed // total))
