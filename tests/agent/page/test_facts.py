from typing import Any

from agent.models.report import Attempt
from agent.page.facts import figures, groups
from agent.page.waits import Wait, waits
from agent.report import fold
from tests.agent.recorded import CALL
from tests.agent.worker.attempts import REFUSED_CALL


def facts(**fields: Any) -> dict[str, str]:
    """Every fact of a call whose report differs so, by its group and name."""
    attempt = Attempt.model_validate({**fold(CALL).model_dump(), **fields})
    return {f"{group.name}: {fact.name}": fact.text for group in groups(attempt) for fact in group.facts}


def test_the_figures_of_a_call_come_first() -> None:
    attempt = fold(CALL)
    shown = {figure.name: (figure.text, figure.about) for figure in figures(attempt, waits(attempt, ()))}
    assert shown == {
        "Talked": ("11.2 s", ""),
        "Callee spoke": ("3 times", ""),
        "Agent interrupted": ("1 time", ""),
        "Reply heard after": ("1,000 ms", "median of 1; slowest 1,000 ms"),
        "Tools used": ("2 times", ""),
        "Answered by": ("human", ""),
    }


def test_a_call_that_was_never_answered_has_none() -> None:
    assert figures(fold(REFUSED_CALL), ()) == ()


def test_the_facts_are_those_of_the_report() -> None:
    shown = facts()
    assert shown["Attempt: number"] == "+33612345678"
    assert shown["Attempt: metadata"] == '{\n  "row": 7,\n  "tags": [\n    "a",\n    null\n  ]\n}'
    assert shown["Attempt: started"] == "9 March 2026, 13:05:00 UTC"
    assert shown["Conducted by: voice"] == "cartesia/sonic-3"
    assert shown["Used: model"] == "500 tokens in, 40 out"
    assert shown["Outcome: end reason"] == "tool_end_call"


def test_what_is_not_known_is_not_shown() -> None:
    shown = facts()
    assert not [name for name, text in shown.items() if text in ("", "None", "null")]
    assert "Outcome: outcome" not in shown and "Sent" not in {name.partition(":")[0] for name in shown}


def test_what_comes_after_a_call_is_shown_once_it_is_there() -> None:
    sent = {"provider": "twilio", "provider_message_id": None, "created_at": "2026-03-09T14:00:00Z"}
    details = {
        "do_not_contact": False,
        "unanswered_questions": ["Is it far?"],
        "estimated_cost_usd": 0.0123,
        "moods": [1],
    }
    shown = facts(
        outcome="interested",
        structured_output={"day": "Monday"},
        sms_log=[{"id": "s", "type": "after_call", "to_phone_number": "+331", "message_body": "See you", **sent}],
        details=details,
    )
    assert shown["Outcome: outcome"] == "interested"
    assert shown["Outcome: structured output"] == '{\n  "day": "Monday"\n}'
    assert shown["Outcome: do not contact"] == "no"
    assert shown["Outcome: unanswered questions"] == "Is it far?"
    assert shown["Sent: SMS to +331"] == "9 March 2026, 14:00:00 UTC, after call\nSee you"
    assert shown["More: moods"] == "[\n  1\n]"


def test_the_median_of_two_waits_lies_between_them() -> None:
    waited = [Wait(1.0, total, True, ()) for total in (1000.0, 1301.0)]
    shown = {figure.name: (figure.text, figure.about) for figure in figures(fold(CALL), waited)}
    assert shown["Reply heard after"] == ("1,150 ms", "median of 2; slowest 1,301 ms")
