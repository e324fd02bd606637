"""The judge of turn ends: another's verdict, and more time for a callee whose last words announce more.

    silence of 0.2 s ── the acoustic model: over ── and the words? ── a number, "um", "and" ── 0.7 s more
                                └ it goes on                └ anything else ── over

The session asks while the silence still grows, and waits for what the judge says of it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from livekit import rtc
from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, LanguageCode, inference
from livekit.agents.inference.eot.base import _BaseStreamingTurnDetectorStream
from livekit.agents.voice.turn import TurnDetectionEvent, _StreamingTurnDetector, _StreamingTurnDetectorStream

from agent.unfinished import unfinished

PATIENCE = 0.7
"""Seconds after the verdict in which somebody who has announced more may go on. Two of three pauses within a turn are
shorter than 0.9 s (Campione and Veronis 2002), and no answer seems slow that comes a second after a number."""

Verdicts = _StreamingTurnDetector
"""Who says of a silence whether the turn is over."""


class AcousticJudge(inference.TurnDetector):
    """Livekit's local acoustic model. Judges by the sound it is given here, and not by a copy that the session passes
    on.

    That copy would be made, queued four times and resampled once more, 50 times a second.
    """

    def __init__(self) -> None:
        super().__init__(version="v1-mini")
        self._hearing: _BaseStreamingTurnDetectorStream | None = None

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> _BaseStreamingTurnDetectorStream:
        """What the session asks for verdicts."""
        self._hearing = super().stream(conn_options=conn_options)
        return self._hearing

    def hear(self, frame: rtc.AudioFrame) -> None:
        """Take the callee's next frame, of 16 kHz; deaf before the session has begun."""
        if self._hearing is not None:
            self._hearing.push_audio(frame)


class Judge:
    """Says whether the callee's turn is over, as livekit's session wants to be told."""

    def __init__(self, verdicts: Verdicts, language: str) -> None:
        """`verdicts` is who judges the silence itself; `language` is BCP 47."""
        self._verdicts = verdicts
        self._language = language
        self._said: list[str] = []
        """Final words of the present turn."""
        self._being_said = ""
        """Interim words after them."""
        self._news = asyncio.Event()
        """More words have come since this was last cleared."""

    @property
    def model(self) -> str:
        """Of who judges the silence."""
        return self._verdicts.model

    @property
    def provider(self) -> str:
        """Of who judges the silence."""
        return self._verdicts.provider

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> "_Verdicts":
        """What the session asks for verdicts."""
        return _Verdicts(self._verdicts.stream(conn_options=conn_options), self._finished, self._forget)

    def hear(self, frame: rtc.AudioFrame) -> None:
        """Take the callee's next frame, of 16 kHz."""
        if isinstance(self._verdicts, AcousticJudge):
            self._verdicts.hear(frame)

    def understood(self, text: str, *, final: bool) -> None:
        """Take what the recogniser made of the callee's words."""
        if final:
            self._said.append(text)
        self._being_said = "" if final else text
        self._news.set()

    async def _finished(self) -> None:
        """Wait until the callee's last words announce no more."""
        while unfinished(" ".join([*self._said, self._being_said]), self._language):
            self._news.clear()
            await self._news.wait()

    def _forget(self) -> None:
        self._said.clear()
        self._being_said = ""


class _Verdicts:
    """The verdicts of one session, one at a time."""

    def __init__(
        self,
        verdicts: _StreamingTurnDetectorStream,
        finished: Callable[[], Awaitable[None]],
        forget: Callable[[], None],
    ) -> None:
        """`finished` waits for last words of the callee's that announce no more; `forget`: a turn is over."""
        self._verdicts = verdicts
        self._finished = finished
        self._forget = forget
        self._asked: asyncio.Future[TurnDetectionEvent] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def model(self) -> str:
        """Of who judges the silence."""
        return self._verdicts.model

    @property
    def provider(self) -> str:
        """Of who judges the silence."""
        return self._verdicts.provider

    @property
    def is_fallback(self) -> bool:
        """As who judges the silence says."""
        return self._verdicts.is_fallback

    @property
    def prediction_timeout(self) -> float:
        """Seconds a verdict is waited for."""
        return self._verdicts.prediction_timeout + PATIENCE

    async def unlikely_threshold(self, language: LanguageCode | None) -> float | None:
        """The probability below which a turn is taken to go on."""
        return await self._verdicts.unlikely_threshold(language)

    async def backchannel_threshold(self, language: LanguageCode | None) -> float | None:
        """As who judges the silence says."""
        return await self._verdicts.backchannel_threshold(language)

    async def supports_language(self, language: LanguageCode | None) -> bool:
        """As who judges the silence says."""
        return await self._verdicts.supports_language(language)

    def predict(self) -> "asyncio.Future[TurnDetectionEvent]":
        """Ask about the present silence; takes the place of what was asked before."""
        self.cancel_inference()
        self._asked = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._judge(self._verdicts.predict(), self._asked), name="judge of turn ends")
        return self._asked

    async def _judge(
        self, verdict: "asyncio.Future[TurnDetectionEvent]", asked: "asyncio.Future[TurnDetectionEvent]"
    ) -> None:
        event = await verdict
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._finished()
        if not asked.done():
            asked.set_result(event)

    def cancel_inference(self, *, timed_out: bool = False) -> None:
        """What was asked is of no interest any more."""
        self._verdicts.cancel_inference(timed_out=timed_out)
        if self._task is not None:
            self._task.cancel()
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(TurnDetectionEvent("eot_prediction", 0.0, time.time()))
        self._asked = self._task = None

    def flush(self, reason: str | None = None) -> None:
        """The turn is over."""
        self.cancel_inference()
        self._verdicts.flush(reason)
        self._forget()

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """The ears have this sound already."""

    def end_input(self) -> None:
        """Nothing more will be asked."""
        self._verdicts.end_input()

    async def aclose(self) -> None:
        """Stop."""
        self.cancel_inference()
        await self._verdicts.aclose()
