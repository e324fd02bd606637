"""The callee's phone giving back what it hears: a hands-free speaker beside its microphone."""

from collections.abc import Sequence

import numpy as np

from agent.rehearsal.script import Echo
from audio.frames import Pcm, clipped, samples, silence
from audio.ledger import SpokenWord


class Speakerphone:
    """One callee's phone."""

    def __init__(self, echo: Echo) -> None:
        self._gain = 10 ** (echo.db / 20)
        self.delay = samples(echo.delay_ms / 1000)
        """Samples from the callee's ear to their microphone."""
        self._under_way = silence(self.delay)
        self._told = 0

    def add(self, said: Pcm, reached: Pcm) -> Pcm:
        """What the microphone takes while the callee says one thing and hears another."""
        sounding = np.concatenate([self._under_way, reached])
        self._under_way = sounding[len(said) :]
        mixed = said.astype(np.float64) + self._gain * sounding[: len(said)]
        return clipped(mixed)

    def new_words(self, spoken: Sequence[SpokenWord]) -> Sequence[SpokenWord]:
        """The agent's words since the last time this was asked, which a recogniser may hear again."""
        words = spoken[self._told :]
        self._told = len(spoken)
        return words
