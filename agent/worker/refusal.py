"""Attempts that end before anything is dialled: their journal is written at once, and reported like any other."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from agent import events as e
from agent.journal import Journal
from agent.models.attempt import Attempt
from agent.models.report import DialError
from agent.problems import ErrorCode, InputInvalid

LONGEST = 1000
"""Characters of the sentence that names the problems."""


def refuse(path: Path, attempt: Attempt, error: InputInvalid) -> None:
    """Write the whole journal of an attempt that cannot be conducted. Raises OSError."""
    message = "; ".join(str(problem) for problem in error.problems)
    if len(message) > LONGEST:
        message = message[: LONGEST - 1] + "…"
    _write(path, attempt, (), error.problems[0].code, message)


def turn_away(path: Path, attempt: Attempt, why: str) -> None:
    """Write the whole journal of an attempt that its trunk has no room for; `why` is a sentence. Raises OSError."""
    dial_error = DialError.TOO_MANY_CALLS.value
    refused = e.Refused(at=time.monotonic(), dial_error=dial_error, sip_code=None, sip_text="")
    _write(path, attempt, (refused,), ErrorCode.DIAL_ERROR, why)


def _write(path: Path, attempt: Attempt, happened: Iterable[e.Event], code: ErrorCode, message: str) -> None:
    with Journal(path) as journal:
        journal.append(accepted(attempt))
        for event in happened:
            journal.append(event)
        journal.append(
            e.Ended(
                at=time.monotonic(),
                ended_by="system",
                end_reason=None,
                error_code=code.value,
                error_message=message,
            )
        )
        journal.append(e.Reported(at=time.monotonic()))


def accepted(attempt: Attempt) -> e.Accepted:
    """The first event of an attempt that has no plan."""
    return e.Accepted(
        at=time.monotonic(),
        utc=datetime.now(UTC).isoformat(),
        attempt_id=attempt.attempt_id or "",
        call_id=attempt.call_id or "",
        attempt_number=attempt.attempt_number,
        direction=attempt.direction,
        phone_number=attempt.to_phone_number if attempt.direction == "outbound" else attempt.from_phone_number,
        organization_id=attempt.organization_id,
        campaign=attempt.campaign.model_dump() if attempt.campaign else None,
        metadata=attempt.metadata,
    )
