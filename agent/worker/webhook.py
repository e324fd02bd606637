"""What a callback is told, and how it is signed: Standard Webhooks 1.0.0. Pure; `agent.worker.courier` sends it.

journal events ─Story→ Message (one for each stage of the attempt) ─headers→ a signed POST ─judged→ what to do next
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, IntEnum, StrEnum

from pydantic import BaseModel, SecretStr

from agent import events as e
from agent.models.attempt import Callback, signing_key
from agent.models.report import Attempt, Moment, Status
from agent.report import fold

DAY = 86_400.0
RETRIES = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds before each try: at once, then 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h after the last."""


class EventType(StrEnum):
    """What an event tells."""

    RINGING = "attempt.ringing"
    ONGOING = "attempt.ongoing"
    COMPLETED = "attempt.completed"
    ERROR = "attempt.error"
    ANALYZED = "attempt.analyzed"
    """Final, and always told."""


class _Stage(IntEnum):
    """How far an attempt is told. It only moves on, so each is told once at most."""

    NOTHING = 0
    RINGING = 1
    ONGOING = 2
    OVER = 3
    ANALYZED = 4


_STAGES: Mapping[type[e.Event], _Stage] = {
    e.Rang: _Stage.RINGING,
    e.Answered: _Stage.ONGOING,
    e.Ended: _Stage.OVER,
    e.Reported: _Stage.ANALYZED,
}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an attempt's events go."""

    url: str = field(repr=False)
    key: bytes | None = field(repr=False)
    """They are signed with it; None: not signed."""
    is_schedulers: bool
    """The scheduler's may be private and is told everything; an assistant's is guarded, and told only the end."""


def destination(callback: Callback | None, final_url: str | None, secret: SecretStr | None) -> Destination | None:
    """Where the events of an attempt go: to its callback, else to `final_url`, its assistant's `webhook_url`.

    `secret` is the settings', for an attempt that brings none. None: nobody is told.
    """
    own = callback.secret if callback is not None else None
    chosen = own or secret
    key = signing_key(chosen) if chosen is not None else None
    if callback is not None and callback.url is not None:
        return Destination(callback.url, key, is_schedulers=True)
    return Destination(final_url, key, is_schedulers=False) if final_url is not None else None


@dataclass(frozen=True, slots=True)
class Message:
    """One event, ready to be sent; the same however often it is."""

    id: str
    """`<attempt_id>:<sequence>`."""
    type: EventType
    body: bytes = field(repr=False)
    """JSON in UTF-8."""


class _Data(BaseModel):
    call_id: str
    sequence: int
    attempt: Attempt


class _Body(BaseModel):
    type: EventType
    timestamp: Moment
    data: _Data


class Story:
    """What was told of an attempt so far. The same journal makes the same messages, at any time."""

    def __init__(self) -> None:
        self._events: list[e.Event] = []
        self._stage = _Stage.NOTHING
        self._sequence = 0

    def take(self, event: e.Event) -> Message | None:
        """The message that is due with this event of the journal. Raises `agent.report.NotAJournal`."""
        self._events.append(event)
        stage = _STAGES.get(type(event), _Stage.NOTHING)
        if stage <= self._stage:
            return None
        self._stage = stage
        self._sequence += 1
        return self._message(stage, event)

    def _message(self, stage: _Stage, event: e.Event) -> Message:
        attempt = fold(self._events)
        accepted = self._events[0]
        assert isinstance(accepted, e.Accepted)
        data = _Data(call_id=accepted.call_id, sequence=self._sequence, attempt=attempt)
        moment = datetime.fromisoformat(accepted.utc) + timedelta(seconds=event.at - accepted.at)
        kind = _type(stage, attempt.status)
        body = _Body(type=kind, timestamp=moment, data=data).model_dump_json().encode()
        return Message(f"{attempt.id}:{self._sequence}", kind, body)


def _type(stage: _Stage, status: Status) -> EventType:
    match stage:
        case _Stage.RINGING:
            return EventType.RINGING
        case _Stage.ONGOING:
            return EventType.ONGOING
        case _Stage.ANALYZED:
            return EventType.ANALYZED
        case _:
            return EventType.ERROR if status is Status.ERROR else EventType.COMPLETED


def headers(message: Message, key: bytes | None, now: float) -> dict[bytes, bytes]:
    """The headers of one try at `now`, in seconds of the wall clock."""
    # A header's value loses its outer spaces on the way, and the receiver signs what it sees.
    identity, timestamp = message.id.strip().encode(), str(int(now)).encode()
    named = {
        b"content-type": b"application/json",
        b"user-agent": b"voice-worker",
        b"webhook-id": identity,
        b"webhook-timestamp": timestamp,
    }
    if key is not None:
        named[b"webhook-signature"] = signature(key, identity, timestamp, message.body)
    return named


def signature(key: bytes, identity: bytes, timestamp: bytes, body: bytes) -> bytes:
    """The value of `webhook-signature`."""
    digest = hmac.new(key, b".".join((identity, timestamp, body)), hashlib.sha256).digest()
    return b"v1," + base64.b64encode(digest)


class Verdict(Enum):
    """What an answer means."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"
    """The receiver wants nothing more."""


def judged(status: int) -> Verdict:
    """What an HTTP status means: 2xx alone is success, a redirect is not."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    return Verdict.GONE if status == 410 else Verdict.FAILED


def asked_to_wait(retry_after: str | None, now: float) -> float:
    """Seconds that a `Retry-After` header asks for, at most a day; 0 where it says nothing that can be read."""
    if retry_after is None:
        return 0.0
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), DAY))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(0.0, aware.timestamp() - now), DAY)


def pause(planned: float, asked: float, chance: float) -> float:
    """Seconds until the next try: as planned, spread by a tenth either way, and never sooner than asked.

    `chance` is drawn from 0 to 1.
    """
    spread = 0.9 + 0.2 * chance
    return max(planned * spread, asked * (1.0 + 0.1 * chance))
