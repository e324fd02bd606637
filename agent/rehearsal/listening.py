"""The callee's ear: when the agent speaks, when it stopped, and which words of it were heard.

The agent's words decide, because the line knows them to the sample. The sound of the voice, without what lies under it,
only bridges the moments in which a word is already audible and not yet known.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audio.frames import Pcm, samples
from audio.ledger import SpokenWord, audible

GAP = samples(0.3)
"""A pause of at least this much separates two stretches of the agent's speech."""
_BRIDGE = samples(1.0)
"""Sound goes on counting as speech this long after the last known word."""


@dataclass(frozen=True, slots=True)
class _Heard:
    text: str
    end: int


class Listening:
    """What the callee has heard of the agent up to now, in samples since the answer."""

    def __init__(self, delay: int) -> None:
        """`delay` is by how many samples the ear is later than the agent's end of the line."""
        self._delay = delay
        self.begun_at: int | None = None
        """First sample of the agent's latest stretch of speech; None before it has spoken."""
        self._word_end: int | None = None
        self._sound_end = 0
        self._heard: list[_Heard] = []

    def take(self, now: int, frame: Pcm, words: Sequence[SpokenWord]) -> None:
        """Hear the frame of voice whose first sample is `now`; `words` are all so far, placed at the agent's end."""
        self._take_sound(now, frame)
        until = now + len(frame)
        for word in words[len(self._heard) :]:
            start, end = word.start + self._delay, word.end + self._delay
            if start >= until:
                break
            if self._word_end is None or start - self._word_end >= GAP:
                self.begun_at = start
            self._word_end = max(self._word_end or 0, min(end, until))
            if end >= until:
                # Still being said; the end of a word that is not out yet may move.
                break
            self._heard.append(_Heard(word.text, end))

    def _take_sound(self, now: int, frame: Pcm) -> None:
        loud = audible(frame)
        if not len(loud):
            return
        first, last = now + int(loud[0]), now + int(loud[-1])
        if self._word_end is None and (self.begun_at is None or first - self._sound_end >= GAP):
            self.begun_at = first
        self._sound_end = last + 1

    @property
    def stopped_at(self) -> int | None:
        """Sample after the last of the agent's speech, so far; None before it has spoken."""
        if self._word_end is None:
            return None if self.begun_at is None else self._sound_end
        if 0 < self._sound_end - self._word_end <= _BRIDGE:
            return self._sound_end
        return self._word_end

    def said(self, since: int) -> str:
        """The words that ended after sample `since`."""
        return " ".join(word.text for word in self._heard if word.end > since)

    def find(self, pattern: re.Pattern[str], since: int) -> int | None:
        """Where the first match ended that lies wholly in words that ended after sample `since`; None without one."""
        words = [word for word in self._heard if word.end > since]
        match = pattern.search(" ".join(word.text for word in words))
        if match is None:
            return None
        length = -1
        for word in words:
            length += 1 + len(word.text)
            if length >= match.end():
                return word.end
        return None
