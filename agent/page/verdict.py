"""What came of a call, in a word and a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from agent.models.report import Attempt, DialError, EndReason
from agent.page.words import lasting, plain
from agent.problems import ErrorCode

Tone = Literal["good", "odd", "bad", "quiet", "open"]
"""It went as calls do; it ended otherwise than by those who talked; it failed; nobody answered; it is not over."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a call."""

    tone: Tone
    word: str
    sentence: str


_ENDINGS: Mapping[EndReason, str] = {
    EndReason.TOOL_END_CALL: "The agent ended the call",
    EndReason.VOICEMAIL: "A voicemail answered, and the agent hung up",
    EndReason.TRANSFER: "The call was handed over to a person",
    EndReason.IVR_NO_NAVIGATE: "A menu answered, and the agent hung up",
    EndReason.CLIENT_INITIATED: "The callee hung up",
    EndReason.MAX_DURATION: "The time limit ended the call",
    EndReason.USER_INACTIVE: "Nobody said anything, and the call was ended",
    EndReason.USER_REJECTED: "The callee was busy or turned the call down",
    EndReason.USER_UNAVAILABLE: "The callee could not be reached",
    EndReason.CONNECTION_TIMEOUT: "The connection was lost",
    EndReason.PARTICIPANT_REMOVED: "The call was called off from outside",
}

_DIALS: Mapping[DialError, tuple[str, str]] = {
    DialError.NUMBER_NON_ATTRIBUTED: ("No such number", "The number belongs to nobody"),
    DialError.TOO_MANY_CALLS: ("Too many calls", "The trunk takes no more calls"),
    DialError.BUSY: ("Busy", "The line was busy"),
    DialError.TEMPORARILY_UNAVAILABLE: ("Unavailable", "The callee cannot be reached at the moment"),
    DialError.NO_ANSWER: ("No answer", "It rang and nobody answered"),
    DialError.NO_INTERNATIONAL_PERMISSION: ("Not permitted", "The trunk may not call this country"),
    DialError.PRECONDITION_FAILED: ("Not dialled", "The network wants something before it dials"),
    DialError.NON_CLASSIFIED_ERROR: ("Not connected", "The call could not be connected"),
}

_ODD = frozenset(
    {EndReason.USER_INACTIVE, EndReason.CONNECTION_TIMEOUT, EndReason.PARTICIPANT_REMOVED, EndReason.MAX_DURATION}
)


def verdict(attempt: Attempt) -> Verdict:
    """What came of the attempt."""
    error = attempt.error
    if attempt.dial_error is not None:
        word, sentence = _DIALS[attempt.dial_error]
        return Verdict("quiet", word, f"{sentence}{_network(attempt)}.")
    if error is not None and error.code is ErrorCode.CANCELLED:
        return Verdict("odd", "Called off", "The attempt was called off before it was answered.")
    if error is not None:
        return Verdict("bad", "Failed", f"The call failed{_after(attempt)}: {plain(error.code)}.")
    if attempt.ended_at is None:
        return Verdict("open", "Not over", f"As far as is known the attempt is {attempt.status}.")
    if attempt.end_reason is None:
        return Verdict("odd", "Ended", f"The call ended{_after(attempt)}; no reason is known.")
    tone: Tone = "odd" if attempt.end_reason in _ODD else "good"
    return Verdict(tone, "Completed", f"{_ENDINGS[attempt.end_reason]}{_after(attempt)}.")


def talked(attempt: Attempt) -> float | None:
    """Seconds from the answer to the end; None where either is unknown."""
    if attempt.answered_at is None or attempt.ended_at is None:
        return None
    return (attempt.ended_at - attempt.answered_at).total_seconds()


def _after(attempt: Attempt) -> str:
    seconds = talked(attempt)
    return "" if seconds is None else f" after {lasting(seconds)}"


def _network(attempt: Attempt) -> str:
    sip = attempt.details.sip
    if sip is None:
        return ""
    said = " ".join(str(part) for part in (sip.code, sip.text) if part)
    return f" ({said})" if said else ""
