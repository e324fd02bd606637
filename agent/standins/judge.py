"""The stand-in judge of turn ends: it knows the callee's script, because the acoustic model cannot tell synthetic
speech that is over from speech that pauses.

It has the shape of the acoustic model, which is asked while the silence still grows, and is given to the session in
its place.
"""

import asyncio
import random
import time
from collections.abc import Callable

from livekit import rtc
from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, LanguageCode
from livekit.agents.voice.turn import TurnDetectionEvent

from agent.standins.config import Errors
from agent.standins.speech import Pause

_OVER, _GOING_ON, _THRESHOLD = 0.95, 0.05, 0.5
_TIMEOUT = 1.0
"""Seconds a verdict is waited for, as with the acoustic model."""


def always_over() -> Pause:
    """Of a callee who has no script: whoever falls silent has finished."""
    return Pause(0, over=True)


class ScriptedJudge:
    """Says whether the callee's turn is over, wrong as often as it was told to be."""

    def __init__(self, pause: Callable[[], Pause], latency_s: float, errors: Errors) -> None:
        """`pause` is asked about the present silence, once per verdict."""
        self._pause = pause
        self._latency = latency_s
        self._errors = errors

    @property
    def model(self) -> str:
        """Name for the metrics."""
        return "scripted"

    @property
    def provider(self) -> str:
        """Name for the metrics."""
        return "stand-in"

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> "_Verdicts":
        """What the session asks for verdicts."""
        return _Verdicts(self, self._judge, self._latency)

    def _judge(self) -> float:
        """Probability that the turn is over. The same pause asked about twice is judged the same."""
        number, over = self._pause()
        draw = random.Random(f"{self._errors.seed} {over} {number}").random()
        wrong = draw < (self._errors.ends if over else self._errors.pauses)
        return _OVER if over != wrong else _GOING_ON


class _Verdicts:
    """The verdicts of one session, one at a time."""

    def __init__(self, judge: ScriptedJudge, probability: Callable[[], float], latency: float) -> None:
        self._judge = judge
        self._probability = probability
        self._latency = latency
        self._asked: asyncio.Future[TurnDetectionEvent] | None = None

    @property
    def model(self) -> str:
        """Name for the metrics."""
        return self._judge.model

    @property
    def provider(self) -> str:
        """Name for the metrics."""
        return self._judge.provider

    @property
    def is_fallback(self) -> bool:
        """There is no other."""
        return False

    @property
    def prediction_timeout(self) -> float:
        """Seconds a verdict is waited for."""
        return _TIMEOUT

    async def unlikely_threshold(self, language: LanguageCode | None) -> float | None:
        """The probability below which a turn is taken to go on."""
        return _THRESHOLD

    async def backchannel_threshold(self, language: LanguageCode | None) -> float | None:
        """It does not say when a word of assent would be in place."""
        return None

    async def supports_language(self, language: LanguageCode | None) -> bool:
        """Every language."""
        return True

    def predict(self) -> "asyncio.Future[TurnDetectionEvent]":
        """Ask about the present silence; takes the place of what was asked before."""
        self.cancel_inference()
        loop = asyncio.get_running_loop()
        self._asked = asked = loop.create_future()
        loop.call_later(self._latency, _answer, asked, self._probability())
        return asked

    def cancel_inference(self, *, timed_out: bool = False) -> None:
        """What was asked is of no interest any more."""
        if self._asked is not None:
            _answer(self._asked, 0.0)
            self._asked = None

    def flush(self, reason: str | None = None) -> None:
        """The turn is over."""
        self.cancel_inference()

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """It does not listen."""

    def end_input(self) -> None:
        """Nothing more will be asked."""
        self.cancel_inference()

    async def aclose(self) -> None:
        """Stop."""
        self.cancel_inference()


def _answer(asked: "asyncio.Future[TurnDetectionEvent]", probability: float) -> None:
    if not asked.done():
        asked.set_result(TurnDetectionEvent("eot_prediction", probability, time.time()))
