"""The facts of an attempt, grouped and named for reading: only what is known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from pydantic import JsonValue, TypeAdapter

from agent.models.report import Attempt, Details, Email, Sms
from agent.page.verdict import talked
from agent.page.waits import Wait
from agent.page.words import counted, day, lasting, milliseconds, plain, pretty


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known."""

    name: str
    text: str
    block: bool = False
    """Whether the text is laid out in lines of its own."""


@dataclass(frozen=True, slots=True)
class Group:
    """Facts about one subject; there is at least one."""

    name: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure worth seeing first."""

    name: str
    text: str
    about: str = ""


_VALUE: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


def figures(attempt: Attempt, waits: Sequence[Wait]) -> tuple[Figure, ...]:
    """What to see first of a call that was answered."""
    return tuple(_figures(attempt, waits)) if attempt.answered_at else ()


def _figures(attempt: Attempt, waits: Sequence[Wait]) -> Iterator[Figure]:
    seconds = talked(attempt)
    if seconds is not None:
        yield Figure("Talked", lasting(seconds))
    roles = [entry.role for entry in attempt.transcript]
    cut = sum(event.was_cut and event.is_real_turn for event in attempt.speech_events if event.speaker == "agent")
    yield Figure("Callee spoke", counted(roles.count("user"), "time"))
    yield Figure("Agent interrupted", counted(cut, "time"))
    totals = [wait.total for wait in waits if wait.measured]
    if totals:
        slowest = f"median of {len(totals)}; slowest {milliseconds(max(totals))}"
        yield Figure("Reply heard after", milliseconds(median(totals)), slowest)
    tools = [entry for entry in attempt.transcript if entry.role == "tool"]
    if tools:
        failed = sum(bool(entry.tool_is_error) for entry in tools)
        yield Figure("Tools used", counted(len(tools), "time"), counted(failed, "failure") if failed else "")
    if attempt.result is not None:
        yield Figure("Answered by", plain(attempt.result))
    if attempt.details.estimated_cost_usd is not None:
        yield Figure("Estimated cost", f"${attempt.details.estimated_cost_usd:.4f}")


def groups(attempt: Attempt) -> tuple[Group, ...]:
    """Everything else of the attempt that is known."""
    named: Mapping[str, Iterable[Fact]] = {
        "Outcome": _outcome(attempt),
        "Attempt": _attempt(attempt),
        "Conducted by": _conducted(attempt.details),
        "Used": _used(attempt.details),
        "Sent": (*map(_sms, attempt.sms_log), *map(_email, attempt.email_log)),
        "More": _more(attempt),
    }
    found = (Group(name, tuple(facts)) for name, facts in named.items())
    return tuple(group for group in found if group.facts)


def _texts(named: Mapping[str, object | None]) -> Iterator[Fact]:
    for name, value in named.items():
        if value is not None and value != "":
            yield Fact(name, str(value))


def _json(name: str, value: object) -> Iterator[Fact]:
    if value not in (None, {}, (), []):
        text = pretty(_VALUE.validate_python(value))
        yield Fact(name, text, block="\n" in text)


def _outcome(attempt: Attempt) -> Iterator[Fact]:
    details, sip = attempt.details, attempt.details.sip
    yield from _texts(
        {
            "status": attempt.status,
            "result": attempt.result,
            "ended by": attempt.ended_by,
            "end reason": attempt.end_reason,
            "dial error": attempt.dial_error,
            "phone network": " ".join(str(part) for part in (sip.code, sip.text) if part) if sip else None,
            "error": f"{attempt.error.code}: {attempt.error.message}" if attempt.error else None,
            "outcome": attempt.outcome,
            "outcome summary": attempt.outcome_summary,
            "voicemail delivered": details.voicemail_delivered,
            "do not contact": _yes(details.do_not_contact),
            "handled by a person": _yes(attempt.handled_by_human or None),
        }
    )
    by = details.answered_by
    if by is not None:
        after = "" if by.decided_after_ms is None else f", after {lasting(by.decided_after_ms / 1000)}"
        yield Fact("why this result", f"{by.reason}{after}")
    yield from _json("structured output", attempt.structured_output)
    yield from _json("evidence", "\n".join(details.evidence) or None)
    yield from _json("unanswered questions", "\n".join(details.unanswered_questions) or None)


def _yes(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


def _attempt(attempt: Attempt) -> Iterator[Fact]:
    details = attempt.details
    yield from _texts(
        {
            "id": attempt.id,
            "number": attempt.phone_number,
            "direction": details.direction,
            "attempt": details.attempt_number,
            "started": day(attempt.started_at) if attempt.started_at else None,
            "answered": day(attempt.answered_at) if attempt.answered_at else None,
            "ended": day(attempt.ended_at) if attempt.ended_at else None,
            "assistant": ", ".join(attempt.assistants_used),
            "organisation": details.organization_id,
            "recording": attempt.recording_url,
        }
    )
    yield from _json("campaign", details.campaign)
    yield from _json("metadata", details.metadata)


def _conducted(details: Details) -> Iterator[Fact]:
    models = details.models
    yield from _texts(
        {
            "model": models.llm if models else None,
            "voice": models.tts if models else None,
            "recogniser": models.stt if models else None,
            "language": details.language,
            "time zone": details.timezone,
        }
    )


def _used(details: Details) -> Iterator[Fact]:
    usage, health = details.usage, details.health
    if usage is not None:
        yield Fact("model", f"{usage.llm_input_tokens:,} tokens in, {usage.llm_output_tokens:,} out")
        yield Fact("voice", counted(usage.tts_characters, "character"))
        yield Fact("recogniser", f"{usage.stt_secs:g} s of sound")
    if health is not None:
        yield Fact("event loop's lag", f"{health.loop_lag_p99_ms:g} ms at the 99th percentile")
        yield Fact("silence for want of sound", f"{health.starved_ms:g} ms")
        yield Fact("breaks in all sound", f"{health.underruns:,}")


def _sms(sms: Sms) -> Fact:
    return Fact(
        f"SMS to {sms.to_phone_number}", f"{day(sms.created_at)}, {plain(sms.type)}\n{sms.message_body}", block=True
    )


def _email(email: Email) -> Fact:
    return Fact(f"e-mail to {', '.join(email.to_emails)}", f"{day(email.created_at)}\n{email.subject}", block=True)


def _more(attempt: Attempt) -> Iterator[Fact]:
    for name, value in (attempt.details.model_extra or {}).items():
        yield from _json(name, value)
    prompts = {event.llm_system_prompt for event in attempt.speech_events if event.llm_system_prompt}
    for prompt in sorted(prompts):
        yield Fact("system prompt", prompt, block=True)
