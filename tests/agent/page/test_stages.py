from dataclasses import replace
from itertools import pairwise

import pytest

from agent import events as e
from agent.page.stages import Stage, stages, zero
from agent.report import fold
from tests.agent.recorded import CALL, PICKED_UP, RINGING, at
from tests.agent.worker.attempts import REFUSED_CALL, accepted


def found(*events: e.Event) -> tuple[Stage, ...]:
    return stages(events, fold(events))


def names(*events: e.Event) -> list[str]:
    return [stage.kind for stage in found(*events)]


def test_a_call_goes_through_its_phases() -> None:
    assert names(*CALL) == ["preparing", "ringing", "opening", "talking", "closing", "hanging-up"]


def test_stages_follow_on_each_other_and_cover_the_attempt() -> None:
    staged = found(*CALL)
    assert staged[0].start == pytest.approx(-6.0)
    assert staged[-1].stop == pytest.approx(11.3)
    assert all(before.stop == after.start for before, after in pairwise(staged))
    opening = next(stage for stage in staged if stage.kind == "opening")
    assert opening == Stage("Opening", "opening", 0.0, opening.stop)


def test_a_call_without_a_first_sentence_is_talking_at_once() -> None:
    rung = tuple(event for event in RINGING if not isinstance(event, e.Rendered))
    assert names(*rung, e.Answered(at=at(0)), e.Warned(at=at(1), message="x")) == ["preparing", "ringing", "talking"]


def test_an_attempt_that_is_turned_down_has_its_phases_too() -> None:
    assert names(*REFUSED_CALL)[:1] == ["preparing"]
    rung = (*RINGING, e.Refused(at=1005.0, dial_error="busy", sip_code=486, sip_text="Busy"))
    assert names(*rung, e.LineFreed(at=1005.1))[:3] == ["preparing", "ringing", "hanging-up"]
    assert found(*rung)[0].start == 0.0, "without an answer the first event counts as 0"


def test_a_job_that_died_ended_in_the_phase_it_was_in() -> None:
    died = e.Ended(at=at(20), ended_by="system", end_reason=None, error_code="internal_error", error_message="died")
    staged = found(*PICKED_UP, died, e.LineFreed(at=at(21)), e.Reported(at=at(22)))
    assert [stage.kind for stage in staged] == ["preparing", "ringing", "opening", "hanging-up"]
    assert staged[-1].stop == pytest.approx(21.0)


def test_every_prefix_of_a_call_has_its_stages() -> None:
    for length in range(1, len(CALL) + 1):
        staged = found(*CALL[:length])
        assert staged and all(stage.start <= stage.stop for stage in staged)


def test_a_journal_that_no_call_could_have_written_has_stages_all_the_same() -> None:
    strange = (*PICKED_UP, e.Elapsed(at=at(1), timer="no timer"), *PICKED_UP[1:], e.GoodbyeAsked(at=at(2)))
    assert "opening" in names(*strange, *CALL[1:])


def test_without_a_journal_the_reports_moments_are_told() -> None:
    assert [(stage.kind, stage.start, stage.stop) for stage in stages((), fold(CALL))] == [
        ("before", -6.0, 0.0),
        ("talking", 0.0, 11.2),
    ]
    [before] = stages((), fold(REFUSED_CALL))
    assert (before.start, before.stop) == (0.0, 5.0)
    assert stages((), fold((accepted(),)).model_copy(update={"started_at": None})) == ()


def test_zero_is_the_answer() -> None:
    assert (zero(CALL), zero(RINGING), zero(())) == (at(0), 1000.0, 0.0)
    assert zero((replace(CALL[0], at=5.0),)) == 5.0
