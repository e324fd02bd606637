"""What a failed dial and a participant who has left mean. Pure tables; LiveKit's reasons come in by name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, unique

from agent.models.report import DialError

LONG_RINGING = 15.0
"""Seconds of ringing after which 480 means that nobody came to the phone, not that the phone was away."""
NEAR_TIMEOUT = 1.0
"""Seconds around the ringing timeout in which a failure without a SIP code is the timeout itself."""
LONGEST_TEXT = 400
"""Characters of a carrier's text that are kept: it can be a whole response body."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A dial that failed, as the server told of it."""

    code: str
    """Twirp's; `unavailable` where the server itself could not be reached."""
    sip_code: int | None
    text: str
    """The callee side's own words where there is a SIP code, else the server's."""
    rang: float
    """Seconds since the phone began to ring; 0.0 if it never did."""
    waited: float
    """Seconds since the dial."""
    ringing_timeout: float
    """Seconds the dial was given."""


def raw_text(text: str) -> str:
    """A carrier's text as it is reported: on one line, not endless."""
    return " ".join(text.split())[:LONGEST_TEXT]


def dial_error(failure: Failure) -> DialError:
    """What the failure is called in the report: the first row that matches."""
    return next((value for matches, value in _ROWS if matches(failure)), DialError.NON_CLASSIFIED_ERROR)


def called_off(failure: Failure) -> bool:
    """Whether the dial ended because the callee's participant was put out of the room while it rang.

    The server then says `canceled` long before the ringing timeout; the room does not always tell.
    """
    early = failure.waited < failure.ringing_timeout - NEAR_TIMEOUT
    told = _TIMED_OUT.search(failure.text) or _NO_REACTION.search(failure.text)
    return failure.sip_code is None and failure.code == "canceled" and early and told is None


_INTERNATIONAL = re.compile(
    r"international perm|geo.?perm|whitelisted countries|\bD13\b|\b13227\b|\b32205\b", re.IGNORECASE
)
_LIMIT = re.compile(
    r"\bCPS\b|channel limit|concurrent|rate limit|\bD(?:1|2|3|9|22|56)\b|\bP05\b|\b32001\b|\b32012\b", re.IGNORECASE
)
_ACCOUNT = re.compile(
    r"\bD1[89]\b|(?:inactive|blocked)\W+account|account\W+(?:is\W+)?(?:inactive|blocked)", re.IGNORECASE
)
"""An account of ours that may not call, told by a code that usually speaks of the number."""
_DECLINED = re.compile(r"(?:call )?(?:declined?|rejected)?\.?", re.IGNORECASE)
"""All of the text of a 603 that a person sent; networks that block calls say more."""
_TIMED_OUT = re.compile(r"sip request timed out", re.IGNORECASE)
_NO_REACTION = re.compile(r"transaction failed", re.IGNORECASE)
_UNMET = re.compile(r"required auth|max auth retry|no audio in sdp|no common (?:audio )?codec", re.IGNORECASE)
"""What older bridges say, without a better code, of credentials that are missing or refused, and of no codec."""
_NO_ROOM = re.compile(r"cpu exhausted", re.IGNORECASE)


def _international(failure: Failure) -> bool:
    return _INTERNATIONAL.search(failure.text) is not None


def _limit(failure: Failure) -> bool:
    if _LIMIT.search(failure.text) is not None:
        return True
    return failure.code == "unavailable" and _NO_ROOM.search(failure.text) is not None


def _no_such_number(failure: Failure) -> bool:
    return failure.sip_code in {404, 410, 484, 485, 604} and _ACCOUNT.search(failure.text) is None


def _busy(failure: Failure) -> bool:
    if failure.sip_code == 603:
        return _DECLINED.fullmatch(failure.text.strip()) is not None
    return failure.sip_code in {486, 600}


def _no_answer(failure: Failure) -> bool:
    if failure.sip_code is not None:
        return failure.sip_code in {408, 487} or (failure.sip_code == 480 and failure.rang >= LONG_RINGING)
    if _TIMED_OUT.search(failure.text) is not None:
        return True
    timed_out = failure.waited >= failure.ringing_timeout - NEAR_TIMEOUT
    return timed_out and failure.code in {"canceled", "deadline_exceeded", "failed_precondition"}


def _unavailable(failure: Failure) -> bool:
    if failure.sip_code is not None:
        return failure.sip_code in {480, 500, 502, 503, 504}
    return failure.code in {"unavailable", "canceled"}


def _precondition(failure: Failure) -> bool:
    if failure.sip_code is not None:
        return failure.sip_code in {412, 428, 488, 580, 606}
    return failure.code == "failed_precondition" or _UNMET.search(failure.text) is not None


_ROWS: tuple[tuple[Callable[[Failure], bool], DialError], ...] = (
    (_international, DialError.NO_INTERNATIONAL_PERMISSION),
    (_limit, DialError.TOO_MANY_CALLS),
    (_no_such_number, DialError.NUMBER_NON_ATTRIBUTED),
    (_busy, DialError.BUSY),
    (_no_answer, DialError.NO_ANSWER),
    (_unavailable, DialError.TEMPORARILY_UNAVAILABLE),
    (_precondition, DialError.PRECONDITION_FAILED),
)


HANGUP = "hangup"
"""The `sip.callStatus` of a bridge whose phone has said BYE."""


@unique
class Departure(Enum):
    """Why the callee's participant is no longer there."""

    HUNG_UP = "hung up"
    """The phone ended the call."""
    REMOVED = "removed"
    """Somebody took the participant or the room away."""
    LOST = "lost"
    """Something on the way broke."""


DEPARTURES: Mapping[str, Departure] = {
    "UNKNOWN_REASON": Departure.LOST,  # the bridge's word for missing media, among others
    "CLIENT_INITIATED": Departure.HUNG_UP,
    "DUPLICATE_IDENTITY": Departure.REMOVED,
    "SERVER_SHUTDOWN": Departure.LOST,
    "PARTICIPANT_REMOVED": Departure.REMOVED,
    "ROOM_DELETED": Departure.REMOVED,
    "STATE_MISMATCH": Departure.LOST,
    "JOIN_FAILURE": Departure.LOST,
    "MIGRATION": Departure.LOST,
    "SIGNAL_CLOSE": Departure.LOST,
    "ROOM_CLOSED": Departure.REMOVED,
    "USER_UNAVAILABLE": Departure.HUNG_UP,
    "USER_REJECTED": Departure.HUNG_UP,
    "SIP_TRUNK_FAILURE": Departure.LOST,
    "CONNECTION_TIMEOUT": Departure.LOST,
    "MEDIA_FAILURE": Departure.LOST,
    "AGENT_ERROR": Departure.LOST,
}
"""By the name of LiveKit's `DisconnectReason`."""


def departure(reason: str, *, status: str, ourselves: bool) -> Departure:
    """Why the callee is gone. A reason LiveKit has added since counts as a line that was lost.

    `status` is the callee's last `sip.callStatus`: a bridge that was sent a BYE says `hangup` there, whatever reason it
    leaves with. One that leaves without having said so gave up the call (no media, shut down), and may also call that
    CLIENT_INITIATED. `ourselves`: the worker's own participant was put out of the room, so nobody hung up.
    """
    why = DEPARTURES.get(reason, Departure.LOST)
    if why is Departure.REMOVED:
        return why
    if ourselves:
        return Departure.REMOVED if why is Departure.HUNG_UP else why
    if status == HANGUP:
        return Departure.HUNG_UP
    if status and reason == "CLIENT_INITIATED":
        return Departure.LOST
    return why
