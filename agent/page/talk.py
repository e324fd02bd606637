"""The transcript with times: what was said, by whom and when, and the tools between."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agent import events as e
from agent.models.report import Attempt, SpeechEvent, TranscriptEntry
from agent.page.stages import zero
from agent.page.words import pretty
from agent.turns import AgentUtterance, Turns

Role = Literal["callee", "agent", "tool", "person"]


@dataclass(frozen=True, slots=True)
class Use:
    """A tool in use."""

    name: str
    arguments: str
    output: str | None
    """None: it never returned, as far as is known."""
    failed: bool
    start: float | None = None
    """Seconds from the answer; None where there is no journal."""
    stop: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the transcript."""

    role: Role
    text: str
    start: float | None = None
    """Seconds from the answer; None where it is not known."""
    stop: float | None = None
    notes: tuple[str, ...] = ()
    """What there is to say of it, such as that it was interrupted."""
    use: Use | None = None


_ROLES: Mapping[str, Role] = {"user": "callee", "assistant": "agent", "tool": "tool", "human_agent": "person"}
_SPEAKERS = {"user": "user", "assistant": "agent"}

_KINDS: Mapping[e.SpeechKind, str | None] = {
    "opening": "first sentence",
    "goodbye": "farewell",
    "limit": "time limit",
    "reminder": "reminder",
    "apology": "apology",
    "failure": "apology",
    "reply": None,
}


def lines(attempt: Attempt, events: Sequence[e.Event]) -> tuple[Line, ...]:
    """The transcript in the report's order."""
    turns = gathered(events)
    spoken = list(attempt.speech_events)
    used = list(uses(events))
    return tuple(_line(entry, spoken, used, turns.agent) for entry in attempt.transcript)


def gathered(events: Iterable[e.Event]) -> Turns:
    """Who said what, by the journal."""
    turns = Turns()
    for event in events:
        turns.take(event)
    return turns


def uses(events: Sequence[e.Event]) -> Iterable[Use]:
    """The tools that were used, by the journal, in the order of their calls."""
    origin = zero(events)
    returned = {event.id: event for event in events if isinstance(event, e.ToolReturned)}
    for called in events:
        if isinstance(called, e.ToolCalled):
            result = returned.get(called.id)
            yield Use(
                called.name,
                called.arguments,
                result.output if result else None,
                failed=result is not None and result.is_error,
                start=called.at - origin,
                stop=result.at - origin if result else None,
            )


def _line(
    entry: TranscriptEntry, spoken: list[SpeechEvent], used: list[Use], agent: Mapping[str, AgentUtterance]
) -> Line:
    """The entry, with the first of what was spoken and used that fits it, which is taken away."""
    role = _ROLES[entry.role]
    if role == "tool":
        return _tool_line(entry, used)
    speaker = _SPEAKERS.get(entry.role)
    event = next((one for one in spoken if one.speaker == speaker and one.transcript == entry.content), None)
    if event is None:
        return Line(role, entry.content)
    spoken.remove(event)
    stop = event.stopped_speaking_at_ms
    said = agent.get(event.id)
    return Line(
        role,
        entry.content,
        event.started_speaking_at_ms / 1000,
        None if stop is None else stop / 1000,
        tuple(_callee_notes(event) if role == "callee" else _agent_notes(event, said)),
    )


def _tool_line(entry: TranscriptEntry, used: list[Use]) -> Line:
    known = next((use for use in used if use.name == entry.tool_name and use.output == entry.tool_output), None)
    if known is not None:
        used.remove(known)
    use = Use(
        entry.tool_name or "a tool",
        pretty(entry.tool_arguments) if entry.tool_arguments is not None else "",
        entry.tool_output,
        failed=bool(entry.tool_is_error),
        start=known.start if known else None,
        stop=known.stop if known else None,
    )
    return Line("tool", entry.content, use.start, use.stop, use=use)


def _callee_notes(event: SpeechEvent) -> Iterable[str]:
    if not event.is_real_turn:
        yield "not a turn for the model"
    if event.was_cut:
        yield "the call ended meanwhile"


def _agent_notes(event: SpeechEvent, said: AgentUtterance | None) -> Iterable[str]:
    kind = _KINDS[said.kind] if said else None
    if kind is not None:
        yield kind
    if not event.is_real_turn:
        yield "stopped and started again"
    elif event.was_cut:
        yield "interrupted"
