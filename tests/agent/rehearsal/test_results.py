import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.models.report import Attempt
from agent.rehearsal.results import Came, Results, Run
from agent.report import fold
from tests.agent.recorded import CALL

REPORT = fold(CALL)


def run(line: str, number: int, came: Came = Came.PASSED, **more: Any) -> Run:
    given: dict[str, Any] = {"reasons": (), "seconds": 10.0, "report": REPORT, **more}
    return Run(line=line, number=number, seed=number, folder=f"{line}/run-0{number}", came=came, **given)


def results(*runs: Run, planned: int | None = None) -> Results:
    return Results(
        attempt="attempt-1",
        began=datetime(2026, 3, 9, 12, 0, tzinfo=UTC),
        seconds=12.3456,
        seed=1,
        repeat=2,
        jobs=4,
        planned=len(runs) if planned is None else planned,
        runs=runs,
    )


def test_a_line_is_counted_by_itself_and_what_was_stopped_does_not_count() -> None:
    found = results(
        run("a", 1), run("a", 2, Came.FAILED), run("b", 1, Came.ERROR, report=None), run("b", 2, Came.STOPPED)
    )
    assert [(tally.line, tally.passed, tally.runs, tally.rate) for tally in found.tallies] == [
        ("a", 1, 2, 0.5),
        ("b", 0, 1, 0.0),
    ]
    assert (found.total.passed, found.total.runs) == (1, 3)
    assert [each.name for each in found.wrong] == ["a 2", "b 1"]
    assert not found.whole


@pytest.mark.parametrize(("share", "passed"), [(1.0, False), (0.51, False), (0.5, True), (0.0, True)])
def test_every_line_must_pass_its_share(share: float, passed: bool) -> None:
    assert results(run("a", 1), run("a", 2), run("b", 1), run("b", 2, Came.FAILED)).passed(share) is passed


def test_nine_of_ten_are_nine_tenths() -> None:
    ten = [run("a", number, Came.FAILED if number == 10 else Came.PASSED) for number in range(1, 11)]
    assert results(*ten).passed(0.9)
    assert results(*(run("a", number, Came.FAILED if number > 7 else Came.PASSED) for number in range(1, 11))).passed(
        0.7
    )


def test_what_was_not_done_has_not_passed() -> None:
    assert not results(run("a", 1), planned=2).passed(0.0)
    assert not results(planned=1).passed(0.0)


def test_the_file_has_what_the_reference_says() -> None:
    found = results(run("a", 1), run("a", 2, Came.FAILED, reasons=("no",)), run("a", 3, Came.STOPPED)).as_json()
    assert json.loads(json.dumps(found)) == found
    assert {name: value for name, value in found.items() if name != "runs"} == {
        "format": 1,
        "attempt": "attempt-1",
        "began": "2026-03-09T12:00:00.000Z",
        "seconds": 12.35,
        "seed": 1,
        "repeat": 2,
        "jobs": 4,
        "planned": 3,
        "passed": 1,
        "lines": [{"line": "a", "runs": 2, "passed": 1, "rate": 0.5}],
    }
    runs: Any = found["runs"]
    assert [entry["passed"] for entry in runs] == [True, False, None]
    assert runs[1] == {
        "line": "a",
        "run": 2,
        "seed": 2,
        "folder": "a/run-02",
        "passed": False,
        "outcome": "failed",
        "reasons": ["no"],
        "seconds": 10.0,
        "status": "completed",
        "ended_by": "agent",
        "end_reason": "tool_end_call",
        "loop_lag_p99_ms": 3.1,
    }


def test_a_run_without_a_call_has_no_report_to_tell_of() -> None:
    entry = run("a", 1, Came.ERROR, report=None).as_json()
    assert (entry["status"], entry["ended_by"], entry["end_reason"], entry["loop_lag_p99_ms"]) == (
        None,
        None,
        None,
        0.0,
    )


@pytest.mark.parametrize(
    ("report", "end"),
    [
        (REPORT, "tool_end_call"),
        (None, "-"),
        (Attempt(id="a", phone_number=None), "-"),
    ],
)
def test_a_run_ends_in_a_word(report: Attempt | None, end: str) -> None:
    assert run("a", 1, report=report).end == end
