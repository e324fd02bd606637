"""A recogniser with another in reserve: no word is lost or doubled when a connection is.

sound ── kept ── connection ── ✕ lost, or suspect
           └ since the last final words ── the next connection
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, APIError, APITimeoutError, stt
from livekit.agents.types import NOT_GIVEN, NotGivenOr

from agent.fallback.doubt import Doubt
from agent.fallback.sound import Sound
from agent.soniox import Recogniser as Soniox

logger = logging.getLogger(__name__)

CONNECT_OPTIONS = APIConnectOptions(max_retry=0, timeout=3.0)
"""Of one connection."""
PAUSES = (0.1, 0.5, 0.5)
"""Seconds before a connection is made again after others that came to nothing: a recogniser that is gone for longer
than about a second, connecting left aside, is lost; sound is kept for it meanwhile."""
LIVED = 1.0
"""Seconds after which a connection that is lost had not come to nothing."""

_FINAL = stt.SpeechEventType.FINAL_TRANSCRIPT
_USAGE = stt.SpeechEventType.RECOGNITION_USAGE


class Recogniser(stt.STT[Any]):
    """The recogniser of a call: the first, and those in reserve."""

    def __init__(self, recognisers: Sequence[stt.STT[Any]]) -> None:
        super().__init__(capabilities=recognisers[0].capabilities)
        self.recognisers = tuple(recognisers)
        self.changed: Callable[[], None] = lambda: None
        """Called when one recogniser takes over from another."""
        for recogniser in self.recognisers:
            recogniser.on("metrics_collected", self._count)

    @property
    def model(self) -> str:
        """Of the first."""
        return self.recognisers[0].model

    @property
    def provider(self) -> str:
        """Of the first."""
        return self.recognisers[0].provider

    def listen(self, speaking: Callable[[], bool]) -> "Recognition":
        """Begin to hear; `speaking` says whether the detector hears voice at this moment."""
        return Recognition(self.recognisers, speaking, self._tell)

    async def aclose(self) -> None:
        """Close all."""
        for recogniser in self.recognisers:
            recogniser.off("metrics_collected", self._count)
            await recogniser.aclose()

    async def _recognize_impl(
        self, buffer: Any, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        raise NotImplementedError("a call is heard as it goes")

    def _tell(self) -> None:
        self.changed()

    def _count(self, figures: object) -> None:
        self.emit("metrics_collected", figures)


class Recognition:
    """What one leg says, over any number of connections."""

    def __init__(
        self, recognisers: Sequence[stt.STT[Any]], speaking: Callable[[], bool], changed: Callable[[], None]
    ) -> None:
        self._recognisers = recognisers
        self._changed = changed
        self._speaking = speaking
        self._place = 0
        """Of the recogniser that hears."""
        self._out: set[int] = set()
        """Places of those that are of no use any more."""
        self._stream: stt.RecognizeStream | None = None
        self._sound = Sound()
        self._settled = 0.0
        """Where in the sound the last final words end."""
        self._flushed = False
        self._doubt = Doubt()
        self._suspected = asyncio.Event()

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        """Take sound."""
        self._sound.add(frame)
        if self._stream is None:
            return
        if self._recognisers[self._place].capabilities.interim_results:
            self._doubt.hear(frame.duration, voice=self._speaking())
        with suppress(RuntimeError):  # one that failed is closed a moment before that is noticed
            self._stream.push_frame(frame)
        if self._doubt.is_suspect:
            self._suspected.set()

    def flush(self) -> None:
        """Have the words told that are still held back."""
        self._flushed = True
        if self._stream is not None:
            with suppress(RuntimeError):
                self._stream.flush()

    async def events(self) -> AsyncGenerator[stt.SpeechEvent, None]:
        """What is said. Raises APIError when no recogniser hears any more."""
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            began = clock()
            try:
                async with aclosing(self._connection()) as connection:
                    async for event in connection:
                        self._note(event)
                        yield event
                failure: APIError = APIConnectionError("the recogniser stopped")
            except APIError as error:
                failure = error
            failures = 1 if clock() - began >= LIVED else failures + 1
            logger.warning("a recogniser failed", extra={"place": self._place, "error": type(failure).__name__})
            await asyncio.sleep(self._move(failure, failures))

    async def _connection(self) -> AsyncGenerator[stt.SpeechEvent, None]:
        """Everything that one connection says, what was said since the last final words included."""
        stream = self._recognisers[self._place].stream(conn_options=CONNECT_OPTIONS)
        suspected = asyncio.create_task(self._suspected.wait(), name="recogniser's silence")
        try:
            self._replay(stream)
            self._stream = stream
            while (event := await self._next(stream, suspected)) is not None:
                yield event
        finally:
            self._stream = None
            suspected.cancel()
            await stream.aclose()

    def _replay(self, stream: stt.RecognizeStream) -> None:
        frames = list(self._sound.since(self._settled))
        # Where the connection's own time begins, in that of the leg: it is what the plugins place words by.
        stream.start_time_offset = frames[0][0] if frames else self._sound.position
        for _, frame in frames:
            stream.push_frame(frame)
        if self._flushed:
            stream.flush()

    async def _next(self, stream: stt.RecognizeStream, suspected: "asyncio.Task[bool]") -> stt.SpeechEvent | None:
        """The next event; None at the end. Raises APITimeoutError when the recogniser is suspect."""
        coming = asyncio.ensure_future(anext(stream, None))
        try:
            await asyncio.wait((coming, suspected), return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                return coming.result()
        finally:
            coming.cancel()
        raise APITimeoutError("the recogniser hears nothing")

    def _note(self, event: stt.SpeechEvent) -> None:
        if event.type is not _USAGE or isinstance(self._recognisers[self._place], Soniox):
            self._doubt.clear()  # what Soniox says it has used, it has heard
        if event.type is _FINAL and event.alternatives and event.alternatives[0].text.strip():
            self._settled = event.alternatives[0].end_time or self._sound.position

    def _move(self, failure: APIError, failures: int) -> float:
        """To the next recogniser, or to a new connection of the only one; the seconds to wait before.

        Raises the failure if that is of no use: two connections heard nothing of the same voice, or too many failed.
        """
        self._doubt.renew()
        self._suspected.clear()
        if not failure.retryable:
            self._out.add(self._place)
        count = len(self._recognisers)
        following = [(self._place + step) % count for step in range(1, count + 1)]
        left = [place for place in following if place not in self._out]
        if not left or failures > len(PAUSES) or self._doubt.strikes > 1:
            raise failure
        another, self._place = left[0] != self._place, left[0]
        if another:
            self._changed()
        return 0.0 if another and failures == 1 else PAUSES[failures - 1]
