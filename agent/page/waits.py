"""How long the callee waited for each reply, and what for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from agent.models.report import Attempt, SpeechEvent, TurnLatency
from agent.page.talk import Use

Kind = Literal["words", "turn", "tools", "model", "voice", "rest"]

NAMES: Mapping[Kind, str] = {
    "words": "recogniser",
    "turn": "end of turn",
    "tools": "tools",
    "model": "model",
    "voice": "voice",
    "rest": "other",
}
"""What each part of a wait is called."""

MEANINGS: Mapping[Kind, str] = {
    "words": "from the end of the callee's voice to the recogniser's final words",
    "turn": "from there to the decision that the turn is over",
    "tools": "tools the reply waited for",
    "model": "to the model's first word, as far as it was still to come",
    "voice": "to the voice's first sound",
    "rest": "the model's sentence until it could be spoken, and the way to the line",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What a stretch of a wait went into."""

    kind: Kind
    start: float
    """Milliseconds from the end of the callee's voice."""
    length: float
    """Milliseconds."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait for one reply, in milliseconds."""

    reply_at: float
    """Seconds from the answer at which the reply was heard."""
    total: float
    """From the end of the callee's voice to the first sound of the reply; where that is unknown, the parts' sum."""
    measured: bool
    """Whether the total was measured, and is not only a sum."""
    parts: tuple[Part, ...]
    """They fill the total, one after the other; none is empty."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What was measured, by name: what overlapped with something else is longer here than among the parts."""


def waits(attempt: Attempt, used: Sequence[Use]) -> tuple[Wait, ...]:
    """The waits that anything is known of, in order."""
    spoken = {event.id: event for event in attempt.speech_events}
    told = attempt.details.latencies or tuple(_from_speech(attempt.speech_events))
    known = [(figures, spoken[figures.speech_event_id]) for figures in told if figures.speech_event_id in spoken]
    waited = [_wait(figures, reply.started_speaking_at_ms / 1000, used) for figures, reply in known]
    return tuple(wait for wait in waited if wait.total > 0)


def _from_speech(spoken: Sequence[SpeechEvent]) -> Iterator[TurnLatency]:
    """The same from the speech events alone."""
    turn: SpeechEvent | None = None
    for event in spoken:
        if event.speaker == "user":
            turn = event if event.is_real_turn else turn
        elif turn is not None and (event.llm_ttft_ms is not None or event.tts_ttfb_ms is not None):
            stop = turn.stopped_speaking_at_ms
            apart = None if stop is None else event.started_speaking_at_ms - stop
            yield TurnLatency(
                speech_event_id=event.id,
                transcription_ms=turn.stt_transcription_delay_ms,
                llm_ttft_ms=event.llm_ttft_ms,
                tts_ttfb_ms=event.tts_ttfb_ms,
                voice_to_voice_ms=apart if apart is not None and apart > 0 else None,
            )
            turn = None


def _wait(figures: TurnLatency, reply_at: float, used: Sequence[Use]) -> Wait:
    words, turn = figures.transcription_ms or 0, figures.end_of_turn_ms or 0
    model, voice = figures.llm_ttft_ms or 0, figures.tts_ttfb_ms or 0
    heard = max(0, turn - words)
    total = figures.voice_to_voice_ms
    tools = 0.0 if total is None else _within(used, reply_at - (total - max(turn, words)) / 1000, reply_at)
    wanted: tuple[tuple[Kind, float], ...] = (("words", words), ("turn", heard), ("voice", voice))
    wanted += (("tools", tools), ("model", model))
    measured = {
        NAMES["words"]: figures.transcription_ms,
        NAMES["turn"]: None if figures.end_of_turn_ms is None else heard,
        NAMES["model"]: figures.llm_ttft_ms,
        NAMES["voice"]: figures.tts_ttfb_ms,
    }
    return Wait(
        reply_at,
        sum(length for _, length in wanted) if total is None else float(total),
        total is not None,
        _filled(wanted, total),
        {name: figure for name, figure in measured.items() if figure is not None},
    )


def _filled(wanted: Sequence[tuple[Kind, float]], total: float | None) -> tuple[Part, ...]:
    """The parts in the order in which they happen, cut to the total in the order they are wanted."""
    left = float("inf") if total is None else float(total)
    lengths: dict[Kind, float] = {}
    for kind, length in wanted:
        lengths[kind] = min(length, left)
        left -= lengths[kind]
    lengths["rest"] = 0.0 if total is None else max(0.0, left)
    parts: list[Part] = []
    start = 0.0
    for kind in NAMES:
        if lengths[kind] > 0:
            parts.append(Part(kind, start, lengths[kind]))
            start += lengths[kind]
    return tuple(parts)


def _within(used: Sequence[Use], start: float, stop: float) -> float:
    """Milliseconds between two moments, in seconds, in which a tool was in use that had returned by then."""
    known = ((use.start, use.stop) for use in used if use.start is not None and use.stop is not None)
    covered, until = 0.0, start
    for begin, end in sorted((max(begin, start), end) for begin, end in known if end <= stop):
        covered += max(0.0, end - max(begin, until))
        until = max(until, end)
    return covered * 1000
