"""A voice with another in reserve, as livekit's session wants a voice.

    text ── script ── take of the first voice ──✕
                        └ from the sentence that it did not finish ── take of the second voice ── to the end

Voices change between sentences only. A sentence that is cut off is said again from its start by the voice that takes
over. Retries are made here and nowhere else.
"""

import asyncio
import logging
from collections.abc import AsyncIterable, Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, TimedString

from agent.fallback.script import Script
from agent.fallback.take import Give, Take
from audio.frames import RATE, Pcm
from audio.ledger import Word

logger = logging.getLogger(__name__)

PATIENCE = 1.5
"""Seconds without sound that is due after which a voice has failed: what a callee bears in silence."""
LAST_PATIENCE = 2.5
"""The same for the last that is tried: better late than never."""
REST = 30.0
"""Seconds for which a voice that failed is left alone while there is another."""
PAUSE = 0.3
"""Seconds before the only voice there is is tried again."""


class Voice(tts.TTS[Any]):
    """The voice of a call: the first, and those in reserve."""

    def __init__(self, voices: Sequence[tts.TTS[Any]]) -> None:
        """All of them stream."""
        aligned = all(voice.capabilities.aligned_transcript for voice in voices)
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True, aligned_transcript=aligned),
            sample_rate=RATE,
            num_channels=1,
        )
        self.voices = tuple(voices)
        self.changed: Callable[[], None] = lambda: None
        """Called when one voice takes over from another."""
        self._rested = dict.fromkeys(range(len(voices)), float("-inf"))
        """By place, the loop time from which on a voice is asked again."""
        for voice in self.voices:
            voice.on("metrics_collected", self._count)

    @property
    def model(self) -> str:
        """Of the first."""
        return self.voices[0].model

    @property
    def provider(self) -> str:
        """Of the first."""
        return self.voices[0].provider

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Say a text of which nothing is heard before it is whole: all of it in one voice."""
        return _Rendering(self, text)

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> tts.SynthesizeStream:
        """Say a text as it is written. How often and how long is tried is decided here, whatever the options."""
        return _Speech(self)

    async def say(
        self, script: Script, give: Give, asked: Callable[[float], None], resume: Callable[[Take], tuple[int, float]]
    ) -> None:
        """Say a script, voice after voice. Raises the last one's APIError.

        `resume` says where the next voice begins after a take that failed: in the script, and in seconds.
        """
        order = self._order()
        at, offset = 0, 0.0
        for turn, place in enumerate(order, start=1):
            last = turn == len(order)
            take = Take(script, at, offset, give, asked)
            try:
                await take.run(self.voices[place], LAST_PATIENCE if last else PATIENCE)
            except APIError as failure:
                logger.warning("a voice failed", extra={"voice": place, "error": type(failure).__name__})
                self._rested[place] = asyncio.get_running_loop().time() + REST
                at, offset = resume(take)
                if script.ended and at >= len(script.text):
                    return
                if last or (place == order[turn] and not failure.retryable):
                    raise _plain(failure) from None
                if place == order[turn]:
                    await asyncio.sleep(PAUSE)
                else:
                    self.changed()
            else:
                return

    def _order(self) -> list[int]:
        """Places of the voices to try, those that rest last; the only one is tried twice."""
        now = asyncio.get_running_loop().time()
        if len(self.voices) == 1:
            return [0, 0]
        return sorted(range(len(self.voices)), key=lambda place: self._rested[place] > now)

    def prewarm(self) -> None:
        """Open the connections of all."""
        for voice in self.voices:
            voice.prewarm()

    async def aclose(self) -> None:
        """Close all."""
        for voice in self.voices:
            voice.off("metrics_collected", self._count)
            await voice.aclose()

    def _count(self, figures: object) -> None:
        self.emit("metrics_collected", figures)


class _Speech(tts.SynthesizeStream):
    _tts_request_span_name: ClassVar[str] = "tts_fallback"
    _tts_attempt_span_name: ClassVar[str | None] = None

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        super().__init__(tts=voice, conn_options=APIConnectOptions(max_retry=0))

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid(), sample_rate=RATE, num_channels=1, mime_type="audio/pcm", stream=True
        )
        output_emitter.start_segment(segment_id=utils.shortuuid())
        script = Script()
        reading = asyncio.create_task(self._read(script), name="script of an utterance")
        try:
            await script.until(lambda: script.ended or bool(script.text.strip()))
            if script.text.strip():
                await self._say(script, output_emitter)
        finally:
            await utils.aio.cancel_and_wait(reading)
        output_emitter.end_segment()

    async def _read(self, script: Script) -> None:
        async for piece in self._input_ch:
            if isinstance(piece, str):
                script.write(piece)
        script.end()

    async def _say(self, script: Script, emitter: tts.AudioEmitter) -> None:
        given = 0.0

        def resume(take: Take) -> tuple[int, float]:
            nonlocal given
            given += take.given
            return take.unsaid, given

        await self._voice.say(script, partial(_give, emitter), self._asked, resume)

    def _asked(self, at: float) -> None:
        """The first time counts: what a change of voices takes is part of the wait."""
        self._started_time = self._started_time or at

    async def _metrics_monitor_task(self, event_aiter: AsyncIterable[tts.SynthesizedAudio]) -> None:
        """The voices count for themselves."""
        async for _ in event_aiter:
            continue


class _Rendering(tts.ChunkedStream):
    _tts_request_span_name: ClassVar[str] = "tts_fallback"
    _tts_attempt_span_name: ClassVar[str | None] = None

    def __init__(self, voice: Voice, text: str) -> None:
        self._voice = voice
        super().__init__(tts=voice, input_text=text, conn_options=APIConnectOptions(max_retry=0))

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(request_id=utils.shortuuid(), sample_rate=RATE, num_channels=1, mime_type="audio/pcm")
        script = Script()
        script.write(f"{self._input_text}\n")  # the end of a line ends a sentence: it is not taken apart
        script.end()
        pieces: list[tuple[Pcm, Sequence[Word]]] = []

        def resume(_: Take) -> tuple[int, float]:
            pieces.clear()
            return 0, 0.0

        await self._voice.say(script, lambda pcm, words: pieces.append((pcm, words)), lambda _: None, resume)
        for pcm, words in pieces:
            _give(output_emitter, pcm, words)

    def _emit_error(self, api_error: Exception, recoverable: bool) -> None:
        """Whoever wants the sentence has the failure raised to them: it is no reply of the session's."""

    async def _metrics_monitor_task(self, event_aiter: AsyncIterable[tts.SynthesizedAudio]) -> None:
        """The voices count for themselves."""
        async for _ in event_aiter:
            continue


def _give(emitter: tts.AudioEmitter, pcm: Pcm, words: Sequence[Word]) -> None:
    emitter.push_timed_transcript([TimedString(word.text, start_time=word.start, end_time=word.end) for word in words])
    if len(pcm):
        emitter.push_frame(rtc.AudioFrame(pcm.tobytes(), RATE, 1, len(pcm)))


def _plain(failure: APIError) -> APIError:
    """The failure without what the plugins put into some: the text that was to be said."""
    return APIError("the voice failed", retryable=failure.retryable) if type(failure) is APIError else failure
