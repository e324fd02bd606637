"""The tools of a call as the model is given them, each use told as events."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from livekit.agents import RunContext, function_tool, llm
from livekit.agents.voice.events import FunctionToolsExecutedEvent

from agent import events as e
from tools import end_call, schema
from tools.custom import CustomTool
from tools.runner import ToolRunner

logger = logging.getLogger(__name__)

PLAYOUT_LONGEST = 20.0
"""Seconds the model's last words may still take after it has asked to end the call."""

BROKEN = "The tool failed for a reason of its own. Go on without it."
"""What the model hears of a fault in a tool."""

Tell = Callable[[e.Event], None]


class Playing(Protocol):
    """The part of livekit's `RunContext` that `end_call` needs."""

    async def wait_for_playout(self) -> None:
        """Wait until what was said before the tool call has been heard."""
        ...


class Ending:
    """The call as `end_call` reaches it."""

    def __init__(self, playing: Playing, tell: Tell, now: Callable[[], float]) -> None:
        self._playing = playing
        self._tell = tell
        self._now = now

    async def end(self) -> None:
        """Ask for the goodbye once the model's own last words have been heard."""
        try:
            await asyncio.wait_for(self._playing.wait_for_playout(), PLAYOUT_LONGEST)
        except TimeoutError:
            logger.warning("the last words took too long")
        self._tell(e.GoodbyeAsked(at=self._now()))


class Toolbox:
    """Makes a plan's tools callable for the model."""

    def __init__(self, runner: ToolRunner, variables: Mapping[str, str], tell: Tell, now: Callable[[], float]) -> None:
        self._runner = runner
        self._variables = variables
        self._used: set[str] = set()
        """Ids of the calls that were told."""
        self._tell = tell
        self._now = now

    def tools(self, custom: tuple[CustomTool, ...], *, closing: bool) -> list[llm.Tool | llm.Toolset]:
        """The custom tools, and `end_call`; `closing`: the call has an end-of-call sentence."""
        return [*map(self._custom, custom), self._end_call(end_call.declaration(closing=closing))]

    def _custom(self, tool: CustomTool) -> llm.Tool:
        async def run(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> str:
            async def request() -> tuple[str, bool]:
                result = await self._runner.run(tool, raw_arguments, self._variables)
                return result.content, result.is_error

            return await self._told(ctx, tool.name, raw_arguments, request)

        return function_tool(run, raw_schema=schema.declaration(tool))

    def _end_call(self, declaration: dict[str, Any]) -> llm.Tool:
        async def end(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> None:
            async def ask() -> tuple[str, bool]:
                return await end_call.handle(Ending(ctx, self._tell, self._now)), False

            await self._told(ctx, end_call.NAME, raw_arguments, ask)

        return function_tool(end, raw_schema=declaration)

    def executed(self, event: FunctionToolsExecutedEvent) -> None:
        """Tell the uses that never came to a tool: of one that does not exist, or with arguments that are no JSON."""
        for call, output in event.zipped():
            if call.call_id in self._used:
                continue
            self._tell(e.ToolCalled(at=self._now(), id=call.call_id, name=call.name, arguments=call.arguments))
            self._tell(
                e.ToolReturned(at=self._now(), id=call.call_id, name=call.name, output=output.output, is_error=True)
            )

    async def _told(
        self,
        ctx: RunContext[Any],
        name: str,
        arguments: Mapping[str, object],
        use: Callable[[], Awaitable[tuple[str, bool]]],
    ) -> str:
        """Use the tool, told as `ToolCalled` and `ToolReturned`; a fault of the tool is a sentence for the model."""
        call_id = ctx.function_call.call_id
        self._used.add(call_id)
        written = json.dumps(arguments, ensure_ascii=False)
        self._tell(e.ToolCalled(at=self._now(), id=call_id, name=name, arguments=written))
        try:
            output, is_error = await use()
        except Exception as error:  # noqa: BLE001  (the boundary of a tool)
            logger.warning("a tool broke", extra={"tool": name, "error": type(error).__name__})
            output, is_error = BROKEN, True
        self._tell(e.ToolReturned(at=self._now(), id=call_id, name=name, output=output, is_error=is_error))
        return output
