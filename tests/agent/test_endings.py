"""Every way a call on the simulated line ends."""

import os
import signal
from pathlib import Path

import pytest

from agent import events as e
from agent.report import fold
from agent.standins.process import StandIns, running
from tests.calls import attempt, audible, conducted, line

pytestmark = pytest.mark.asyncio(loop_scope="session")


class BrokenOnPurpose(Exception):
    """What a fault of the worker's looks like."""


GREETED = {"first_sentence": "Hello there."}


@pytest.mark.parametrize(
    ("answer", "dial_error", "reason", "code"),
    [
        ("busy", "busy", "user_rejected", 486),
        ("declines", "busy", "user_rejected", 603),
        ("not-found", "number_non_attributed", None, 404),
        ("unavailable", "temporarily_unavailable", "user_unavailable", 480),
    ],
)
async def test_a_refused_dial(
    stand_ins: StandIns, tmp_path: Path, answer: str, dial_error: str, reason: str | None, code: int
) -> None:
    call = await conducted(stand_ins, tmp_path, attempt(**GREETED), line(answer=answer))
    report = call.report
    assert (report.status, report.dial_error, report.end_reason) == ("error", dial_error, reason)
    assert (report.ended_by, report.result, report.answered_at) == ("system", None, None)
    assert report.error is not None and report.error.code == "dial_error"
    assert report.details.sip is not None and report.details.sip.code == code
    assert report.handled_by_ai is False
    assert fold(call.events) == report


async def test_nobody_answers(stand_ins: StandIns, tmp_path: Path) -> None:
    unheard = {**attempt(**GREETED), "sip": {"ringing_timeout_secs": 5}}
    call = await conducted(stand_ins, tmp_path, unheard, line(answer="no-answer"))
    assert (call.report.dial_error, call.report.end_reason) == ("no_answer", "user_unavailable")
    assert call.one(e.Ended).at - call.one(e.Rang).at == pytest.approx(5, abs=0.3)


async def test_the_goodbye_is_heard_whole_before_the_hang_up(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, end_of_call_sentence="Thank you very much and goodbye."),
        line(
            {"after": "agent-stops", "say": "That was all, bye."},
            {"when": "thank you", "say": "Wait, wait, one more thing!"},
            model={"script": [{"when": "bye", "reply": "All right.", "call": {"tool": "end_call"}}]},
        ),
    )
    assert call.said("assistant") == ["Hello there.", "All right.", "Thank you very much and goodbye."]
    goodbye = call.all(e.AgentStopped)[-1]
    assert (goodbye.kind, goodbye.cut) == ("goodbye", False)
    hung_up = (call.one(e.Ended).at - call.one(e.Answered).at) * 1000
    _, last = audible(call.line.said.agent)
    assert goodbye.stop / 24 == pytest.approx(last, abs=1)
    assert 0 < hung_up - last <= 300
    _, reached = audible(call.line.heard.callee)
    assert reached - last == pytest.approx(40, abs=15)


@pytest.mark.parametrize("message", ["We have to stop here, goodbye.", None])
async def test_the_limit_is_kept_whatever_is_being_said(
    stand_ins: StandIns, tmp_path: Path, message: str | None
) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, max_call_duration_secs=8, max_duration_end_message=message),
        line(
            {"after": "agent-stops", "say": "Tell me a story."},
            model={"script": [{"when": "story", "reply": "Once upon a time there was a dog. " * 12}]},
        ),
    )
    assert (call.report.status, call.report.ended_by, call.report.end_reason) == (
        "completed",
        "system",
        "max_duration",
    )
    assert 7 <= call.one(e.Ended).at - call.one(e.Answered).at <= 8
    stopped = call.all(e.AgentStopped)
    assert next(event for event in stopped if event.kind == "reply").cut
    if message is not None:
        assert (stopped[-1].text, stopped[-1].cut) == (message, False)


async def test_a_silent_callee_is_given_up(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(stand_ins, tmp_path, attempt(**GREETED), line(), VOICE_WORKER_INACTIVITY_SECS="3")
    assert (call.report.ended_by, call.report.end_reason, call.report.result) == ("system", "user_inactive", "unknown")


async def test_a_callee_who_hangs_up_in_mid_word_is_still_quoted(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED),
        line(
            {"after": "agent-stops", "say": "No, I do not want anything from you, please never call again."},
            {"at": 4.2, "hang_up": True},
        ),
    )
    assert (call.report.ended_by, call.report.end_reason) == ("user", "client_initiated")
    [quoted] = call.said("user")
    assert quoted.startswith("No, I do not")
    assert call.speech("user")[-1].stopped_speaking_at_ms is None


async def test_a_callee_who_hangs_up_while_the_agent_speaks(stand_ins: StandIns, tmp_path: Path) -> None:
    text = "Hello there, I have a long story to tell you, and it begins a long time ago."
    call = await conducted(stand_ins, tmp_path, attempt(first_sentence=text), line({"at": 2.0, "hang_up": True}))
    [heard] = call.said("assistant")
    assert text.startswith(heard) and heard != text
    assert call.speech("agent")[0].was_cut


async def test_a_model_that_stays_silent_ends_the_call_as_an_error(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED),
        line({"after": "agent-stops", "say": "Are you there?"}, model={"script": [{"silent": True}]}),
        VOICE_WORKER_REPLY_SECS="2",
    )
    assert call.report.status == "error"
    assert call.report.error is not None and call.report.error.code == "provider_failed"
    assert (call.report.ended_by, call.report.end_reason) == ("system", None)


async def test_stand_ins_that_die_end_the_call_as_an_error(tmp_path: Path) -> None:
    async with running() as own:

        def kill(event: e.Event) -> None:
            if isinstance(event, e.Answered):
                os.kill(own.pid, signal.SIGKILL)

        call = await conducted(own, tmp_path, attempt(**GREETED), line(), kill)
    assert call.report.error is not None and call.report.error.code == "provider_failed"
    assert len(call.all(e.Ended)) == 1


@pytest.mark.parametrize("moment", [e.Rang, e.Answered, e.AgentStarted])
async def test_ctrl_c_ends_the_call_with_a_report(stand_ins: StandIns, tmp_path: Path, moment: type[e.Event]) -> None:
    def interrupt(event: e.Event) -> None:
        if isinstance(event, moment):
            os.kill(os.getpid(), signal.SIGINT)

    call = await conducted(stand_ins, tmp_path, attempt(**GREETED), line(), interrupt)
    ended = call.one(e.Ended)
    if moment is e.Rang:
        assert (call.report.status, ended.error_code, ended.ended_by) == ("error", "cancelled", "system")
    else:
        assert (call.report.status, ended.end_reason) == ("completed", "participant_removed")


@pytest.mark.parametrize(
    "moment", [e.Planned, e.Dialled, e.Rang, e.Rendered, e.Answered, e.AgentStarted, e.CalleeHeard, e.TurnTaken]
)
async def test_an_exception_anywhere_still_leaves_one_report(
    stand_ins: StandIns, tmp_path: Path, moment: type[e.Event]
) -> None:
    def throw(event: e.Event) -> None:
        if isinstance(event, moment):
            raise BrokenOnPurpose

    call = await conducted(
        stand_ins, tmp_path, attempt(**GREETED), line({"after": "agent-stops", "say": "Hello, hello."}), throw
    )
    assert call.report.status == "error"
    assert call.report.error is not None and call.report.error.code == "internal_error"
    assert len(call.all(e.Ended)) == 1
    assert isinstance(call.events[-1], e.Reported)
    assert fold(call.events) == call.report
