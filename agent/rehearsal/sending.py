"""What the callee sends, frame by frame: the clip of the moment over a background, until they hang up.

A frame is begun, things are done in it at their samples, and it is taken: `begin`, `send` and the like, `take`.
"""

from collections.abc import Mapping, Sequence

from agent.rehearsal.callee import CalleeEvent, KeyPressed, Left, SpeechBegan
from agent.rehearsal.clips import Clip, PlacedWord
from agent.rehearsal.script import Noise
from audio.frames import Pcm, added, silence
from audio.noise import Loop

_NOTHING = Clip(silence(0))


class Sending:
    """The callee's end of the line, in samples since the answer."""

    def __init__(self, backgrounds: Mapping[Noise, Pcm], noise: Noise) -> None:
        """`backgrounds` has every noise there will be; `noise` is there from the answer on."""
        self.start = 0
        """Where the latest clip began."""
        self.left_at: int | None = None
        """Where the callee hung up."""
        self._clip = _NOTHING
        self._backgrounds = backgrounds
        self._background = Loop(backgrounds[noise])
        self._frame = silence(0)
        self._until = 0
        self._events: list[CalleeEvent] = []

    @property
    def end(self) -> int:
        """Where the latest clip ends."""
        return self.start + len(self._clip.pcm)

    def turn_over(self, now: int) -> bool:
        """Whether at sample `now` every word of the latest clip has been said."""
        words = self._clip.words
        return self.left_at is not None or not words or now >= self.start + words[-1].end

    def begin(self, now: int, count: int) -> None:
        """Begin a frame of `count` samples at sample `now`."""
        self._until = now + count
        self._frame = self._background.take(count) if self.left_at is None else silence(count)
        self._events = []
        self._mix(now)

    def send(self, clip: Clip, at: int) -> None:
        """Send a clip from sample `at` of this frame on, in place of the one before."""
        self._clip, self.start = clip, at
        self._mix(at)

    def pause(self, at: int) -> None:
        """Send nothing but the background from sample `at` of this frame on."""
        self.send(_NOTHING, at)

    def change(self, noise: Noise, at: int) -> None:
        """Have another background from sample `at` of this frame on, and nothing else."""
        self.pause(at)
        self._background = Loop(self._backgrounds[noise])
        rest = self._rest(at)
        rest[:] = self._background.take(len(rest))

    def leave(self, at: int) -> None:
        """Hang up at sample `at` of this frame."""
        self.pause(at)
        self.left_at = at
        self._rest(at)[:] = 0
        self._events.append(Left(at))

    def take(self) -> tuple[Pcm, tuple[CalleeEvent, ...]]:
        """The frame, and what began in it."""
        return self._frame, tuple(self._events)

    def _rest(self, at: int) -> Pcm:
        return self._frame[len(self._frame) - (self._until - at) :]

    def _mix(self, now: int) -> None:
        """Mix what the clip has between `now` and the frame's end into it."""
        first, end = max(now, self.start), min(self._until, self.end)
        if first >= end:
            return
        _add(self._rest(first)[: end - first], self._clip.pcm[first - self.start : end - self.start])
        self._events += [
            SpeechBegan(tuple(self._placed(word) for word in words))
            for words in _stretches(self._clip.words)
            if first <= words[0].start + self.start < end
        ]
        self._events += [
            KeyPressed(key.start + self.start, key.digit)
            for key in self._clip.keys
            if first <= key.start + self.start < end
        ]

    def _placed(self, word: PlacedWord) -> PlacedWord:
        return PlacedWord(word.text, word.start + self.start, word.end + self.start, word.last)


def _stretches(words: Sequence[PlacedWord]) -> list[tuple[PlacedWord, ...]]:
    found: list[tuple[PlacedWord, ...]] = []
    begun = 0
    for index, word in enumerate(words):
        if word.last:
            found.append(tuple(words[begun : index + 1]))
            begun = index + 1
    return found


def _add(target: Pcm, pcm: Pcm) -> None:
    target[:] = added(target, pcm)
