"""The tape: a call's recording, whose failure is told and never holds up the call."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from agent import events as e
from audio.frames import Pcm
from audio.recording import RecordingFailed

logger = logging.getLogger(__name__)


class Recording(Protocol):
    """Takes both sides of a call, tick by tick: `audio.recording.Recorder`."""

    def append(self, left: Pcm, right: Pcm) -> None:
        """Add the next samples of the callee and of the agent. Raises `RecordingFailed`."""
        ...

    def close(self) -> None:
        """Write what is left; blocks until that is done. Safe twice. Raises `RecordingFailed`."""
        ...


class Unrecorded:
    """A recording that could not even be begun."""

    def append(self, left: Pcm, right: Pcm) -> None:
        """Fail, so that the call's report tells it."""
        raise RecordingFailed("the file cannot be opened")

    def close(self) -> None:
        """Nothing is open."""


class Tape:
    """Records until recording fails, which is told once."""

    def __init__(self, recording: Recording, tell: Callable[[e.Event], None], now: Callable[[], float]) -> None:
        self._recording: Recording | None = recording
        self._tell = tell
        self._now = now

    def record(self, callee: Pcm, agent: Pcm) -> None:
        """Add 20 ms of both sides."""
        if self._recording is None:
            return
        try:
            self._recording.append(callee, agent)
        except RecordingFailed:
            self._fail()

    async def close(self) -> None:
        """Write what is left."""
        recording, self._recording = self._recording, None
        if recording is None:
            return
        try:
            await asyncio.to_thread(recording.close)
        except RecordingFailed:
            self._fail()

    def _fail(self) -> None:
        self._recording = None
        logger.warning("the recording failed")
        self._tell(e.Warned(at=self._now(), message="the recording is incomplete: it could not be written"))
