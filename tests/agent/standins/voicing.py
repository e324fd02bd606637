"""What the tests of both voices share."""

import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from livekit.agents import APIConnectOptions
from livekit.agents.tts import TTS, SynthesizedAudio
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT
from livekit.agents.voice.io import TimedString

from audio.frames import Pcm, seconds

ONCE = APIConnectOptions(max_retry=0, timeout=5.0)
TWO_SENTENCES = "Good morning, Sam. It's 10:30, isn't it?"


@dataclass(frozen=True)
class Spoken:
    """What came out of a voice."""

    pcm: Pcm
    words: list[TimedString]
    first_after: float
    """Seconds from the text to the first audio."""
    whole_after: float

    @property
    def length(self) -> float:
        return seconds(len(self.pcm))

    @property
    def text(self) -> str:
        return "".join(self.words)


def _collected(audio: list[SynthesizedAudio], began: float, first: float) -> Spoken:
    words: list[TimedString] = []
    for each in audio:
        words.extend(each.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, ()))
    pcm = [np.frombuffer(each.frame.data, dtype=np.int16) for each in audio]
    return Spoken(np.concatenate(pcm), words, first - began, time.monotonic() - began)


async def streamed(tts: TTS[str], text: str) -> Spoken:
    began, first, audio = time.monotonic(), 0.0, []
    async with tts.stream(conn_options=ONCE) as stream:
        stream.push_text(text)
        stream.end_input()
        async for each in stream:
            first = first or time.monotonic()
            audio.append(each)
    return _collected(audio, began, first)


async def synthesized(tts: TTS[str], text: str) -> Spoken:
    began, first, audio = time.monotonic(), 0.0, []
    async with tts.synthesize(text, conn_options=ONCE) as stream:
        async for each in stream:
            first = first or time.monotonic()
            audio.append(each)
    return _collected(audio, began, first)


def sounds_at(spoken: Spoken, word: TimedString) -> bool:
    """Whether there is speech where the word is said to be."""
    assert isinstance(word.start_time, float)
    assert isinstance(word.end_time, float)
    inside = spoken.pcm[round(word.start_time * 24_000) : round(word.end_time * 24_000)].astype(np.float64)
    return len(inside) > 0 and float(np.sqrt(np.mean(np.square(inside)))) > 300


def in_order(words: list[TimedString]) -> bool:
    """Whether no word begins before the one before it."""
    starts = [word.start_time for word in words]
    return all(isinstance(a, float) and isinstance(b, float) and a <= b for a, b in pairwise(starts))


def is_timed(spoken: Spoken, text: str) -> None:
    """The words are those of the text, each where it sounds, and their times run on over sentences."""
    assert spoken.text.split() == text.split()
    assert in_order(spoken.words)
    assert all(sounds_at(spoken, word) for word in spoken.words)
    last = spoken.words[-1].end_time
    assert isinstance(last, float)
    assert last == pytest.approx(spoken.length, abs=0.05)
