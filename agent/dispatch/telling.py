"""An attempt's events as what happened in the call, so that the terminal shows them as it shows a rehearsal."""

from collections.abc import Callable, Iterator

from agent import events as e
from agent.dispatch.receiver import Told
from agent.models.report import Attempt, SpeechEvent
from agent.worker.webhook import EventType


class Telling:
    """Shows what each event adds to those before. Events may be missing or late: each holds the whole attempt."""

    def __init__(self, show: Callable[[e.Event], None]) -> None:
        self._show = show
        self._sequence = 0
        self._answered = False
        self._ended = False

    def tell(self, told: Told) -> None:
        """Show an event."""
        if told.sequence <= self._sequence:
            return
        self._sequence = told.sequence
        for event in self._new(told.type, told.attempt):
            self._show(event)

    def _new(self, kind: EventType, attempt: Attempt) -> Iterator[e.Event]:
        if kind is EventType.RINGING:
            yield e.Rang(at=0.0)
        if attempt.answered_at is not None and not self._answered:
            self._answered = True
            yield e.Answered(at=attempt.answered_at.timestamp())
        if attempt.ended_at is not None and not self._ended:
            self._ended = True
            yield from _said(attempt)
            yield _ended(attempt, attempt.ended_at.timestamp())
        if kind is EventType.ANALYZED:
            for warning in attempt.details.warnings:
                yield e.Warned(at=0.0, message=warning)


def _said(attempt: Attempt) -> Iterator[e.Event]:
    """What was said, in the order in which it was over."""
    answered = attempt.answered_at.timestamp() if attempt.answered_at is not None else 0.0
    for speech in sorted((one for one in attempt.speech_events if one.transcript), key=_over):
        at = answered + _over(speech) / 1000
        if speech.speaker == "user":
            yield e.CalleeHeard(at=at, text=speech.transcript)
        else:
            cut = speech.was_cut
            yield e.AgentStopped(at=at, id=speech.id, kind="reply", text=speech.transcript, cut=cut, start=0, stop=0)


def _over(speech: SpeechEvent) -> int:
    stopped = speech.stopped_speaking_at_ms
    return speech.started_speaking_at_ms if stopped is None else stopped


def _ended(attempt: Attempt, at: float) -> e.Ended:
    error = attempt.error
    return e.Ended(
        at=at,
        ended_by=(attempt.ended_by.value if attempt.ended_by is not None else "system"),
        end_reason=attempt.end_reason,
        error_code=error.code if error is not None else None,
        error_message=error.message if error is not None else None,
    )
