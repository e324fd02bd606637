"""Attempts that end before anything is dialled: their journal is written at once, and reported like any other."""

import time
from datetime import UTC, datetime
from pathlib import Path

from agent import events as e
from agent.journal import Journal
from agent.models.attempt import Attempt
from agent.problems import InputInvalid

LONGEST = 1000
"""Characters of the sentence that names the problems."""


def refuse(path: Path, attempt: Attempt, error: InputInvalid) -> None:
    """Write the whole journal of an attempt that cannot be conducted. Raises OSError."""
    message = "; ".join(str(problem) for problem in error.problems)
    if len(message) > LONGEST:
        message = message[: LONGEST - 1] + "…"
    with Journal(path) as journal:
        journal.append(accepted(attempt))
        journal.append(
            e.Ended(
                at=time.monotonic(),
                ended_by="system",
                end_reason=None,
                error_code=error.problems[0].code.value,
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
