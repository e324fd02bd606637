"""What is said of two sides, and when."""

import json
from itertools import product
from math import comb
from typing import Any, get_args

import pytest

from agent.comparison.intervals import Interval
from agent.comparison.versus import FEWEST, Comparison, Finding, Versus, points
from agent.models import comparison as printed
from agent.models.report import EndReason
from agent.rehearsal.results import Came, Run
from tests.agent.comparison.sides import runs
from tests.agent.rehearsal.test_results import REPORT, results, run

QUIET = REPORT.model_copy(update={"end_reason": EndReason.USER_INACTIVE})


def compared(a: list[Run], b: list[Run], **more: Any) -> Comparison:
    return Comparison(results(*a), results(*b), prices={}, **more)


def versus(a: tuple[int, int], b: tuple[int, int]) -> Versus:
    return compared(runs("a", *a), runs("a", *b)).total


@pytest.mark.parametrize(
    ("a", "b", "finding", "words"),
    [
        ((11, 20), (18, 20), Finding.BETTER, "B passes more: 18/20 against 11/20 (+35 points, 7 to 57)"),
        ((18, 20), (11, 20), Finding.WORSE, "B passes less: 11/20 against 18/20 (−35 points, −57 to −7)"),
        (
            (17, 20),
            (18, 20),
            Finding.UNDECIDED,
            "no difference that 20 runs could show: 18/20 against 17/20 (+5 points, −17 to 27)",
        ),
        (
            (1, 1),
            (1, 2),
            Finding.UNDECIDED,
            "no difference that 1 and 2 runs could show: 1/2 against 1/1 (−50 points, −91 to 39)",
        ),
        ((0, 0), (2, 2), Finding.NOTHING, "nothing to compare: no run of A was judged"),
        ((2, 2), (0, 0), Finding.NOTHING, "nothing to compare: no run of B was judged"),
        ((0, 0), (0, 0), Finding.NOTHING, "nothing to compare: no run of A was judged"),
    ],
)
def test_the_finding_is_a_sentence(a: tuple[int, int], b: tuple[int, int], finding: Finding, words: str) -> None:
    found = versus(a, b)
    assert (found.finding, found.words) == (finding, words)


def test_one_run_is_not_many() -> None:
    assert versus((1, 1), (1, 1)).words.startswith("no difference that 1 run could show: ")


def test_two_runs_decide_nothing() -> None:
    assert versus((0, FEWEST - 1), (FEWEST - 1, FEWEST - 1)).finding is Finding.UNDECIDED
    assert versus((0, FEWEST), (FEWEST, FEWEST)).finding is Finding.BETTER


@pytest.mark.parametrize("many", [FEWEST, 4, 5, 8, 10])
def test_two_sides_that_are_alike_are_seldom_told_apart(many: int) -> None:
    """Whatever their true pass rate is."""
    decided = [
        pair
        for pair in product(range(many + 1), repeat=2)
        if versus((pair[0], many), (pair[1], many)).finding is not Finding.UNDECIDED
    ]
    for truth in (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95):
        chance = [comb(many, passed) * truth**passed * (1 - truth) ** (many - passed) for passed in range(many + 1)]
        assert sum(chance[a] * chance[b] for a, b in decided) < 0.08


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0.35, 0.0721, 0.57), "+35 points, 7 to 57"),
        (Interval(-0.5, -0.81, -0.00006), "−50 points, −81 to −0.006"),
        (Interval(0.0, -0.28, 0.28), "0 points, −28 to 28"),
        (Interval(0.3, 0.0, 1.0), "+30 points, 0 to 100"),
    ],
)
def test_points_that_are_not_zero_do_not_look_like_it(interval: Interval, text: str) -> None:
    assert points(interval) == text


def test_each_line_is_held_against_the_same_line() -> None:
    found = compared([*runs("x", 3, 3), *runs("y", 0, 3)], [*runs("x", 0, 3), *runs("y", 3, 3)])
    assert [(each.line, each.finding) for each in found.lines] == [("x", Finding.WORSE), ("y", Finding.BETTER)]
    assert found.total.finding is Finding.UNDECIDED
    assert found.whole


def test_a_line_that_one_side_has_not_begun_is_there() -> None:
    found = compared(runs("x", 1, 1), [*runs("x", 1, 1), *runs("y", 1, 1)])
    assert [(each.line, each.finding) for each in found.lines] == [("x", Finding.UNDECIDED), ("y", Finding.NOTHING)]


def test_a_run_that_could_not_be_done_makes_it_less_than_whole() -> None:
    broken = run("x", 1, Came.ERROR, report=None)
    found = compared(runs("x", 1, 1), [broken])
    assert (found.over, found.whole, found.total.finding) == (True, False, Finding.NOTHING)
    stopped = compared(runs("x", 1, 1), [run("x", 1, Came.STOPPED)])
    assert (stopped.over, stopped.whole) == (False, False)


def test_ends_that_differ_come_with_the_greatest_difference_first() -> None:
    a = [run("x", 1), run("x", 2), run("x", 3), run("x", 4, report=None)]
    b = [run("x", 1), run("x", 2, report=QUIET), run("x", 3, report=QUIET), run("x", 4, report=None)]
    assert dict(compared(a, b).total.ends) == {"tool_end_call": (3, 1), "user_inactive": (0, 2)}
    assert list(compared(a, b).total.ends) == ["tool_end_call", "user_inactive"]


def test_ends_do_not_differ_where_only_the_number_of_runs_does() -> None:
    assert compared(runs("x", 2, 2), runs("x", 4, 4)).total.ends == {}


def test_programs_get_the_same() -> None:
    found = compared(runs("x", 11, 20), runs("x", 18, 20)).total.as_json()
    assert json.loads(json.dumps(found)) == found
    assert (found["finding"], found["difference"]) == ("better", {"value": 0.35, "low": 0.0721, "high": 0.5701})
    b: Any = found["b"]
    assert (b["passed"], b["runs"], b["rate"]) == (18, 20, {"value": 0.9, "low": 0.699, "high": 0.9721})
    assert b["ends"] == {"tool_end_call": 20}
    assert b["per_call"]["llm_input_tokens"] == 500 and b["per_call"]["cost"] is None
    assert printed.Versus.model_validate(found).model_dump() == found


def test_programs_get_null_where_there_is_nothing() -> None:
    found = compared([], []).total.as_json()
    assert found["difference"] is None
    a: Any = found["a"]
    assert (a["rate"], a["per_call"], a["fails_most"]) == (None, None, None)
    assert a["voice_to_voice_ms"] == {"replies": 0, "median": None, "p95": None}
    assert printed.Versus.model_validate(found).model_dump() == found


def test_the_schema_knows_every_finding() -> None:
    assert get_args(printed.Versus.model_fields["finding"].annotation) == tuple(Finding)
