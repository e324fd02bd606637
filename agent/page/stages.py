"""The phases a call went through: the supervisor's own, found by showing it the journal again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent import events as e
from agent.models.report import Attempt
from agent.phases import Phase
from agent.plan import Patience
from agent.state import Mode, State, Terms, Timer
from agent.supervisor import step


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of the attempt. Seconds from the answer; from its first moment if it was never answered."""

    name: str
    kind: str
    """The phase, or `before` and `talking` where there is no journal."""
    start: float
    stop: float


def zero(events: Sequence[e.Event]) -> float:
    """Host monotonic seconds that count as 0: the answer, or the first event where there was none."""
    first = next((event.at for event in events if isinstance(event, e.Answered)), None)
    if first is not None:
        return first
    return events[0].at if events else 0.0


def stages(events: Sequence[e.Event], attempt: Attempt) -> tuple[Stage, ...]:
    """The stages in order; by the attempt's three moments where there is no journal."""
    return tuple(_replayed(events)) if events else tuple(_told(attempt))


def _replayed(events: Sequence[e.Event]) -> Iterator[Stage]:
    origin = zero(events)
    state = State(_terms(events))
    phase, since = state.phase, events[0].at
    ended = False
    for event in events:
        try:
            state, _ = step(state, event)
        except ValueError:
            continue  # a journal that no call could have written
        ended = ended or isinstance(event, e.Ended)
        now = _phase(state, event, ended=ended, before=phase)
        if now is not phase:
            yield _stage(phase, since - origin, event.at - origin)
            phase, since = now, event.at
    if phase is not Phase.OVER:
        yield _stage(phase, since - origin, max(event.at for event in events) - origin)


def _phase(state: State, event: e.Event, *, ended: bool, before: Phase) -> Phase:
    """Where the call stands after the event; a job that died did not hang up itself."""
    if before is Phase.OVER or (ended and isinstance(event, e.LineFreed | e.Reported)):
        return Phase.OVER
    if ended and state.phase is not Phase.OVER:
        return Phase.HANGING_UP
    return state.phase


def _terms(events: Sequence[e.Event]) -> Terms:
    """What the journal shows of the plan. Deadlines do not matter: that they passed stands in the journal."""
    opening = any(isinstance(event, e.Rendered | e.AgentStarted) and event.kind == "opening" for event in events)
    delayed = any(isinstance(event, e.Elapsed) and event.timer == Timer.OPENING for event in events)
    goodbye = any(isinstance(event, e.Rendered | e.AgentStarted) and event.kind == "goodbye" for event in events)
    mode: Mode = "static" if opening or delayed else "none"
    return Terms(opening=mode, delay=1.0 if delayed else 0.0, goodbye=goodbye, patience=Patience())


def _stage(phase: Phase, start: float, stop: float) -> Stage:
    return Stage(phase.replace("-", " ").capitalize(), phase.value, start, stop)


def _told(attempt: Attempt) -> Iterator[Stage]:
    origin = attempt.answered_at or attempt.started_at
    moments = (
        ("Before the answer", "before", attempt.started_at, attempt.answered_at or attempt.ended_at),
        ("On the phone", "talking", attempt.answered_at, attempt.ended_at),
    )
    for name, kind, start, stop in moments:
        if origin is not None and start is not None and stop is not None:
            yield Stage(name, kind, (start - origin).total_seconds(), (stop - origin).total_seconds())
