"""The ledger: what was played when, sample by sample, and which words that made audible.

Everything that speaks of what the callee heard reads from here: the transcript of an interrupted sentence, the speech
events, the recording's timeline. Samples are counted at 24 kHz from the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from audio.frames import RATE, Pcm

AUDIBLE = 164
"""Smallest absolute sample that counts as sound: -46 dBFS, above G.711's idle noise and below any voice."""

CHARACTERS_A_SECOND = 15.0
"""Pace assumed where a voice sends no word times: about 180 English words a minute."""

_BLOCK = RATE // 100
"""Samples (10 ms) whose loudness is compared where a voice is to end at a quiet moment."""


def audible(pcm: Pcm) -> npt.NDArray[np.intp]:
    """The places of the samples that count as sound, in order."""
    return np.flatnonzero(np.abs(pcm.astype(np.int32)) >= AUDIBLE)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of an utterance, placed in its own sound."""

    text: str
    start: float
    """Seconds from the utterance's first sample."""
    end: float


class SpokenWord(NamedTuple):
    """A word of the agent's as it went out on the line."""

    text: str
    start: int
    """First sample, counted from the answer at 24 kHz."""
    end: int
    """Sample after the last."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of an utterance that went out in one piece."""

    line: int
    """Sample of the line at which the run began."""
    source: int
    """Sample of the utterance at which the run began."""
    count: int


@dataclass(slots=True)
class Utterance:
    """Something the agent says: sound and words that may still be arriving while the beginning is played."""

    id: str
    kind: str
    """`reply`, or which fixed sentence it is."""
    text: str = ""
    words: list[Word] = field(default_factory=list)
    complete: bool = False
    """No more sound will come."""
    cut: bool = False
    """It was stopped before its end."""
    broken: bool = False
    """Its sound ends before its text: the voice failed."""
    not_before: int = 0
    """Sample of the line before which it does not begin."""
    runs: list[Run] = field(default_factory=list)
    voiced_from: int | None = None
    """Sample of the line with the first audible sound."""
    voiced_to: int | None = None
    """Sample of the line after the last audible sound."""
    starved: int = 0
    """Samples of silence sent because its sound had not arrived yet, in mid-utterance."""
    _sound: list[Pcm] = field(default_factory=list)
    _stored: int = 0
    _played: int = 0
    _spoken: list[SpokenWord] = field(default_factory=list)
    _spoken_words: int = 0
    """Words that went out whole, from the first on: those in `_spoken`, which cannot change any more."""

    @property
    def partial(self) -> bool:
        """It was not said to its end."""
        return self.cut or self.broken

    @property
    def played(self) -> int:
        """Samples of it that went out."""
        return self._played

    @property
    def left(self) -> int:
        """Samples that wait to go out."""
        return self._stored - self._played

    @property
    def finished(self) -> bool:
        """Nothing of it is left to play and nothing more will come."""
        return self.complete and self.left == 0

    def add(self, pcm: Pcm) -> None:
        """Append sound."""
        if len(pcm):
            self._sound.append(pcm)
            self._stored += len(pcm)

    def take(self, count: int, line: int) -> Pcm:
        """Play up to `count` samples at sample `line` of the line, and remember it."""
        taken: list[Pcm] = []
        missing = count
        while missing and self._sound:
            head = self._sound[0]
            piece = head[:missing]
            taken.append(piece)
            missing -= len(piece)
            if len(piece) == len(head):
                self._sound.pop(0)
            else:
                self._sound[0] = head[len(piece) :]
        pcm = np.concatenate(taken) if taken else np.zeros(0, dtype=np.int16)
        if len(pcm):
            self._remember(pcm, line)
        return pcm

    def _remember(self, pcm: Pcm, line: int) -> None:
        last = self.runs[-1] if self.runs else None
        if last is not None and last.line + last.count == line:
            self.runs[-1] = Run(last.line, last.source, last.count + len(pcm))
        else:
            self.runs.append(Run(line, self._played, len(pcm)))
        self._played += len(pcm)
        loud = audible(pcm)
        if len(loud):
            if self.voiced_from is None:
                self.voiced_from = line + int(loud[0])
            self.voiced_to = line + int(loud[-1]) + 1

    def peek(self, count: int) -> Pcm:
        """Up to `count` of the samples that would come next."""
        return self._sound[0][:count] if self._sound else np.zeros(0, dtype=np.int16)

    def end_with_word(self, longest: int) -> None:
        """Keep only the rest of the word that is being said, at most `longest` samples; it is cut after that.

        Where no words are known it ends at its quietest moment within that time.
        """
        left = np.concatenate(self._sound)[:longest] if self._sound else np.zeros(0, dtype=np.int16)
        kept = left[: self._rest_of_word(left)]
        self.stop()
        self.add(kept)

    def _rest_of_word(self, left: Pcm) -> int:
        at = self._played / RATE
        if self.words:
            return next((round((word.end - at) * RATE) for word in self.words if word.start < at < word.end), 0)
        blocks = left[: len(left) // _BLOCK * _BLOCK].astype(np.float64).reshape(-1, _BLOCK)
        return int(np.argmin(np.einsum("ij,ij->i", blocks, blocks))) * _BLOCK if len(blocks) else 0

    def stop(self) -> None:
        """Drop what was not played: nothing of it will be heard any more."""
        self.cut = self.cut or not self.finished
        self._sound.clear()
        self._stored = self._played
        self.complete = True

    def place(self, sample: int) -> int | None:
        """The sample of the line at which sample `sample` of the utterance went out; None if it did not."""
        for run in self.runs:
            if run.source <= sample < run.source + run.count:
                return run.line + sample - run.source
        return None

    def heard_words(self) -> Sequence[Word]:
        """The words of which at least half went out."""
        return list(filter(self._is_heard, self.words)) if self._played else ()

    def spoken(self) -> Sequence[SpokenWord]:
        """Those words as they lie on the line. The end of the last one moves while it is being said.

        Cheap enough for every tick: what cannot change is worked out once.
        """
        if not self._played:
            return ()
        while self._spoken_words < len(self.words):
            word = self.words[self._spoken_words]
            if round(word.end * RATE) > self._played:
                break
            self._spoken.extend(self._lain(word))
            self._spoken_words += 1
        under_way = filter(self._is_heard, islice(self.words, self._spoken_words, None))
        return [*self._spoken, *(lain for word in under_way for lain in self._lain(word))]

    def _is_heard(self, word: Word) -> bool:
        return (word.start + word.end) / 2 <= self._played / RATE

    def _lain(self, word: Word) -> Sequence[SpokenWord]:
        """The word where it lies on the line; nothing where that is not known."""
        start = self.place(round(word.start * RATE))
        last = self.place(max(0, min(round(word.end * RATE), self._played) - 1))
        return () if start is None or last is None else (SpokenWord(word.text.strip(), start, last + 1),)

    def heard(self) -> str:
        """The text that was audible, to the word; all of it once the utterance was played whole."""
        if not self.partial:
            return self.text.strip()
        if self.words:
            return _prefix(self.text, [word.text for word in self.heard_words()])
        return _estimate(self.text, self._played / RATE)


def _prefix(text: str, words: Sequence[str]) -> str:
    """The beginning of `text` that ends with the last of `words`; the words themselves where they are not in it."""
    position = 0
    for word in words:
        core = word.strip()
        found = text.find(core, position)
        if found < 0:
            return " ".join(word.strip() for word in words)
        position = found + len(core)
    while position < len(text) and text[position] in ".,;:!?…":
        position += 1
    return text[:position].strip() if words else ""


def _estimate(text: str, seconds: float) -> str:
    """The whole words that fit into `seconds` at an ordinary pace."""
    budget = seconds * CHARACTERS_A_SECOND
    kept: list[str] = []
    for word in text.split():
        budget -= len(word) + 1
        if budget < -len(word) / 2:
            break
        kept.append(word)
    return " ".join(kept)


class Ledger:
    """Every utterance that reached the line, in the order of its first sample."""

    def __init__(self) -> None:
        self._utterances: list[Utterance] = []
        self._spoken: list[SpokenWord] = []
        self._finished = 0
        """Utterances, from the first on, of which nothing more will go out: their words are those in `_spoken`."""

    def __iter__(self) -> Iterator[Utterance]:
        return iter(self._utterances)

    def enter(self, utterance: Utterance) -> None:
        """Note that the utterance's first sample is about to go out."""
        self._utterances.append(utterance)

    def spoken(self) -> Sequence[SpokenWord]:
        """Every word that went out; as cheap as that of an utterance."""
        while self._finished < len(self._utterances) and self._utterances[self._finished].finished:
            self._spoken += self._utterances[self._finished].spoken()
            self._finished += 1
        growing = islice(self._utterances, self._finished, None)
        return [*self._spoken, *(word for utterance in growing for word in utterance.spoken())]
