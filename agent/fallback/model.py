"""A text model with others in reserve, as livekit's session wants a model.

Retries are made here and nowhere else: neither the plugins nor the session around them make any.
"""

import asyncio
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from livekit.agents import APIConnectOptions, llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from agent.fallback.quota import Quota
from agent.fallback.race import Race, Runner


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model and what is known of its provider."""

    model: llm.LLM[Any]
    quota: Quota


class Model(llm.LLM[Any]):
    """The model of a call: the first candidate, and those in reserve."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        super().__init__()
        self.candidates = tuple(candidates)
        self.winner = self.model
        """Name of the model that wrote last."""
        for candidate in self.candidates:
            candidate.model.on("metrics_collected", self._count)

    @property
    def model(self) -> str:
        """Name of the first."""
        return self.candidates[0].model.model

    @property
    def provider(self) -> str:
        """Of the first."""
        return self.candidates[0].model.provider

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **more: Any,
    ) -> llm.LLMStream:
        """Answer. How often and how long is tried is decided here, whatever the options."""
        return _Answer(self, chat_ctx, tools or [], more)

    def aside(self, chat_ctx: llm.ChatContext) -> llm.LLMStream:
        """Write something that is no answer of the session's: of a failure only whoever reads it is told."""
        return _Aside(self, chat_ctx, [], {})

    def prewarm(self, *, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Open the connections of all."""
        for candidate in self.candidates:
            candidate.model.prewarm(loop=loop)

    async def aclose(self) -> None:
        """Close all."""
        for candidate in self.candidates:
            candidate.model.off("metrics_collected", self._count)
            await candidate.model.aclose()

    def _count(self, figures: object) -> None:
        self.emit("metrics_collected", figures)


class _Answer(llm.LLMStream):
    _llm_request_span_name: ClassVar[str] = "llm_race"
    _llm_attempt_span_name: ClassVar[str | None] = None
    _genai_operation_name: ClassVar[str | None] = None

    def __init__(self, model: Model, chat_ctx: llm.ChatContext, tools: list[llm.Tool], more: dict[str, Any]) -> None:
        self._model = model
        self._more = more
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=APIConnectOptions(max_retry=0))

    async def _run(self) -> None:
        race = Race([self._runner(candidate) for candidate in self._model.candidates])
        try:
            won = await race.run()
            self._model.winner = won.runner.name
            for chunk in won.opening.result():
                self._event_ch.send_nowait(chunk)
            async for chunk in won.stream:
                self._event_ch.send_nowait(chunk)
        finally:
            await race.aclose()

    def _runner(self, candidate: Candidate) -> Runner:
        model, quota = candidate.model, candidate.quota
        return Runner(model.model, partial(self._ask, model), quota, ready=quota.until)

    def _ask(self, model: llm.LLM[Any], seconds: float) -> llm.LLMStream:
        options = APIConnectOptions(max_retry=0, timeout=seconds)
        return model.chat(chat_ctx=self._chat_ctx, tools=self._tools, conn_options=options, **self._more)

    async def _metrics_monitor_task(self, event_aiter: AsyncIterable[llm.ChatChunk]) -> None:
        """The candidates count for themselves."""
        async for _ in event_aiter:
            continue


class _Aside(_Answer):
    def _emit_error(self, api_error: Exception, recoverable: bool) -> None:
        """It is raised."""
