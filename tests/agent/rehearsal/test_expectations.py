"""What a line may expect, in its short and its full forms, and what cannot both hold."""

from typing import Any

import pytest

from agent.models.report import EndedBy, EndReason
from agent.rehearsal.expectations import Expectations
from agent.rehearsal.shipped import LineInvalid, parse_line


def expect(**given: Any) -> Expectations:
    return parse_line({"expect": given}).expect


def problems(line: dict[str, Any] | None = None, **given: Any) -> list[str]:
    with pytest.raises(LineInvalid) as caught:
        parse_line({**(line or {}), "expect": given})
    return list(caught.value.lines())


def test_nothing_is_expected_unless_it_is_given() -> None:
    assert parse_line({}).expect == Expectations()


def test_one_value_is_a_list_of_one() -> None:
    assert expect(end_reason="user_inactive").end_reason == (EndReason.USER_INACTIVE,)
    assert expect(ended_by=["agent", "user"]).ended_by == (EndedBy.AGENT, EndedBy.USER)
    assert expect(says="hello").says == ("hello",)
    assert expect(never_says=["a", "/b/"]).never_says == ("a", "/b/")


def test_a_tool_has_a_short_form() -> None:
    short, full = expect(calls="find_slots"), expect(calls=[{"tool": "find_slots", "times": {"at_least": 1}}])
    assert short == full
    assert expect(never_calls=["a", {"tool": "b"}]) == expect(never_calls=[{"tool": "a"}, "b"])
    assert expect(calls={"tool": "a", "times": 2}) == expect(
        calls={"tool": "a", "times": {"at_least": 2, "at_most": 2}}
    )


def test_numbers_have_short_forms() -> None:
    assert expect(turns=3) == expect(turns={"at_least": 3, "at_most": 3})
    assert expect(answers_within=1.5) == expect(answers_within={"each": 1.5})


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"sayz": "a"}, "expect.sayz: unknown field; did you mean says?"),
        ({"end_reasons": "voicemail"}, "expect.end_reasons: unknown field; did you mean end_reason?"),
        ({"calls": {"tool": "a", "argments": {}}}, "expect.calls[0].argments: unknown field; did you mean arguments?"),
        ({"turns": {"at_last": 1}}, "expect.turns.at_last: unknown field; did you mean at_least?"),
        ({"answers_within": {"worst": 1}}, "expect.answers_within.worst: unknown field"),
        ({"ended_by": "SECRET"}, "expect.ended_by: expected agent, user or system, or a list of some of them"),
        ({"ended_by": []}, "expect.ended_by: expected agent, user or system, or a list of some of them"),
        ({"status": "ringing"}, "expect.status: expected completed or error, or a list of some of them"),
        ({"says": "…"}, "expect.says[0]: expected a phrase with words in it"),
        ({"says": ""}, "expect.says[0]: expected text that is not empty"),
        ({"says": ["a", "/(SECRET/"]}, "expect.says[1]: expected a regular expression"),
        ({"says": 7}, "expect.says[0]: expected text, in quotes where it looks like a number"),
        (
            {"calls": {"tool": "a", "arguments": {"b": ["/[SECRET/"]}}},
            "expect.calls[0].arguments.b: expected a regular",
        ),
        (
            {"calls": {"tool": "a", "times": 0}},
            "expect.calls[0]: expected times to be more than 0, or else the tool in",
        ),
        ({"calls": {}}, "expect.calls[0].tool: expected a value: this field is required"),
        ({"turns": {}}, "expect.turns: expected at_least, at_most or both"),
        ({"turns": -1}, "expect.turns.at_least: expected to be greater than or equal to 0"),
        ({"turns": True}, "expect.turns: expected a whole number, or at_least, at_most or both"),
        ({"turns": "SECRET"}, "expect.turns: expected a whole number, or at_least, at_most or both"),
        ({"answers_within": "SECRET"}, "expect.answers_within: expected a number of seconds, or each, median or both"),
        ({"answers_within": {}}, "expect.answers_within: expected each, median or both"),
        ({"answers_within": 0}, "expect.answers_within.each: expected to be greater than 0"),
        ({"never_silent_for": -3}, "expect.never_silent_for: expected to be greater than 0"),
        ({"lasts": 60}, "expect.lasts: expected at_least, at_most or both"),
    ],
)
def test_what_is_wrong_is_said_by_its_path(given: dict[str, Any], problem: str) -> None:
    found = problems(**given)
    assert any(line.startswith(problem) for line in found), found
    assert not any("SECRET" in line for line in found)


CONTRADICTIONS: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"says": ["b", "a discount"], "never_says": ["c", "Discount!"]}, "says[1]", "never_says[1]"),
    ({"says": "a discount", "never_says": "/disc/"}, "says[0]", "never_says[0]"),
    ({"says": "/disc/", "never_says": "/disc/"}, "says[0]", "never_says[0]"),
    ({"calls": "book", "never_calls": "book"}, "calls[0]", "never_calls[0]"),
    (
        {"calls": {"tool": "book", "arguments": {"day": "Monday"}}, "never_calls": ["a", {"tool": "book"}]},
        "calls[0]",
        "never_calls[1]",
    ),
    (
        {
            "calls": {"tool": "book", "arguments": {"day": "Monday", "time": "9"}},
            "never_calls": {"tool": "book", "arguments": {"day": "/^mon/"}},
        },
        "calls[0]",
        "never_calls[0]",
    ),
    ({"end_reason": "tool_end_call", "never_calls": "end_call"}, "end_reason", "never_calls[0]"),
    ({"ended_by": "user", "end_reason": "tool_end_call"}, "ended_by", "end_reason"),
    ({"ended_by": ["user", "agent"], "end_reason": ["max_duration", "user_inactive"]}, "ended_by", "end_reason"),
    ({"status": "completed", "dial_error": "busy"}, "status", "dial_error"),
    ({"status": "completed", "error": "provider_failed"}, "status", "error"),
    ({"dial_error": "busy", "error": "provider_failed"}, "dial_error", "error"),
    ({"dial_error": "busy", "says": "hello"}, "dial_error", "says"),
    ({"dial_error": "busy", "lasts": {"at_least": 3}}, "dial_error", "lasts"),
    ({"error": "dial_error", "calls": "a"}, "error", "calls"),
    ({"end_reason": "user_rejected", "result": "human"}, "end_reason", "result"),
    ({"end_reason": ["user_rejected", "user_unavailable"], "turns": {"at_least": 1}}, "end_reason", "turns"),
    ({"turns": 0, "calls": "a"}, "turns", "calls"),
    ({"turns": {"at_most": 0}, "answers_within": 2}, "turns", "answers_within"),
    ({"turns": 0, "result": "human"}, "turns", "result"),
)


@pytest.mark.parametrize(
    ("given", "one", "other"), CONTRADICTIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_contradiction_names_both_fields(given: dict[str, Any], one: str, other: str) -> None:
    [problem] = problems(**given)
    assert problem.startswith("expect: expected no contradiction, but ")
    assert f"{one} and {other} contradict each other" in problem


def test_a_range_that_holds_nothing_is_a_contradiction() -> None:
    assert problems(turns={"at_least": 3, "at_most": 2}) == [
        "expect.turns: expected no contradiction, but at_least and at_most contradict each other"
    ]
    assert problems(lasts={"at_least": 3, "at_most": 2.5})[0].startswith("expect.lasts: ")


def test_every_contradiction_is_said_at_once() -> None:
    [problem] = problems(says="a", never_says="a", ended_by="user", end_reason="user_inactive")
    assert "says[0] and never_says[0]" in problem and "ended_by and end_reason" in problem


def test_what_only_an_answered_call_has_contradicts_a_line_that_nobody_answers() -> None:
    [problem] = problems({"answer": "busy"}, says="hello")
    assert problem == ("expected no contradiction, but answer and expect.says contradict each other: nobody picks up")
    assert problems({"answer": "no-answer"}, end_reason="tool_end_call")


@pytest.mark.parametrize(
    "given",
    [
        {"turns": 0, "says": "hello"},
        {"turns": 0, "hears": "hello"},
        {"turns": 0, "result": ["human", "unknown"]},
        {"says": "a discount", "never_says": "a discount of ten"},
        {"says": "/discount/", "never_says": "discount of ten"},
        {"calls": "book", "never_calls": {"tool": "book", "arguments": {"day": "Monday"}}},
        {"calls": {"tool": "book", "failed": False}, "never_calls": {"tool": "book", "failed": True}},
        {
            "calls": {"tool": "book", "arguments": {"day": "Monday", "time": "9"}},
            "never_calls": {"tool": "book", "arguments": {"day": "Monday"}, "only": True},
        },
        {"end_reason": ["tool_end_call", "client_initiated"], "never_calls": "end_call"},
        {"ended_by": ["user", "system"], "end_reason": ["tool_end_call", "user_inactive"]},
        {"ended_by": "agent", "end_reason": "voicemail"},
        {"status": "error", "error": "provider_failed", "says": "hello"},
        {"status": "error", "dial_error": "busy", "end_reason": "user_rejected", "ended_by": "system"},
        {"dial_error": "busy", "never_says": "hello", "turns": 0, "never_silent_for": 3},
    ],
)
def test_what_can_both_hold_is_no_contradiction(given: dict[str, Any]) -> None:
    assert expect(**given) != Expectations()


def test_a_line_that_nobody_answers_may_expect_so() -> None:
    parse_line({"answer": "busy", "expect": {"status": "error", "dial_error": "busy", "end_reason": "user_rejected"}})
