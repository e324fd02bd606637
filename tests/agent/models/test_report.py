import json
from datetime import datetime, timedelta, timezone

import pytest

from agent.models.report import Attempt, Details, SpeechEvent, Status, TranscriptEntry

FIELDS = (
    "id phone_number started_at answered_at ended_at status dial_error result ended_by end_reason transcript "
    "post_call_transcript handled_by_user structured_output recording_url handled_by_ai handled_by_human "
    "assistants_used speech_events sms_log email_log outcome outcome_summary error details"
)


def test_every_field_is_always_there_and_in_order() -> None:
    dumped = json.loads(Attempt(id="a", phone_number="+12025550123").model_dump_json())
    assert " ".join(dumped) == FIELDS
    assert dumped["status"] == "queued"
    assert dumped["transcript"] == []
    assert dumped["ended_at"] is None


def test_moments_are_utc_to_the_millisecond() -> None:
    moment = datetime(2026, 3, 9, 14, 5, 0, 250_900, tzinfo=timezone(timedelta(hours=1)))
    attempt = Attempt(id="a", phone_number=None, status=Status.RINGING, started_at=moment)
    assert json.loads(attempt.model_dump_json())["started_at"] == "2026-03-09T13:05:00.250Z"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone"):
        Attempt(id="a", phone_number=None, started_at=datetime(2026, 3, 9))  # noqa: DTZ001


def test_a_report_reads_back_as_it_was_written() -> None:
    attempt = Attempt(
        id="a",
        phone_number="+12025550123",
        transcript=(TranscriptEntry(role="tool", content="{}", tool_name="t", tool_arguments={"day": None}),),
        speech_events=(
            SpeechEvent(
                id="s",
                speaker="agent",
                started_speaking_at_ms=400,
                stopped_speaking_at_ms=None,
                transcript="Hello",
                is_real_turn=True,
                was_cut=False,
            ),
        ),
        details=Details(warnings=("x does nothing yet",)),
    )
    assert Attempt.model_validate_json(attempt.model_dump_json()) == attempt


def test_details_may_hold_more() -> None:
    assert json.loads(Details.model_validate({"later": 1}).model_dump_json())["later"] == 1
