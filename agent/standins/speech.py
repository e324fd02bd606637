"""Speech with its words in time: what a stand-in voice makes and what a stand-in recogniser is told."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from audio.frames import Pcm, samples, seconds, silence


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word with the punctuation that is written on it."""

    text: str
    start: float
    """Seconds from the start of the speech it belongs to."""
    end: float

    def later(self, by: float) -> "TimedWord":
        """The same word, so many seconds later."""
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken text; the words joined by one space are the text."""

    pcm: Pcm
    words: tuple[TimedWord, ...]

    @property
    def length(self) -> float:
        """Seconds."""
        return seconds(len(self.pcm))

    def after(self, pause: float) -> "Speech":
        """The same speech after so many seconds of silence."""
        shift = samples(pause)
        pcm = np.concatenate([silence(shift), self.pcm])
        return Speech(pcm, tuple(word.later(seconds(shift)) for word in self.words))


@dataclass(frozen=True, slots=True)
class Mark:
    """A word of the callee's on its way to the worker, told to the recogniser."""

    text: str
    start: float
    """Host monotonic seconds at which the word's first sample arrives at the worker."""
    end: float
    """The same for the sample after its last."""
    last: bool
    """No more speech follows within 0.3 s: the end of a stretch of speech."""


class Pause(NamedTuple):
    """A silence of the callee's, as whoever wrote their script knows it."""

    number: int
    """Stretches of speech before it, since the answer."""
    over: bool
    """Nothing more is said in this turn."""
