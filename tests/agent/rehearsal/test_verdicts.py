"""What came of each expectation, read off calls that were written down."""

from typing import Any

import pytest

from agent import events as e
from agent.rehearsal.shipped import parse_line
from agent.rehearsal.verdicts import judge, shortcomings
from agent.report import fold
from tests.agent.recorded import CALL, PICKED_UP, RINGING, agent, at, callee

TALK: tuple[e.Event, ...] = (
    *PICKED_UP,
    *agent("a1", "opening", 1.0, 3.0, "Hello, this is Emma."),
    *callee(4.0, 5.0, "Is Monday free?"),
    e.TurnTaken(at=at(5.4)),
    e.ToolCalled(at=at(5.5), id="t1", name="slots", arguments='{"day": "2026-03-09", "doctor": 7}'),
    e.ToolReturned(at=at(5.7), id="t1", name="slots", output="{}", is_error=False),
    *agent("a2", "reply", 6.0, 8.0, "Nine o'clock is free, with a discount."),
    *callee(9.0, 10.0, "Fine. And Tuesday?"),
    e.TurnTaken(at=at(10.4)),
    e.ToolCalled(at=at(10.5), id="t2", name="slots", arguments='{"day": "2026-03-10"}'),
    e.ToolReturned(at=at(10.7), id="t2", name="slots", output="no", is_error=True),
    *agent("a3", "reply", 12.5, 14.0, "I do not know."),
    e.Ended(at=at(20.0), ended_by="user", end_reason="client_initiated"),
)
BUSY: tuple[e.Event, ...] = (
    *RINGING,
    e.Refused(at=1003.0, dial_error="busy", sip_code=486, sip_text="Busy Here"),
    e.Ended(at=1003.0, ended_by="system", end_reason="user_rejected", error_code="dial_error", error_message="Busy"),
)
BROKEN: tuple[e.Event, ...] = (
    *PICKED_UP,
    e.Ended(at=at(2), ended_by="system", end_reason=None, error_code="provider_failed", error_message="it broke"),
)


def failures(events: tuple[e.Event, ...], **expect: Any) -> list[str]:
    """The reasons for which the call is not as expected."""
    script = parse_line({"expect": expect})
    return [verdict.reason for verdict in judge(script.expect, events, fold(events)) if not verdict.passed]


@pytest.mark.parametrize(
    "expect",
    [
        {"status": "completed", "ended_by": "user", "end_reason": "client_initiated", "result": "human"},
        {"end_reason": ["tool_end_call", "client_initiated"]},
        {"says": ["this is emma", "nine o’clock", "/free.*discount/"]},
        {"never_says": ["hundred", "/guarantee/"]},
        {"hears": ["monday", "/^fine/"]},
        {"calls": "slots"},
        {"calls": {"tool": "slots", "times": 2}},
        {"calls": {"tool": "slots", "arguments": {"day": "2026-03-09"}, "times": 1}},
        {"calls": {"tool": "slots", "arguments": {"day": "/^2026-03-/"}, "times": {"at_least": 2}}},
        {"calls": {"tool": "slots", "arguments": {"day": "2026-03-10"}, "only": True}},
        {"calls": [{"tool": "slots", "failed": True}, {"tool": "slots", "failed": False}]},
        {"never_calls": ["book", {"tool": "slots", "arguments": {"day": "2026-03-11"}}]},
        {"never_calls": {"tool": "slots", "arguments": {"day": "2026-03-09"}, "only": True}},
        {"answers_within": 2.5},
        {"answers_within": {"each": 2.6, "median": 2}},
        {"never_silent_for": 6},
        {"turns": 2},
        {"turns": {"at_least": 1, "at_most": 3}},
        {"lasts": {"at_least": 19, "at_most": 21}},
    ],
)
def test_what_happened_holds(expect: dict[str, Any]) -> None:
    assert failures(TALK, **expect) == []


@pytest.mark.parametrize(
    ("expect", "reason"),
    [
        ({"status": "error"}, "status is error: it was completed"),
        ({"result": ["voicemail", "IVR"]}, "the result is voicemail or IVR: it was human"),
        ({"ended_by": "agent"}, "ended by agent: it was user"),
        ({"end_reason": "tool_end_call"}, "ends with tool_end_call: it was client_initiated"),
        ({"says": "Goodbye"}, "says “Goodbye”: not in 3 sentences of the agent's"),
        ({"says": "/good/"}, "says /good/: not in 3 sentences of the agent's"),
        (
            {"never_says": "discount"},
            "never says “discount”: said at 0:06.0: “Nine o'clock is free, with a discount.”",
        ),
        ({"hears": "Wednesday"}, "hears “Wednesday”: not in 2 turns of the callee's"),
        ({"calls": "book"}, "calls book: it was never called"),
        ({"calls": {"tool": "slots", "times": {"at_most": 1}}}, "calls slots at most 1×: called twice like that"),
        (
            {"calls": {"tool": "slots", "arguments": {"day": "2026-03-11"}}},
            'calls slots with day "2026-03-11": called twice, the last time with day "2026-03-10"; it failed',
        ),
        (
            {"calls": {"tool": "slots", "arguments": {"day": "2026-03-09"}, "only": True}},
            'calls slots with only day "2026-03-09": called twice, the last time with day "2026-03-10"; it failed',
        ),
        ({"never_calls": "slots"}, "never calls slots: called twice"),
        (
            {"never_calls": {"tool": "slots", "failed": True}},
            "never calls slots, which fails: called once",
        ),
        ({"answers_within": 2}, "answers each turn within 2 s: 2.50 s after 0:10.0, before “I do not know.”"),
        ({"answers_within": {"median": 1.5}}, "answers half of the turns within 1.5 s: the median of 2 was 1.75 s"),
        ({"never_silent_for": 5}, "never silent for more than 5 s: nobody was heard for 6.0 s from 0:14.0"),
        ({"turns": {"at_most": 1}}, "turns of the callee's, at most 1: there were 2"),
        ({"turns": 3}, "turns of the callee's, 3: there were 2"),
        ({"lasts": {"at_most": 19.5}}, "lasts at most 19.5 s: it lasted 20.0 s"),
    ],
)
def test_what_did_not_happen_has_a_reason(expect: dict[str, Any], reason: str) -> None:
    assert failures(TALK, **expect) == [reason]


def test_of_an_interrupted_sentence_what_was_heard_counts() -> None:
    assert failures(CALL, says="nine is") == []
    assert failures(CALL, says="nine is free") != []


def test_every_expectation_has_its_own_reason() -> None:
    assert len(failures(TALK, says=["x", "Hello", "y"], turns=7, ended_by="agent")) == 4


def test_a_greeting_into_the_first_sentence_is_no_turn() -> None:
    assert failures(CALL, turns=2, hears="allo") == []


def test_a_turn_that_is_never_answered_counts_until_the_end() -> None:
    silent = (
        *PICKED_UP,
        *callee(1.0, 2.0, "Hello?"),
        e.TurnTaken(at=at(2.4)),
        e.Ended(at=at(12.0), ended_by="user", end_reason="client_initiated"),
    )
    assert failures(silent, answers_within=9) == ["answers each turn within 9 s: 10.00 s after 0:02.0, and no answer"]
    assert failures(silent, answers_within=11) == [
        "answers each turn within 11 s: no turn of the callee's was answered"
    ]


def test_a_turn_is_not_answered_by_an_answer_to_a_later_one() -> None:
    again = (
        *PICKED_UP,
        *callee(1.0, 2.0, "Hello?"),
        e.TurnTaken(at=at(2.4)),
        *callee(5.0, 6.0, "Anyone?"),
        e.TurnTaken(at=at(6.4)),
        *agent("a1", "reply", 7.0, 8.0, "Yes."),
        e.Ended(at=at(9.0), ended_by="user", end_reason="client_initiated"),
    )
    assert failures(again, answers_within=2) == ["answers each turn within 2 s: 3.00 s after 0:02.0, and no answer"]
    assert failures(again, answers_within=3) == []


def test_a_goodbye_answers_a_turn_too() -> None:
    assert failures(CALL, answers_within=1.1) == []


def test_an_agent_who_does_not_wait_answers_at_once() -> None:
    hasty = (
        *PICKED_UP,
        e.CalleeStarted(at=at(1.1), sample=24_000),
        e.CalleeHeard(at=at(2.0), text="I would like"),
        e.TurnTaken(at=at(2.1)),
        e.AgentStarted(at=at(2.5), id="a1", kind="reply", sample=60_000),
        e.CalleeStopped(at=at(3.2), sample=72_000),
        e.AgentStopped(at=at(4.0), id="a1", kind="reply", text="Yes?", cut=False, start=60_000, stop=96_000),
        e.Ended(at=at(5.0), ended_by="user", end_reason="client_initiated"),
    )
    assert failures(hasty, answers_within=0.1) == []


def test_silence_within_a_turn_of_the_callees_counts() -> None:
    pausing = (
        *PICKED_UP,
        *callee(0.5, 1.0, "Well"),
        *callee(8.0, 9.0, "yes."),
        e.TurnTaken(at=at(9.4)),
        e.Ended(at=at(9.5), ended_by="user", end_reason="client_initiated"),
    )
    assert failures(pausing, never_silent_for=6) == [
        "never silent for more than 6 s: nobody was heard for 7.0 s from 0:01.0"
    ]


def test_a_callee_who_is_cut_off_by_the_end_was_not_silent() -> None:
    talking = (
        *PICKED_UP,
        e.CalleeStarted(at=at(1.1), sample=24_000),
        e.Ended(at=at(30.0), ended_by="user", end_reason="client_initiated"),
    )
    assert failures(talking, never_silent_for=2) == []


def test_a_call_that_nobody_answered() -> None:
    assert failures(BUSY, status="error", dial_error="busy", error="dial_error", end_reason="user_rejected") == []
    assert failures(BUSY, says="hello", result="human", lasts={"at_most": 3}, turns={"at_least": 1}) == [
        "the result is human: it was none",
        "says “hello”: the agent said nothing",
        "turns of the callee's, at least 1: there were 0",
        "lasts at most 3 s: it was not answered",
    ]


def test_arguments_that_are_no_object_are_told() -> None:
    odd = (
        *TALK[:-1],
        e.ToolCalled(at=at(15), id="t3", name="book", arguments="{oops"),
        TALK[-1],
    )
    assert failures(odd, calls={"tool": "book", "arguments": {"day": "x"}}) == [
        'calls book with day "x": called once, the last time with “{oops”, which is no JSON object'
    ]
    assert failures(odd, calls="book") == []


def test_a_reason_is_one_printable_line() -> None:
    loud = (
        *PICKED_UP,
        *agent("a1", "reply", 1.0, 3.0, "a discount\x1b[31m\n" + "very " * 100),
        e.Ended(at=at(4.0), ended_by="user", end_reason="client_initiated"),
    )
    [reason] = failures(loud, never_says="discount")
    assert reason.isprintable() and len(reason) < 250 and reason.endswith("…”")


def test_a_call_that_failed_is_not_as_it_should_be_unless_that_is_expected() -> None:
    def reasons(**expect: Any) -> tuple[str, ...]:
        script, report = parse_line({"expect": expect}), fold(BROKEN)
        return shortcomings(script.expect, judge(script.expect, BROKEN, report), report)

    assert reasons() == ("the call failed: it broke",)
    assert reasons(turns=0) == ("the call failed: it broke",)
    assert reasons(status="error") == ()
    assert reasons(error="provider_failed") == ()
    assert reasons(error="internal_error") == ("the error is internal_error: it was provider_failed",)


def test_that_nobody_answered_is_no_failure() -> None:
    report = fold(BUSY)
    assert shortcomings(parse_line({}).expect, (), report) == ()


def test_every_prefix_of_a_call_can_be_judged() -> None:
    expect = parse_line(
        {
            "expect": {
                "says": "x",
                "calls": "y",
                "answers_within": 1,
                "never_silent_for": 1,
                "turns": 1,
                "result": "human",
            }
        }
    ).expect
    for length in range(1, len(CALL) + 1):
        assert len(judge(expect, CALL[:length], fold(CALL[:length]))) == 6


def test_a_verdict_is_written_for_programs() -> None:
    [verdict] = judge(parse_line({"expect": {"turns": 3}}).expect, TALK, fold(TALK))
    assert verdict.as_json() == {
        "field": "expect.turns",
        "expectation": "turns of the callee's, 3",
        "passed": False,
        "failure": "there were 2",
    }
