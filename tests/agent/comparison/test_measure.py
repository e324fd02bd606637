"""What is read off the calls of one side."""

from typing import Any

import pytest

from agent.comparison.intervals import Count
from agent.comparison.measure import FAILED_CALL, Measure, PerCall, Worst
from agent.models.report import Attempt, TranscriptEntry, TurnLatency
from agent.rehearsal.results import Came
from agent.rehearsal.verdicts import Verdict
from agent.settings import Price
from tests.agent.rehearsal.test_results import REPORT, run

PRICED = {"gpt-4.1": Price.model_validate({"input": 2, "output": 8, "cached": 0.5})}


def waited(*milliseconds: int | None) -> Attempt:
    """The call with these waits."""
    turns = tuple(TurnLatency(speech_event_id=f"a{at}", voice_to_voice_ms=wait) for at, wait in enumerate(milliseconds))
    return REPORT.model_copy(update={"details": REPORT.details.model_copy(update={"latencies": turns})})


def talk(*roles: str) -> Attempt:
    """The call with one such entry after the other."""
    entries = tuple(TranscriptEntry.model_validate({"role": role, "content": f"{role} speaks now"}) for role in roles)
    return REPORT.model_copy(update={"transcript": entries})


def per_call(*reports: Attempt) -> PerCall:
    means = Measure.of([run("a", at, report=report) for at, report in enumerate(reports, 1)], {}).per_call
    assert means is not None
    return means


def test_what_was_called_off_or_could_not_be_done_is_not_judged() -> None:
    runs = [
        run("a", 1),
        run("a", 2, Came.FAILED, reasons=("no",)),
        run("a", 3, Came.STOPPED),
        run("a", 4, Came.ERROR, report=None, reasons=("disk full",)),
    ]
    side = Measure.of(runs, {})
    assert (side.count, side.errors, side.calls) == (Count(1, 2), 1, 2)
    assert side.ends == {"tool_end_call": 2}


def test_the_waits_of_all_calls_are_taken_together() -> None:
    side = Measure.of([run("a", 1, report=waited(500, None, 700)), run("a", 2, report=waited(900))], {})
    assert list(side.waits) == [500, 700, 900]
    assert [side.median, side.p95] == pytest.approx([700, 880])


def test_a_call_is_as_long_as_it_was_talked() -> None:
    means = per_call(REPORT)
    assert means.seconds == pytest.approx(11.2)
    assert (means.llm_input_tokens, means.llm_output_tokens) == (500, 40)
    assert (means.tts_characters, means.stt_secs) == (60, 11.2)


def test_the_agents_turn_goes_on_until_the_callee_says_something() -> None:
    means = per_call(talk("assistant", "user", "assistant", "tool", "assistant", "user", "user", "assistant"))
    assert (means.agent_turns, means.agent_words) == (3, 12)


def test_calls_that_were_not_answered_are_in_no_mean() -> None:
    unanswered = Attempt(id="a", phone_number=None)
    assert Measure.of([run("a", 1, report=unanswered)], {}).per_call is None
    assert per_call(REPORT, unanswered) == per_call(REPORT)


def test_the_cost_is_that_of_the_tokens() -> None:
    means = Measure.of([run("a", 1)], PRICED).per_call
    assert means is not None
    assert means.cost == pytest.approx((500 * 2 + 40 * 8) / 1_000_000)


def test_a_call_without_a_price_leaves_the_cost_open() -> None:
    assert REPORT.details.models is not None
    other = REPORT.details.models.model_copy(update={"llm": "another"})
    unpriced = REPORT.model_copy(update={"details": REPORT.details.model_copy(update={"models": other})})
    means = Measure.of([run("a", 1), run("a", 2, report=unpriced)], PRICED).per_call
    assert means is not None and means.cost is None


def verdicts(*failed: str) -> dict[str, Any]:
    """What a run has whose line expects “a”, “b” and “c”."""
    found = tuple(Verdict("expect", one, "why" if one in failed else None) for one in "abc")
    return {"verdicts": found, "reasons": tuple(each.reason for each in found if not each.passed)}


def test_the_expectation_that_failed_most_is_named() -> None:
    runs = [
        run("a", 1, Came.FAILED, **verdicts("a", "b")),
        run("a", 2, Came.FAILED, **verdicts("b", "c")),
        run("a", 3, **verdicts()),
    ]
    assert Measure.of(runs, {}).worst == Worst("b", 2)


def test_a_call_that_failed_counts_beside_what_was_expected() -> None:
    given = {**verdicts(), "reasons": ("the call failed: no model",)}
    runs = [run("a", 1, Came.FAILED, **given), run("a", 2, Came.FAILED, **given)]
    assert Measure.of(runs, {}).worst == Worst(FAILED_CALL, 2)


def test_where_all_is_well_nothing_fails_most() -> None:
    assert Measure.of([run("a", 1, **verdicts())], {}).worst is None


def test_of_no_runs_there_are_no_figures() -> None:
    side = Measure.of([], {})
    assert (side.count, side.median, side.p95, side.per_call, side.worst) == (Count(0, 0), None, None, None, None)
