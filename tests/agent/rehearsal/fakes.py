"""A clock that never waits, a voice of tones, and a worker's end of the line that says what it is told to say."""

import asyncio
from collections.abc import Callable, Sequence

import numpy as np

from agent.line import LineEvent
from agent.standins.speech import Mark, Speech, TimedWord
from audio.frames import FRAME, RATE, Pcm, samples, silence
from audio.ledger import SpokenWord

WORD = 0.3
"""Seconds a word takes."""


def tone(seconds: float, hz: float = 500.0, amplitude: float = 6000.0) -> Pcm:
    pcm: Pcm = np.round(amplitude * np.cos(2 * np.pi * hz / RATE * np.arange(samples(seconds)))).astype(np.int16)
    return pcm


async def voice(text: str, *, language: str, speed: float = 1.0, variant: str | None = None, pitch: int = 50) -> Speech:
    """0.3 s of tone for each word, one directly after the other."""
    words = text.split()
    timed = tuple(TimedWord(word, index * WORD, (index + 1) * WORD) for index, word in enumerate(words))
    return Speech(tone(WORD * len(words)), timed)


class FakeClock:
    """Jumps to whatever moment is waited for."""

    def __init__(self, start: float = 1000.0) -> None:
        self.time = start

    def now(self) -> float:
        return self.time

    async def sleep_until(self, moment: float) -> None:
        self.time = max(self.time, moment)
        await asyncio.sleep(0)


class FakeLeg:
    """Speaks sentences at given seconds, and keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Pcm] = []
        self._sound = silence(60 * RATE)
        self._words: list[SpokenWord] = []
        self._position = 0

    def say(self, text: str, at: float) -> None:
        start, length = samples(at), samples(WORD)
        for word in text.split():
            self._sound[start : start + length] = tone(WORD)
            self._words.append(SpokenWord(word, start, start + length))
            start += length

    def speak(self) -> Pcm:
        frame = self._sound[self._position : self._position + FRAME]
        self._position += FRAME
        return frame

    def hear(self, pcm: Pcm) -> None:
        self.heard.append(pcm)

    def voice(self) -> Pcm:
        return self._sound[self._position - FRAME : self._position]

    def spoken(self) -> Sequence[SpokenWord]:
        """As a real leg does it: a word is listed once half of it went out, its end moving on meanwhile."""
        return [
            SpokenWord(word.text, word.start, min(word.end, self._position))
            for word in self._words
            if (word.start + word.end) / 2 <= self._position
        ]


class Told:
    """Remembers what a line notifies and marks, and lets a test wait for an event of a kind."""

    def __init__(self) -> None:
        self.events: list[LineEvent] = []
        self.marks: list[Mark] = []

    def notify(self, event: LineEvent) -> None:
        self.events.append(event)

    def mark(self, words: Sequence[Mark]) -> None:
        self.marks.extend(words)

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until `done`, at most ten thousand turns of the loop."""
        for _ in range(10_000):
            if done():
                return
            await asyncio.sleep(0)
        raise AssertionError("it did not happen")


def bursts(pcm: Pcm, quiet: float = 0.05) -> list[tuple[int, int]]:
    """First sample and sample after the last of every sound, sounds apart by less than `quiet` seconds taken as one."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 300)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > samples(quiet))
    starts = [int(loud[0]), *(int(loud[index + 1]) for index in breaks)]
    ends = [*(int(loud[index]) + 1 for index in breaks), int(loud[-1]) + 1]
    return list(zip(starts, ends, strict=True))
