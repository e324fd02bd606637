"""The stand-in for chat completions, spoken to by the genuine plugin."""

import asyncio
import json
import time

import pytest
from livekit.agents import APIConnectOptions, APIStatusError, llm
from livekit.plugins import openai

from agent.standins.config import CallConfig, Latencies, ModelScript, Rule, ToolUse
from agent.standins.process import StandInCall, StandIns

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.usefixtures("call")]

ONCE = APIConnectOptions(max_retry=0, timeout=5.0)


@llm.function_tool
async def find_slots(day: str) -> str:
    """Find free slots.

    Args:
        day: The day.
    """
    return day


def model(call: StandInCall) -> openai.LLM:
    return openai.LLM(model="gpt-4.1", api_key="any", base_url=call.openai_url)


def asked(said: str) -> llm.ChatContext:
    history = llm.ChatContext.empty()
    history.add_message(role="system", content="You are a test.")
    history.add_message(role="user", content=said)
    return history


async def answered(
    call: StandInCall, history: llm.ChatContext, tools: list[llm.Tool] | None = None
) -> llm.CollectedResponse:
    async with model(call) as chat, chat.chat(chat_ctx=history, tools=tools, conn_options=ONCE) as stream:
        return await stream.collect()


async def test_a_rule_answers_with_text_and_a_tool_call(stand_ins: StandIns) -> None:
    use = ToolUse(tool="find_slots", arguments={"day": "2026-03-02", "note": "où ça"})
    script = ModelScript(script=(Rule(when="appointment", reply="Let me look.", call=use),))
    call = await stand_ins.open_call(CallConfig(model=script))

    response = await answered(call, asked("An Appointment please"), [find_slots])

    assert response.text == "Let me look."
    assert [tool.name for tool in response.tool_calls] == ["find_slots"]
    assert json.loads(response.tool_calls[0].arguments) == {"day": "2026-03-02", "note": "où ça"}
    assert response.usage is not None
    assert response.usage.completion_tokens > 0


async def test_the_output_of_a_tool_is_answered_by_the_rule_for_that_tool(stand_ins: StandIns) -> None:
    use = ToolUse(tool="find_slots", arguments={"day": "2026-03-02"})
    rules = (
        Rule(when="appointment", reply="Let me look.", call=use),
        Rule(after_tool="find_slots", reply="Ten is free."),
    )
    call = await stand_ins.open_call(CallConfig(model=ModelScript(script=rules)))
    history = asked("An appointment")
    first = await answered(call, history, [find_slots])
    history.add_message(role="assistant", content="Let me look.")
    history.items.extend(
        [
            llm.FunctionCall(call_id=first.tool_calls[0].call_id, name="find_slots", arguments="{}"),
            llm.FunctionCallOutput(
                call_id=first.tool_calls[0].call_id, name="find_slots", output="10:00", is_error=False
            ),
        ]
    )

    assert (await answered(call, history, [find_slots])).text == "Ten is free."


async def test_tokens_come_at_the_pace_that_was_set(stand_ins: StandIns) -> None:
    latency = Latencies(llm_ms=200, llm_token_ms=50)
    script = ModelScript(script=(Rule(reply="one two three four five"),))
    call = await stand_ins.open_call(CallConfig(model=script, latency=latency))
    async with model(call) as chat:
        await chat._prewarm_impl()
        began = time.monotonic()
        async with chat.chat(chat_ctx=asked("Hello"), conn_options=ONCE) as stream:
            times = [
                time.monotonic() - began async for chunk in stream if chunk.delta is not None and chunk.delta.content
            ]

    assert len(times) == 5
    assert 0.2 <= times[0] < 2.0
    assert 0.15 <= times[-1] - times[0] < 2.0


async def test_a_silent_rule_opens_the_stream_and_says_nothing(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig(model=ModelScript(script=(Rule(silent=True),))))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await answered(call, asked("Hello"))


async def test_without_a_script_it_takes_up_what_was_said(call: StandInCall) -> None:
    response = await answered(call, asked("Hello, it is about the boiler."))

    assert "boiler" in response.text
    assert response.text.endswith("?")
    assert not response.tool_calls


async def test_a_prompt_of_200_kilobytes_is_accepted(call: StandInCall) -> None:
    history = llm.ChatContext.empty()
    history.add_message(role="system", content="x" * 200_000)
    history.add_message(role="user", content="Hello")

    assert (await answered(call, history)).text


async def test_an_unknown_token_is_refused(stand_ins: StandIns) -> None:
    closed = await stand_ins.open_call(CallConfig())
    await closed.close()

    with pytest.raises(APIStatusError) as refused:
        await answered(closed, asked("Hello"))
    assert refused.value.status_code == 404
