"""Barge-in on the simulated line: who stops the agent, who does not, and what becomes of what they said."""

from pathlib import Path
from typing import Any

import pytest

from agent import events as e
from agent.standins.process import StandIns
from audio.frames import RATE, dbfs
from tests.calls import Conducted, attempt, conducted, line, milliseconds

pytestmark = pytest.mark.asyncio(loop_scope="session")

STORY = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen."
GREETED: dict[str, Any] = {"first_sentence": "Hello there.", "end_of_call_sentence": "Goodbye."}
SCRIPT = {
    "script": [
        {"when": "count", "reply": STORY},
        {"when": "bye", "call": {"tool": "end_call"}},
        {"when": ".", "reply": "I see.", "repeat": True},
    ]
}


async def counting(stand_ins: StandIns, folder: Path, *steps: dict[str, Any], **more: Any) -> Conducted:
    """A call in which the agent counts, and then the callee says goodbye."""
    asks, leaves = {"after": "agent-stops", "say": "Please count for me."}, {"after": "agent-stops", "say": "Goodbye."}
    return await conducted(stand_ins, folder, attempt(**GREETED), line(asks, *steps, leaves, model=SCRIPT, **more))


def counted(call: Conducted) -> e.AgentStopped:
    return next(event for event in call.all(e.AgentStopped) if event.kind == "reply")


@pytest.mark.parametrize(
    "step",
    [{"say": "Mhm."}, {"say": "Yes, okay."}, {"play": "cough"}, {"play": "door"}],
    ids=["mhm", "yes", "cough", "door"],
)
async def test_the_agent_goes_on_without_loss(stand_ins: StandIns, tmp_path: Path, step: dict[str, Any]) -> None:
    call = await counting(stand_ins, tmp_path, {"when": "four", **step})
    reply = counted(call)
    assert (reply.text, reply.cut) == (STORY, False)
    assert call.said("user") == ["Please count for me.", "Goodbye."] or "say" in step
    assert [event.is_real_turn for event in call.speech("user") if event.transcript == step.get("say")] in ([], [False])
    assert len(call.all(e.TurnTaken)) == 2


@pytest.mark.parametrize("db", [-20, -10])
async def test_the_agents_own_echo_is_nobody(stand_ins: StandIns, tmp_path: Path, db: int) -> None:
    call = await counting(stand_ins, tmp_path, network={"echo": {"db": db}})
    assert (counted(call).text, counted(call).cut) == (STORY, False)
    assert call.said("user") == ["Please count for me.", "Goodbye."]
    assert call.said("assistant") == ["Hello there.", STORY, "Goodbye."]
    assert call.all(e.CalleeAudible) == []


async def test_a_word_stops_the_agent_and_is_answered(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await counting(stand_ins, tmp_path, {"when": "four", "say": "Stop, I have a question."})
    reply = counted(call)
    assert reply.cut and STORY.startswith(reply.text)
    [over] = [event for event in call.all(e.CalleeStarted) if event.over_agent and event.sample > reply.start]
    clear = next(event for event in call.all(e.CalleeClear) if event.at > over.at)
    answered = call.one(e.Answered).at
    assert reply.stop / RATE - (clear.at - answered) <= 0.25
    assert call.said("user") == ["Please count for me.", "Stop, I have a question.", "Goodbye."]
    assert "I see." in call.said("assistant")


async def test_the_agent_is_lowered_under_the_callees_voice(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await counting(stand_ins, tmp_path, {"when": "four", "say": "Mhm."})
    audible = (call.one(e.CalleeAudible).at - call.one(e.Answered).at) * 1000
    before = milliseconds(call.line.said.agent, audible - 1000, audible)
    under = milliseconds(call.line.said.agent, audible + 80, audible + 250)
    assert dbfs(before) - dbfs(under) > 6


async def test_a_backchannel_at_the_very_end_is_an_answer(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED),
        line(
            {"after": "agent-stops", "say": "What do you want?"},
            {"when": "nine", "say": "Okay."},
            {"after": "agent-stops", "say": "Goodbye."},
            model={
                "script": [
                    {"when": "want", "reply": "Shall I book you in for Monday at nine then?"},
                    {"when": "okay", "reply": "It is booked."},
                    {"when": "bye", "call": {"tool": "end_call"}},
                ]
            },
        ),
    )
    assert call.said("user") == ["What do you want?", "Okay.", "Goodbye."]
    assert call.said("assistant")[-2:] == ["It is booked.", "Goodbye."]


async def test_a_silent_callee_is_asked_in_their_language_and_then_given_up(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        {**attempt(first_sentence="Guten Tag."), "language": "de"},
        line(noise="babble"),
        VOICE_WORKER_INACTIVITY_SECS="2,2,1",
    )
    assert call.said("assistant") == ["Guten Tag.", "Sind Sie noch da?", "Sind Sie noch da?"]
    assert (call.report.ended_by, call.report.end_reason) == ("system", "user_inactive")


async def test_whoever_answers_the_reminder_is_answered(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED),
        line(
            {"when": "still there", "say": "Yes, sorry, I was looking for a pen."},
            {"after": "agent-stops", "say": "Goodbye."},
            model={"script": [{"when": "pen", "reply": "No hurry."}, {"when": "bye", "call": {"tool": "end_call"}}]},
        ),
        VOICE_WORKER_INACTIVITY_SECS="2,4,4",
    )
    assert call.said("assistant")[-2:] == ["No hurry.", "Goodbye."]
    assert call.report.end_reason == "tool_end_call"


async def test_a_model_that_hangs_is_apologised_for_and_then_given_up(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED),
        line({"after": "agent-stops", "say": "Who is this?"}, model={"script": [{"silent": True, "repeat": True}]}),
        VOICE_WORKER_REPLY_SECS="9",
    )
    said = [(event.kind, event.cut) for event in call.all(e.AgentStopped)]
    assert said == [("opening", False), ("apology", False), ("failure", False)]
    apology = next(event for event in call.all(e.AgentStarted) if event.kind == "apology")
    spoke = call.all(e.CalleeStopped)[-1].sample
    assert (apology.sample - spoke) / RATE < 6
    assert call.report.error is not None and call.report.error.code == "provider_failed"
