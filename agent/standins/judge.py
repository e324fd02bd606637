"""The stand-in judge of turn ends: it knows the callee's script, because the acoustic model cannot tell synthetic
speech that is over from speech that pauses.

It has the shape of livekit's text-based turn detectors and is given to the session in their place.
"""

import asyncio
import random
from collections.abc import Callable

from livekit.agents import LanguageCode
from livekit.agents.llm import ChatContext

from agent.standins.config import Errors

_OVER, _GOING_ON, _THRESHOLD = 0.95, 0.05, 0.5


class ScriptedJudge:
    """Says whether the callee's turn is over, wrong as often as it was told to be."""

    def __init__(self, over: Callable[[], bool], latency_s: float, errors: Errors) -> None:
        self._over = over
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

    async def unlikely_threshold(self, language: LanguageCode | None) -> float | None:
        """The probability below which a turn is taken to go on."""
        return _THRESHOLD

    async def supports_language(self, language: LanguageCode | None) -> bool:
        """Every language."""
        return True

    async def predict_end_of_turn(
        self,
        chat_ctx: ChatContext,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the protocol's
    ) -> float:
        """Probability that the turn is over. The same pause asked about twice is judged the same."""
        over = self._over()
        wrong = self._draw(chat_ctx, over) < (self._errors.ends if over else self._errors.pauses)
        await asyncio.sleep(self._latency)
        return _OVER if over != wrong else _GOING_ON

    def _draw(self, chat_ctx: ChatContext, over: bool) -> float:
        said = [item.text_content or "" for item in chat_ctx.items if item.type == "message" and item.role == "user"]
        return random.Random(f"{self._errors.seed} {over} {len(said)} {said[-1:]}").random()
