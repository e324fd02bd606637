"""A conversation in writing: livekit's session with the model and the tools of a plan, and neither voice nor ears."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from livekit.agents import Agent, AgentSession, APIError
from livekit.agents.metrics import LLMMetrics, RealtimeModelMetrics
from livekit.agents.utils import http_context
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.io import TextOutput
from livekit.agents.voice.speech_handle import SpeechHandle

from agent import events as e
from agent.announcer import written_opening
from agent.console.usage import Usage
from agent.failures import is_refusal, reason_of
from agent.pipeline import PROVIDER_OPTIONS, Pipeline, build
from agent.plan import Plan
from agent.realtime.opening import composed
from agent.realtime.talker import Talker
from agent.toolbox import Toolbox
from agent.voice import SilentVoice
from tools.runner import ToolRunner

Tell = Callable[[e.Event], None]
Said = Callable[[str], None]

_NEVER = 1_000_000
"""Failures after which the session gives up: whoever types decides that themselves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a turn."""

    text: str
    """Everything the model said in it."""
    usage: Usage
    first: float | None
    """Seconds from the turn to the first word; None where there was none."""
    whole: float
    """Seconds from the turn to the end of its answer."""
    stopped: bool = False
    """It was interrupted."""
    error: str = ""
    """Why there is none, in a sentence; empty where there is."""
    refused: bool = False
    """It was the key."""


class _Writing(TextOutput):
    """Where the session's words go, as the model writes them."""

    def __init__(self, said: Said) -> None:
        super().__init__(label="console", next_in_chain=None)
        self._said = said

    async def capture_text(self, text: str) -> None:
        self._said(text)

    def flush(self) -> None:
        """A piece of writing is complete; what follows may still belong to the turn."""


class Talk:
    """One conversation."""

    def __init__(self, plan: Plan, pipeline: Pipeline, runner: ToolRunner, tell: Tell, said: Said) -> None:
        """`tell` is told of tools and of `end_call`; `said` is given what the model says, piece by piece."""
        self._plan = plan
        self._model = pipeline.model
        self._told, self._said = tell, said
        self._sign = asyncio.Event()
        """The model or a tool has given a sign of life."""
        self._pieces: list[str] = []
        self._first: float | None = None
        self._usage = Usage()
        toolbox = Toolbox(runner, plan.variables, self._tell, time.monotonic)
        tools = toolbox.tools(plan.tools, closing=plan.goodbye is not None)
        self._agent = Agent(instructions=plan.prompt, tools=tools)
        self._session = _session(pipeline)
        self._session.on("function_tools_executed", toolbox.executed)
        self._session.output.transcription = _Writing(self._say)
        pipeline.model.on("metrics_collected", self._count)

    async def start(self) -> None:
        """Make ready."""
        await self._session.start(self._agent, record=False)

    async def opening(self) -> Answer:
        """The first sentence as the model writes it, which is not yet said."""
        began = self._begin()
        try:
            async with asyncio.timeout(self._plan.patience.reply):
                text = await self._written_opening()
        except (APIError, SilentVoice, TimeoutError) as failure:
            return self._answer(began, failure)
        self._first = time.monotonic()
        return replace(self._answer(began), text=text)

    async def _written_opening(self) -> str:
        if isinstance(self._model, Talker):
            return (await composed(self._model, self._plan)).text
        return await written_opening(self._plan, self._model)

    async def answer(self, text: str) -> Answer:
        """Have a turn answered, with as many tools as it takes."""
        began = self._begin()
        handle = self._session.generate_reply(user_input=text)
        if not await self._lives(handle):
            return self._answer(began, TimeoutError())
        failure = handle.exception()
        return replace(self._answer(began, failure), stopped=handle.interrupted and failure is None)

    async def _lives(self, handle: SpeechHandle) -> bool:
        """Wait for the end of an answer; False where nothing came for so long that it was given up."""
        done = asyncio.create_task(_finished(handle), name="answer")
        try:
            while not done.done():
                self._sign.clear()
                sign = asyncio.create_task(self._sign.wait(), name="sign of life")
                came, _ = await asyncio.wait(
                    {done, sign}, timeout=self._plan.patience.reply, return_when=asyncio.FIRST_COMPLETED
                )
                sign.cancel()
                if not came:
                    self.stop()
                    await done
                    return False
        finally:
            done.cancel()
        return True

    def stop(self) -> None:
        """Interrupt the answer that is under way, if there is one."""
        self._session.interrupt(force=True)

    async def remember(self, text: str) -> None:
        """Add something the agent said without the model to what the model knows."""
        history = self._agent.chat_ctx.copy()
        history.add_message(role="assistant", content=text)
        await self._agent.update_chat_ctx(history)

    async def instruct(self, prompt: str) -> None:
        """Go on with another prompt."""
        await self._agent.update_instructions(prompt)

    async def aclose(self) -> None:
        """End the session."""
        self._model.off("metrics_collected", self._count)
        await self._session.aclose()

    def _begin(self) -> float:
        self._pieces, self._first, self._usage = [], None, Usage()
        return time.monotonic()

    def _answer(self, began: float, failure: BaseException | None = None) -> Answer:
        return Answer(
            text="".join(self._pieces),
            usage=self._usage,
            first=None if self._first is None else self._first - began,
            whole=time.monotonic() - began,
            error="" if failure is None else reason(failure, self._plan),
            refused=failure is not None and is_refusal(failure),
        )

    def _say(self, piece: str) -> None:
        if self._first is None and piece.strip():
            self._first = time.monotonic()
        self._pieces.append(piece)
        self._sign.set()
        self._said(piece)

    def _tell(self, event: e.Event) -> None:
        self._sign.set()
        self._told(event)

    def _count(self, figures: Any) -> None:
        match figures:
            case LLMMetrics():
                cached = figures.prompt_cached_tokens or 0
                self._usage += Usage(1, figures.prompt_tokens, cached, figures.completion_tokens)
            case RealtimeModelMetrics():
                cached = figures.input_token_details.cached_tokens
                self._usage += Usage(1, figures.input_tokens, cached, figures.output_tokens)
            case _:
                return


def reason(failure: BaseException, plan: Plan) -> str:
    """Why a model gave no answer, in a sentence that holds nothing of the failure's own words."""
    if isinstance(failure, TimeoutError):
        return f"no answer came within {plan.patience.reply:g} s"
    return "the model wrote nothing" if isinstance(failure, SilentVoice) else reason_of(failure, "model")


def _session(pipeline: Pipeline) -> AgentSession[None]:
    return AgentSession(
        llm=pipeline.model,
        turn_handling={"turn_detection": "manual"},
        aec_warmup_duration=None,
        user_away_timeout=None,
        max_tool_steps=5,
        conn_options=SessionConnectOptions(llm_conn_options=PROVIDER_OPTIONS, max_unrecoverable_errors=_NEVER),
    )


async def _finished(handle: SpeechHandle) -> None:
    await handle


@asynccontextmanager
async def opened(
    plan: Plan, allowed_hosts: frozenset[str], rewrites: Mapping[str, str], tell: Tell, said: Said
) -> AsyncIterator[Talk]:
    """A conversation that is ready, closed on exit."""
    async with http_context.open(), ToolRunner(allowed_hosts, rewrites) as runner:
        pipeline = build(plan)
        try:
            talk = Talk(plan, pipeline, runner, tell, said)
            try:
                await talk.start()
                yield talk
            finally:
                await talk.aclose()
        finally:
            await pipeline.aclose()
