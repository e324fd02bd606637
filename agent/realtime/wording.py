"""Where in a model's own speech its words stand: the protocols send the text, but no times of its words."""

from collections.abc import Sequence

import numpy as np

from audio.frames import RATE, Pcm
from audio.ledger import AUDIBLE, Utterance, Word

BLOCK = RATE // 100
"""Samples that are judged audible or not at once."""


class Wording:
    """Gathers one utterance's sound and text, and places the words once both are whole."""

    def __init__(self, utterance: Utterance) -> None:
        self.utterance = utterance
        self._sound: list[Pcm] = []
        self._missing = {"sound", "text"}

    def add(self, pcm: Pcm) -> None:
        """Take a piece of the sound."""
        self._sound.append(pcm)

    def sound_ended(self) -> None:
        """No more sound comes."""
        self._ended("sound")

    def text_ended(self) -> None:
        """No more text comes."""
        self._ended("text")

    def _ended(self, part: str) -> None:
        self._missing.discard(part)
        if not self._missing and self._sound:
            self.utterance.words = list(placed(self.utterance.text, np.concatenate(self._sound)))
            self._sound.clear()


def placed(text: str, pcm: Pcm) -> Sequence[Word]:
    """The words of `text` spread over the audible parts of its sound, each by its letters."""
    words = text.split()
    blocks = len(pcm) // BLOCK
    loud = np.abs(pcm[: blocks * BLOCK].astype(np.int32)).reshape(blocks, BLOCK).max(axis=1) >= AUDIBLE
    audible = np.flatnonzero(loud)
    letters = sum(map(len, words))
    if not letters or not len(audible):
        return ()
    found: list[Word] = []
    passed = 0
    for word in words:
        first = audible[passed * len(audible) // letters]
        passed += len(word)
        last = audible[max(passed * len(audible) // letters - 1, 0)]
        found.append(Word(word, float(first) * BLOCK / RATE, float(last + 1) * BLOCK / RATE))
    return found
