"""The tools as the model is given them: every use told, no fault of a tool ever raised."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from livekit.agents import FunctionToolsExecutedEvent, RunContext, llm

from agent import events as e
from agent.toolbox import BROKEN, PLAYOUT_LONGEST, Toolbox
from tests.agent.hurry import hurried, now
from tools.custom import CustomTool, ToolInput
from tools.end_call import CLOSING, ENDING
from tools.runner import ToolResult, ToolRunner

SLOTS = CustomTool(
    "find_slots",
    "Free slots of a day.",
    "GET",
    "https://tools.example/slots?day={{day}}",
    inputs=(ToolInput("day", "date", required=True),),
)


class FakeRunner(ToolRunner):
    """Answers every tool with the same result, or breaks."""

    def __init__(self, outcome: ToolResult | Exception) -> None:
        super().__init__()
        self.asked: list[tuple[str, Mapping[str, object], Mapping[str, str]]] = []
        self._outcome = outcome

    async def run(self, tool: CustomTool, arguments: Mapping[str, object], variables: Mapping[str, str]) -> ToolResult:
        self.asked.append((tool.name, arguments, variables))
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


@dataclass
class FakeContext:
    """The part of livekit's context that a tool sees; its last words take so many seconds to play."""

    name: str
    playing: float = 0.0
    call_id: str = "t1"
    function_call: llm.FunctionCall = field(init=False)

    def __post_init__(self) -> None:
        self.function_call = llm.FunctionCall(call_id=self.call_id, name=self.name, arguments="{}")

    async def wait_for_playout(self) -> None:
        await asyncio.sleep(self.playing)


class Bench:
    """A toolbox and what it told."""

    def __init__(self, outcome: ToolResult | Exception | None = None) -> None:
        self.told: list[e.Event] = []
        self.runner = FakeRunner(outcome or ToolResult('{"status":200}', False, 200, 0.1))
        self.toolbox = Toolbox(self.runner, {"name": "Ada"}, self.told.append, now)

    async def use(self, context: FakeContext, **arguments: object) -> Any:
        """What the model is given for using the tool that the context names."""
        tools = {tool.id: tool for tool in self.toolbox.tools((SLOTS,), closing=True)}
        tool = tools[context.name]
        assert isinstance(tool, llm.RawFunctionTool)
        return await tool(raw_arguments=arguments, ctx=cast(RunContext[Any], context))


def declared(*, closing: bool) -> dict[str, dict[str, Any]]:
    tools = Bench().toolbox.tools((SLOTS,), closing=closing)
    assert all(isinstance(tool, llm.RawFunctionTool) for tool in tools)
    return {tool.id: tool.info.raw_schema for tool in tools if isinstance(tool, llm.RawFunctionTool)}


def test_the_model_is_given_the_custom_tools_and_a_way_to_end_the_call() -> None:
    schemas = declared(closing=False)
    assert list(schemas) == ["find_slots", "end_call"]
    assert schemas["find_slots"]["description"] == SLOTS.description
    assert schemas["find_slots"]["parameters"]["required"] == ["day"]


def test_the_model_is_told_of_a_closing_sentence_only_where_there_is_one() -> None:
    assert CLOSING in declared(closing=True)["end_call"]["description"]
    assert CLOSING not in declared(closing=False)["end_call"]["description"]


def test_a_use_is_told_before_and_after_and_its_result_is_the_models() -> None:
    bench = Bench()
    result = hurried(bench.use(FakeContext("find_slots"), day="2026-03-09", note="né"))
    assert result == '{"status":200}'
    assert bench.runner.asked == [("find_slots", {"day": "2026-03-09", "note": "né"}, {"name": "Ada"})]
    called, returned = bench.told
    assert isinstance(called, e.ToolCalled)
    assert isinstance(returned, e.ToolReturned)
    assert (called.id, called.name, returned.id, returned.name) == ("t1", "find_slots", "t1", "find_slots")
    assert json.loads(called.arguments) == {"day": "2026-03-09", "note": "né"}
    assert "né" in called.arguments
    assert (returned.output, returned.is_error) == ('{"status":200}', False)


def test_a_failure_is_told_as_one_and_the_model_hears_its_sentence() -> None:
    bench = Bench(ToolResult("The tool did not answer in time.", True, None, 10.0))
    assert hurried(bench.use(FakeContext("find_slots"))) == "The tool did not answer in time."
    assert isinstance(bench.told[-1], e.ToolReturned)
    assert bench.told[-1].is_error


def test_a_fault_of_the_worker_in_a_tool_is_a_fixed_sentence() -> None:
    bench = Bench(KeyError("sk-secret +33612345678"))
    assert hurried(bench.use(FakeContext("find_slots"))) == BROKEN
    [_, returned] = bench.told
    assert isinstance(returned, e.ToolReturned)
    assert (returned.output, returned.is_error) == (BROKEN, True)
    assert "secret" not in repr(bench.told)


def test_a_tool_that_is_cancelled_has_no_result_and_is_not_held() -> None:
    bench = Bench()

    async def cut() -> None:
        use = asyncio.create_task(bench.use(FakeContext("end_call", playing=5.0)))
        await asyncio.sleep(1)
        use.cancel()
        with pytest.raises(asyncio.CancelledError):
            await use

    hurried(cut())
    assert [type(event) for event in bench.told] == [e.ToolCalled]


def test_the_goodbye_is_asked_for_once_the_last_words_were_heard_and_the_model_says_no_more() -> None:
    bench = Bench()
    assert hurried(bench.use(FakeContext("end_call", playing=3.0))) is None
    called, asked, returned = bench.told
    assert isinstance(asked, e.GoodbyeAsked)
    assert asked.at - called.at == pytest.approx(3.0, abs=0.01)
    assert isinstance(returned, e.ToolReturned)
    assert (returned.output, returned.is_error) == (ENDING, False)


def test_last_words_that_never_end_do_not_keep_the_call() -> None:
    bench = Bench()
    hurried(bench.use(FakeContext("end_call", playing=1e6)))
    called, asked = bench.told[:2]
    assert isinstance(asked, e.GoodbyeAsked)
    assert asked.at - called.at == pytest.approx(PLAYOUT_LONGEST, abs=0.01)


def test_a_tool_that_does_not_exist_is_told_as_a_failed_use() -> None:
    bench = Bench()
    hurried(bench.use(FakeContext("find_slots"), day="2026-03-09"))
    bench.told.clear()
    known = llm.FunctionCall(call_id="t1", name="find_slots", arguments="{}")
    unknown = llm.FunctionCall(call_id="t2", name="fly", arguments="{]")
    outputs = [
        llm.FunctionCallOutput(call_id=call.call_id, name=call.name, output="no such tool", is_error=True)
        for call in (known, unknown)
    ]

    async def executed() -> None:
        calls = [known, unknown]
        bench.toolbox.executed(FunctionToolsExecutedEvent(function_calls=calls, function_call_outputs=outputs))

    hurried(executed())
    called, returned = bench.told
    assert isinstance(called, e.ToolCalled) and isinstance(returned, e.ToolReturned)
    assert (called.id, called.name, called.arguments) == ("t2", "fly", "{]")
    assert (returned.output, returned.is_error) == ("no such tool", True)
