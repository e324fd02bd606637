"""Whole calls whose providers fail, with another in reserve or without."""

from pathlib import Path
from typing import Any

import pytest

from agent import events as e
from agent.standins.process import StandIns
from audio.frames import RATE
from tests.calls import Conducted, attempt, conducted, line

FIXED = 5
"""Sentences that are rendered before anybody speaks."""

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECOND_MODEL = '{"type": "dedicated-instance", "name": "ministral-3-8b-instruct"}'
SECOND_VOICE = '{"provider": "elevenlabs", "id": "v2"}'
QUESTION = "Is there a slot on Monday morning, please?"
ANSWER = "Let me have a look for you. Monday at nine in the morning is free."


async def called(stand_ins: StandIns, folder: Path, *faults: dict[str, Any], **environment: Any) -> Conducted:
    """A call in which the callee asks one question, is answered and thanks."""
    return await conducted(
        stand_ins,
        folder,
        attempt(first_sentence="Hello there.", end_of_call_sentence="Goodbye then."),
        line(
            {"after": "agent-stops", "say": QUESTION},
            {"after": "agent-stops", "say": "Thank you, that is all."},
            model={
                "script": [
                    {"when": "slot", "reply": ANSWER},
                    {"when": "thank", "call": {"tool": "end_call"}},
                ]
            },
            faults=list(faults),
        ),
        **environment,
    )


def waited(call: Conducted) -> float:
    """Seconds from the end of the question to the first sound of its answer."""
    asked, answered = call.speech("user")[0], call.speech("agent")[1]
    assert asked.stopped_speaking_at_ms is not None
    return (answered.started_speaking_at_ms - asked.stopped_speaking_at_ms) / 1000


def is_whole(call: Conducted) -> None:
    """Everything was said and understood, each once."""
    assert call.said("user") == [QUESTION, "Thank you, that is all."]
    assert call.said("assistant") == ["Hello there.", ANSWER, "Goodbye then."]
    assert (call.report.status, call.report.end_reason) == ("completed", "tool_end_call")
    assert call.all(e.Failed) == []


async def test_a_silent_model_is_overtaken_by_the_one_in_reserve(stand_ins: StandIns, tmp_path: Path) -> None:
    fault = {"provider": "llm", "name": "gpt-4.1", "kind": "silent"}
    call = await called(stand_ins, tmp_path, fault, VOICE_WORKER_FALLBACK_MODEL=SECOND_MODEL)
    is_whole(call)
    assert call.speech("agent")[1].llm_winner_model == "ministral-3-8b-instruct"
    assert waited(call) < 3.5


async def test_a_voice_that_is_cut_off_is_replaced_from_that_sentence_on(stand_ins: StandIns, tmp_path: Path) -> None:
    fault = {"provider": "tts", "name": "cartesia", "kind": "cut", "skip": 2, "count": 1, "seconds": 2.4}
    call = await called(stand_ins, tmp_path, fault, VOICE_WORKER_FALLBACK_VOICE=SECOND_VOICE)
    is_whole(call)
    assert waited(call) < 2.5
    assert "the voice failed, and the one in reserve took over" in call.report.details.warnings


async def test_fixed_sentences_are_spoken_by_the_voice_in_reserve(stand_ins: StandIns, tmp_path: Path) -> None:
    fault = {"provider": "tts", "name": "cartesia", "kind": "unauthorised"}
    call = await called(stand_ins, tmp_path, fault, VOICE_WORKER_FALLBACK_VOICE=SECOND_VOICE)
    is_whole(call)


async def test_a_recogniser_that_hears_nothing_is_replaced_and_the_question_answered(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    fault = {"provider": "stt", "name": "deepgram", "kind": "silent"}
    call = await called(stand_ins, tmp_path, fault, VOICE_WORKER_FALLBACK_RECOGNISER="soniox")
    is_whole(call)
    assert waited(call) < 3.5
    assert "the recogniser failed, and the one in reserve took over" in call.report.details.warnings


async def test_a_recogniser_that_is_closed_every_few_seconds_loses_no_word(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await called(stand_ins, tmp_path, {"provider": "stt", "kind": "closes", "seconds": 1.7})
    is_whole(call)


async def test_an_answer_that_fails_before_the_turn_is_over_is_asked_for_anew_without_a_word(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    call = await called(stand_ins, tmp_path, {"provider": "llm", "kind": "unauthorised", "count": 1})
    is_whole(call)
    assert waited(call) < 1.5


@pytest.mark.parametrize(
    "fault",
    [
        {"provider": "llm", "kind": "silent"},
        {"provider": "llm", "kind": "down"},
        {"provider": "tts", "kind": "silent", "skip": FIXED},
        {"provider": "stt", "kind": "silent"},
    ],
)
async def test_without_a_reserve_the_callee_is_told_within_six_seconds_and_the_call_ends_as_an_error(
    stand_ins: StandIns, tmp_path: Path, fault: dict[str, Any]
) -> None:
    call = await called(stand_ins, tmp_path, fault)
    assert (call.report.status, call.report.end_reason) == ("error", None)
    assert call.report.error is not None and call.report.error.code == "provider_failed"
    asked = call.all(e.CalleeStopped)[0].sample
    told = next(event for event in call.all(e.AgentStarted) if event.kind in ("apology", "failure"))
    assert (told.sample - asked) / RATE < 6.0
    last = call.all(e.AgentStopped)[-1]
    assert (last.kind, last.cut) == ("failure", False)


async def test_a_model_that_comes_back_is_heard_after_the_apology(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await called(stand_ins, tmp_path, {"provider": "llm", "kind": "down", "count": 3})
    assert [event.kind for event in call.all(e.AgentStopped)][:3] == ["opening", "apology", "reply"]
    assert call.report.end_reason == "tool_end_call"


async def test_a_model_that_breaks_off_is_heard_and_goes_on_without_an_apology(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    call = await called(stand_ins, tmp_path, {"provider": "llm", "kind": "cut", "seconds": 0.15, "count": 1})
    first, rest = call.said("assistant")[1:3]
    assert f"{first} {rest}" == ANSWER
    assert [event.kind for event in call.all(e.AgentStopped)] == ["opening", "reply", "reply", "goodbye"]
    assert call.report.end_reason == "tool_end_call"


async def test_of_an_answer_whose_voice_fails_for_good_what_was_heard_is_reported(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    fault = {"provider": "tts", "kind": "cut", "skip": FIXED, "count": 2, "seconds": 1.2}
    call = await called(stand_ins, tmp_path, fault)
    broken, again = call.speech("agent")[1:3]
    assert broken.was_cut
    assert broken.transcript.split()[:3] == ["Let", "me", "have"]
    assert "nine" not in broken.transcript
    assert not again.was_cut
    assert call.report.end_reason == "tool_end_call"


async def test_a_fixed_sentence_that_cannot_be_made_fails_no_answer(stand_ins: StandIns, tmp_path: Path) -> None:
    fault = {"provider": "tts", "kind": "empty", "skip": FIXED - 1, "count": 2}
    call = await called(stand_ins, tmp_path, fault)
    assert call.all(e.ReplyFailed) == []
    assert [event.kind for event in call.all(e.Unrendered)] == ["reminder"]
    is_whole(call)


async def test_a_first_sentence_that_the_model_owes_is_asked_for_again(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence_mode="generated", first_sentence="Greet them.", end_of_call_sentence="Goodbye then."),
        line(
            {"after": "agent-stops", "when": "calling", "say": "Thank you, that is all."},
            model={"script": [{"when": "thank", "call": {"tool": "end_call"}}]},
            faults=[{"provider": "llm", "kind": "silent", "count": 1}],
        ),
    )
    assert [event.kind for event in call.all(e.AgentStopped)] == ["apology", "opening", "goodbye"]
    assert call.all(e.AgentStarted)[0].sample / RATE < 6.0
    assert call.all(e.ReplyFailed) == []


async def test_a_television_is_no_fault_of_the_recogniser(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence="Hello there."),
        line(noise={"kind": "babble", "dbfs": -22}),
        VOICE_WORKER_INACTIVITY_SECS="3,3,3",
        VOICE_WORKER_FALLBACK_RECOGNISER="soniox",
    )
    assert call.report.end_reason == "user_inactive"
    assert call.all(e.Failed) == []
