"""The limit of a call, whatever hangs or goes on when it comes."""

from pathlib import Path
from typing import Any

import pytest

from agent import events as e
from agent.standins.process import StandIns
from audio.frames import RATE
from tests.calls import attempt, audible, conducted, line

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT = 6
MESSAGE = "We have to stop here."
ASKS = {"after": "answer", "say": "Good morning, who is this?"}
SLOW_TOOL = {
    "name": "look_up",
    "description": "Looks something up.",
    "method": "GET",
    "url": "http://tools.stand-in/slots?day=2026-03-09",
    "input_schema": [],
}
STORY = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen."

STATES: dict[str, dict[str, Any]] = {
    "nobody speaks": {"callee": []},
    "the callee speaks": {"callee": [{"after": "answer", "say": f"{STORY} {STORY}"}]},
    "the agent speaks": {"callee": [ASKS], "model": {"script": [{"reply": STORY}]}},
    "the model hangs": {"callee": [ASKS], "model": {"script": [{"silent": True, "repeat": True}]}},
    "a tool hangs": {
        "callee": [ASKS],
        "model": {"script": [{"call": {"tool": "look_up"}}]},
        "latency": {"tool_ms": 60_000},
    },
}


@pytest.mark.parametrize("state", STATES)
async def test_the_message_is_over_before_the_limit_and_the_call_with_it(
    stand_ins: StandIns, tmp_path: Path, state: str
) -> None:
    given = dict(STATES[state])
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(max_call_duration_secs=LIMIT, max_duration_end_message=MESSAGE, custom_tools=[SLOW_TOOL]),
        line(*given.pop("callee"), **given),
    )
    assert (call.report.ended_by, call.report.end_reason) == ("system", "max_duration")
    assert LIMIT - 1 <= call.one(e.Ended).at - call.one(e.Answered).at <= LIMIT
    last = call.all(e.AgentStopped)[-1]
    assert (last.kind, last.text, last.cut) == ("limit", MESSAGE, False)
    assert audible(call.line.said.agent)[1] == pytest.approx(last.stop * 1000 / RATE, abs=1)
    before = [event for event in call.all(e.AgentStopped)[:-1] if event.cut]
    assert all(STORY.startswith(event.text) and event.text.split()[-1] in STORY.split() for event in before)


async def test_a_voice_that_hangs_keeps_no_call_beyond_its_limit(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(max_call_duration_secs=LIMIT, max_duration_end_message=MESSAGE),
        line(ASKS, latency={"tts_ms": 60_000}),
    )
    assert call.report.ended_by == "system"
    assert call.one(e.Ended).at - call.one(e.Answered).at <= LIMIT


async def test_a_limit_shorter_than_its_message_leaves_room_for_nothing_else(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    long = "We have to stop here, because the time that was set for this call is over, so thank you and goodbye."
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence="Hello there.", max_call_duration_secs=3, max_duration_end_message=long),
        line(ring=2.0),
    )
    [said] = call.all(e.AgentStopped)
    assert (said.kind, said.cut) == ("limit", True)
    assert long.startswith(said.text)
    assert 2.5 <= call.one(e.Ended).at - call.one(e.Answered).at <= 3
