"""Attempts that end before anything is dialled."""

from pathlib import Path

from agent.journal import read
from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.problems import ErrorCode, InputInvalid, Problem
from agent.report import fold
from agent.worker.refusal import LONGEST, refuse, turn_away

ATTEMPT = parse(
    Attempt,
    {
        "call_id": "c",
        "attempt_id": "a",
        "attempt_number": 2,
        "to_phone_number": "+33612345678",
        "campaign": {"id": "x", "name": "y"},
        "metadata": {"k": 1},
        "assistant": {"prompt": "p"},
    },
).model


def test_a_refused_attempt_is_reported_like_any_other(tmp_path: Path) -> None:
    journal = tmp_path / "events.jsonl"
    refuse(journal, ATTEMPT, InputInvalid([Problem("sip.trunk_id", "expected a trunk", ErrorCode.INVALID_METADATA)]))
    report = fold(read(journal))
    assert (report.id, report.status, report.ended_by, report.end_reason) == ("a", "error", "system", None)
    assert report.error is not None
    assert (report.error.code, report.error.message) == ("invalid_metadata", "sip.trunk_id: expected a trunk")
    assert report.answered_at is None and report.result is None and report.handled_by_ai is False
    assert report.details.attempt_number == 2
    assert report.details.campaign == {"id": "x", "name": "y"}
    assert report.details.metadata == {"k": 1}


def test_many_problems_make_a_sentence_of_bounded_length(tmp_path: Path) -> None:
    journal = tmp_path / "events.jsonl"
    refuse(journal, ATTEMPT, InputInvalid([Problem(f"field{n}", "expected something else") for n in range(500)]))
    report = fold(read(journal))
    assert report.error is not None and len(report.error.message) <= LONGEST


def test_an_attempt_its_trunk_has_no_room_for_is_a_dial_that_failed(tmp_path: Path) -> None:
    journal = tmp_path / "events.jsonl"
    turn_away(journal, ATTEMPT, "the trunk carries 1 of 1 calls at once")
    report = fold(read(journal))
    assert (report.status, report.dial_error, report.ended_by, report.end_reason) == (
        "error",
        "too_many_calls",
        "system",
        None,
    )
    assert report.error is not None
    assert (report.error.code, report.error.message) == ("dial_error", "the trunk carries 1 of 1 calls at once")
    assert [type(event).__name__ for event in read(journal)] == ["Accepted", "Refused", "Ended", "Reported"]
