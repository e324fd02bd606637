"""The first sentence on the simulated line: when it starts, when it starts again, and what counts as a turn."""

from pathlib import Path

import pytest

from agent import events as e
from agent.standins.process import StandIns
from tests.calls import attempt, audible, conducted, line

pytestmark = pytest.mark.asyncio(loop_scope="session")

SENTENCE = "Hello, this is Emma from Bright Dental, about your check-up."


@pytest.mark.parametrize("delay", [0, 400])
async def test_a_static_first_sentence_is_heard_at_its_delay(stand_ins: StandIns, tmp_path: Path, delay: int) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence="Hello there.", first_sentence_delay_ms=delay),
        line({"after": "agent-stops", "hang_up": True}),
    )
    first, _ = audible(call.line.said.agent)
    assert delay <= first <= delay + 40
    assert call.speech("agent")[0].started_speaking_at_ms == pytest.approx(first, abs=1)


async def test_a_greeting_is_waited_for_and_is_no_turn(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence="Hello there."),
        line(
            {"after": "answer", "wait": 0.1, "say": "Good morning, who is there?"},
            {"after": "agent-stops", "hang_up": True},
        ),
    )
    greeting, opening = call.speech("user")[0], call.speech("agent")[0]
    assert greeting.is_real_turn is False
    assert greeting.stopped_speaking_at_ms is not None
    assert opening.started_speaking_at_ms > greeting.stopped_speaking_at_ms
    assert call.said("user") == ["Good morning, who is there?"]
    assert call.said("assistant") == ["Hello there."]
    assert call.report.result == "unknown"
    assert not call.all(e.TurnTaken)


async def test_a_greeting_in_its_first_moments_makes_it_start_again(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence=SENTENCE, end_of_call_sentence="Bye."),
        line(
            {"after": "answer", "wait": 0.9, "say": "Hello, hello?"},
            {"after": "agent-stops", "say": "Yes, that is me."},
            model={"script": [{"when": "that is me", "call": {"tool": "end_call"}}]},
        ),
    )
    first, again, *_ = call.said("assistant")
    assert SENTENCE.startswith(first) and first != SENTENCE
    assert again == SENTENCE
    assert [event.is_real_turn for event in call.speech("user")] == [False, True]
    assert [event.was_cut for event in call.speech("agent")][:2] == [True, False]
    assert call.report.end_reason == "tool_end_call"


async def test_the_callee_may_take_the_turn_from_the_first_sentence(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence=f"{SENTENCE} {SENTENCE}", end_of_call_sentence="Bye."),
        line(
            {"after": "agent-starts", "wait": 2.2, "say": "Stop, I have no time for this."},
            model={"script": [{"when": "no time", "call": {"tool": "end_call"}}]},
        ),
    )
    [opening] = call.all(e.AgentStopped)[:1]
    assert opening.cut
    assert SENTENCE.startswith(opening.text) and 3 <= len(opening.text.split()) <= 9
    assert not call.all(e.OpeningWithdrawn)
    assert call.said("user") == ["Stop, I have no time for this."]
    assert call.report.result == "human"


async def test_without_a_first_sentence_the_callee_is_answered(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence_mode="none"),
        line(
            {"after": "answer", "say": "Hello, who is it?"},
            {"after": "agent-stops", "hang_up": True},
            model={"script": [{"when": "who", "reply": "It is Emma."}]},
        ),
    )
    assert [(entry.role, entry.content) for entry in call.report.transcript] == [
        ("user", "Hello, who is it?"),
        ("assistant", "It is Emma."),
    ]
    assert (call.report.ended_by, call.report.end_reason) == ("user", "client_initiated")


async def test_a_generated_first_sentence_is_ready_when_the_phone_is_answered(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence_mode="generated", first_sentence="Greet them by name."),
        line({"after": "agent-stops", "hang_up": True}, ring=1.5, model={"opening": "Hi Sam, it is Emma."}),
    )
    first, _ = audible(call.line.said.agent)
    assert call.said("assistant") == ["Hi Sam, it is Emma."]
    assert 400 <= first <= 440
