"""The last seconds of what a leg heard, to be heard again by another connection."""

from collections import deque
from collections.abc import Iterator

from livekit import rtc

KEPT = 10.0
"""Seconds: longer than a recogniser takes to be done with a stretch of speech."""


class Sound:
    """Frames with their places in the stream, the old ones dropped."""

    def __init__(self) -> None:
        self.position = 0.0
        """Seconds of sound so far."""
        self._frames: deque[tuple[float, rtc.AudioFrame]] = deque()

    def add(self, frame: rtc.AudioFrame) -> None:
        """Go on."""
        self._frames.append((self.position, frame))
        self.position += frame.duration
        while self._frames[0][0] < self.position - KEPT:
            self._frames.popleft()

    def since(self, second: float) -> Iterator[tuple[float, rtc.AudioFrame]]:
        """The frames from a place on, as far as they are kept, each with where it begins."""
        return (each for each in self._frames if each[0] + each[1].duration > second)
