"""Journals of attempts, as a job writes them."""

from collections.abc import Iterable
from pathlib import Path

from agent import events as e
from agent.journal import Journal

UTC = "2026-03-09T13:05:00+00:00"


def accepted(at: float = 10.0, pid: int | None = None, attempt_id: str = "attempt-1") -> e.Accepted:
    return e.Accepted(
        at=at,
        utc=UTC,
        attempt_id=attempt_id,
        call_id="call-1",
        attempt_number=1,
        direction="outbound",
        phone_number="+33612345678",
        pid=pid,
    )


def planned(ringing: float | None = None, limit: float | None = None) -> e.Planned:
    return e.Planned(
        at=10.0,
        assistant_id="assistant-1",
        language="en",
        timezone="UTC",
        model="m",
        voice="v",
        recogniser="r",
        ringing=ringing,
        limit=limit,
    )


RANG = e.Rang(at=11.0)
ANSWERED = e.Answered(at=12.5)
ENDED = e.Ended(at=20.0, ended_by="user", end_reason="client_initiated")
REFUSED = e.Refused(at=15.0, dial_error="busy", sip_code=486, sip_text="Busy Here")
FAILED = e.Ended(at=15.0, ended_by="system", end_reason="user_rejected", error_code="dial_error", error_message="busy")
REPORTED = e.Reported(at=21.0)

ANSWERED_CALL = (accepted(), planned(), RANG, ANSWERED, ENDED, e.LineFreed(at=20.1), REPORTED)
REFUSED_CALL = (accepted(), planned(), REFUSED, FAILED, REPORTED)


def written(path: Path, events: Iterable[e.Event]) -> Path:
    """A journal file with these events."""
    with Journal(path) as journal:
        for event in events:
            journal.append(event)
    return path
