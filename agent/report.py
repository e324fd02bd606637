"""The report: a pure fold of a journal's events into the attempt. No clock, no network.

Every prefix of a journal folds to the attempt as it stood then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue, TypeAdapter, ValidationError

from agent import events as e
from agent.models.report import (
    AnsweredBy,
    Attempt,
    Details,
    DialError,
    EndedBy,
    EndReason,
    Models,
    ReportedError,
    Result,
    SipAnswer,
    SpeechEvent,
    Status,
    TranscriptEntry,
    TurnLatency,
    Usage,
    WorkerHealth,
)
from agent.problems import ErrorCode
from agent.turns import AgentUtterance, CalleeTurn, ToolUse, Turns
from audio.frames import RATE


@dataclass(slots=True)
class _Draft:
    """What the events came to so far."""

    accepted: e.Accepted
    planned: e.Planned | None = None
    rang: bool = False
    refused: e.Refused | None = None
    answered: e.Answered | None = None
    ended: e.Ended | None = None
    used: e.Used | None = None
    measured: e.Measured | None = None
    warnings: list[str] = field(default_factory=list)
    turns: Turns = field(default_factory=Turns)


class NotAJournal(ValueError):
    """The events do not begin with `Accepted`."""


def fold(events: Iterable[e.Event]) -> Attempt:
    """The attempt that the events tell of. Raises `NotAJournal`."""
    remaining = iter(events)
    first = next(remaining, None)
    if not isinstance(first, e.Accepted):
        raise NotAJournal("the journal does not begin with an accepted attempt")
    draft = _Draft(first)
    for event in remaining:
        _take(draft, event)
    return _attempt(draft)


def _take(draft: _Draft, event: e.Event) -> None:
    match event:
        case e.Planned():
            draft.planned = event
        case e.Rang():
            draft.rang = True
        case e.Refused() if draft.ended is None:
            draft.refused = event
        case e.Answered() if draft.ended is None:
            draft.answered = event
        case e.Ended():
            draft.ended = event
        case e.Used():
            draft.used = event
        case e.Measured():
            draft.measured = event
        case e.Warned():
            draft.warnings.append(event.message)
        case _:
            pass
    draft.turns.take(event)


def _attempt(draft: _Draft) -> Attempt:
    accepted, planned, ended = draft.accepted, draft.planned, draft.ended
    return Attempt(
        id=accepted.attempt_id,
        phone_number=accepted.phone_number,
        started_at=_utc(draft, accepted),
        answered_at=_utc(draft, draft.answered),
        ended_at=_utc(draft, ended),
        status=_status(draft),
        dial_error=DialError(draft.refused.dial_error) if draft.refused else None,
        result=_result(draft),
        ended_by=EndedBy(ended.ended_by) if ended else None,
        end_reason=EndReason(ended.end_reason) if ended and ended.end_reason else None,
        transcript=tuple(_transcript(draft.turns)),
        handled_by_ai=draft.answered is not None,
        assistants_used=(planned.assistant_id,) if planned and planned.assistant_id else (),
        speech_events=tuple(_speech_events(draft)),
        error=_error(ended),
        details=_details(draft),
    )


def _utc(draft: _Draft, event: e.Event | None) -> datetime | None:
    if event is None:
        return None
    return datetime.fromisoformat(draft.accepted.utc) + timedelta(seconds=event.at - draft.accepted.at)


def _status(draft: _Draft) -> Status:
    if draft.ended is not None:
        return Status.ERROR if draft.ended.error_code or draft.answered is None else Status.COMPLETED
    if draft.answered is not None:
        return Status.ONGOING
    return Status.RINGING if draft.rang else Status.QUEUED


def _result(draft: _Draft) -> Result | None:
    if draft.answered is None:
        return None
    return Result.HUMAN if any(_real(turn) for turn in draft.turns.callee) else Result.UNKNOWN


def _real(turn: CalleeTurn) -> bool:
    return turn.taken_at is not None and bool(turn.texts)


def _error(ended: e.Ended | None) -> ReportedError | None:
    if ended is None or ended.error_code is None:
        return None
    return ReportedError(code=ErrorCode(ended.error_code), message=ended.error_message or "")


def _transcript(turns: Turns) -> Iterator[TranscriptEntry]:
    placed = [(turn.start, TranscriptEntry(role="user", content=turn.text)) for turn in turns.callee if turn.texts]
    placed += [
        (said.start, TranscriptEntry(role="assistant", content=said.text)) for said in turns.agent.values() if said.text
    ]
    placed += [(turns.place(use), _tool_entry(use)) for use in turns.tools.values()]
    for _, entry in sorted(placed, key=lambda pair: pair[0]):
        yield entry


_ARGUMENTS: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


def _tool_entry(use: ToolUse) -> TranscriptEntry:
    arguments: dict[str, JsonValue] | str
    try:
        arguments = _ARGUMENTS.validate_json(use.call.arguments)
    except ValidationError:
        arguments = use.call.arguments
    return TranscriptEntry(
        role="tool",
        content=use.result.output if use.result else "",
        tool_name=use.call.name,
        tool_arguments=arguments,
        tool_output=use.result.output if use.result else None,
        tool_is_error=use.result.is_error if use.result else None,
    )


def _speech_events(draft: _Draft) -> Sequence[SpeechEvent]:
    spoken = [_callee_event(draft, turn) for turn in draft.turns.callee]
    spoken.extend(_agent_event(draft, utterance) for utterance in draft.turns.agent.values())
    return sorted(spoken, key=lambda event: event.started_speaking_at_ms)


def _callee_event(draft: _Draft, turn: CalleeTurn) -> SpeechEvent:
    return SpeechEvent(
        id=turn.id,
        speaker="user",
        started_speaking_at_ms=_ms(turn.start),
        stopped_speaking_at_ms=None if turn.stop is None else _ms(turn.stop),
        transcript=turn.text,
        is_real_turn=_real(turn),
        was_cut=turn.stop is None and draft.ended is not None,
        stt_transcription_delay_ms=_since(draft, turn, turn.heard_at),
    )


def _agent_event(draft: _Draft, utterance: AgentUtterance) -> SpeechEvent:
    figures = utterance.figures
    return SpeechEvent(
        id=utterance.id,
        speaker="agent",
        started_speaking_at_ms=_ms(utterance.start),
        stopped_speaking_at_ms=None if utterance.stop is None else _ms(utterance.stop),
        transcript=utterance.text,
        is_real_turn=not utterance.withdrawn,
        was_cut=utterance.cut,
        llm_ttft_ms=_rounded(figures.llm_ttft) if figures else None,
        tts_ttfb_ms=_rounded(figures.tts_ttfb) if figures else None,
        llm_winner_model=figures.model if figures else None,
        llm_system_prompt=draft.planned.system_prompt if figures and draft.planned else None,
    )


def _ms(sample: int) -> int:
    return round(sample * 1000 / RATE)


def _rounded(seconds: float | None) -> int | None:
    return None if seconds is None or seconds < 0 else round(seconds * 1000)


def _since(draft: _Draft, turn: CalleeTurn, at: float | None) -> int | None:
    """Milliseconds from the end of the callee's voice; None where either is unknown."""
    if at is None or turn.stop is None or draft.answered is None:
        return None
    return max(0, round((at - draft.answered.at) * 1000) - _ms(turn.stop))


def _details(draft: _Draft) -> Details:
    accepted, planned, refused = draft.accepted, draft.planned, draft.refused
    warnings = (*(planned.warnings if planned else ()), *draft.warnings)
    return Details(
        attempt_number=accepted.attempt_number,
        direction=accepted.direction,
        organization_id=accepted.organization_id,
        campaign=dict(accepted.campaign) if accepted.campaign is not None else None,
        metadata=dict(accepted.metadata) if accepted.metadata is not None else None,
        language=planned.language if planned else None,
        timezone=planned.timezone if planned else None,
        sip=_sip_answer(refused),
        answered_by=_answered_by(draft),
        latencies=tuple(_latencies(draft)),
        models=Models(llm=planned.model, tts=planned.voice, stt=planned.recogniser) if planned else None,
        usage=_usage(draft.used),
        health=_health(draft.measured),
        warnings=warnings,
    )


def _sip_answer(refused: e.Refused | None) -> SipAnswer | None:
    """What the phone network said; None where it was not asked, or said nothing."""
    if refused is None or (refused.sip_code is None and not refused.sip_text):
        return None
    return SipAnswer(code=refused.sip_code, text=refused.sip_text)


def _answered_by(draft: _Draft) -> AnsweredBy | None:
    result = _result(draft)
    if result is None or draft.answered is None:
        return None
    first = next((turn for turn in draft.turns.callee if _real(turn)), None)
    if first is None or first.taken_at is None:
        return AnsweredBy(result=result, reason="nobody was heard taking a turn")
    after = round((first.taken_at - draft.answered.at) * 1000)
    return AnsweredBy(result=result, reason="a turn of the callee's was recognised", decided_after_ms=after)


def _latencies(draft: _Draft) -> Iterator[TurnLatency]:
    for utterance in sorted(draft.turns.agent.values(), key=lambda said: said.start):
        turn, figures = utterance.answers, utterance.figures
        if turn is None:
            continue
        yield TurnLatency(
            speech_event_id=utterance.id,
            transcription_ms=_since(draft, turn, turn.heard_at),
            end_of_turn_ms=_since(draft, turn, turn.taken_at),
            llm_ttft_ms=_rounded(figures.llm_ttft) if figures else None,
            tts_ttfb_ms=_rounded(figures.tts_ttfb) if figures else None,
            voice_to_voice_ms=None if turn.stop is None else _ms(utterance.start) - _ms(turn.stop),
        )


def _usage(used: e.Used | None) -> Usage | None:
    if used is None:
        return None
    return Usage(
        llm_input_tokens=used.llm_input_tokens,
        llm_output_tokens=used.llm_output_tokens,
        tts_characters=used.tts_characters,
        stt_secs=used.stt_seconds,
    )


def _health(measured: e.Measured | None) -> WorkerHealth | None:
    if measured is None:
        return None
    return WorkerHealth(
        loop_lag_p99_ms=measured.loop_lag_p99_ms, starved_ms=measured.starved_ms, underruns=measured.underruns
    )
