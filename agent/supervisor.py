"""The supervisor: decides what a call does next. Pure: `step(state, event) → (state, commands)`.

It has no clock and does no I/O. Time comes in with the events, every deadline of the call is in `State.timers`, and
the shell (`agent.call`) carries out the commands. It outlives the conversation: it alone hangs up, whatever hangs.
What it knows of one subject stands in a module of its own: `agent.opening`, `agent.answer`, `agent.overlap`,
`agent.silence`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from agent import answer, opening, overlap, silence
from agent import events as e
from agent.commands import Announce, Ending, HangUp, Mute, StopAnnouncement, TryAgain
from agent.phases import Phase
from agent.problems import ErrorCode
from agent.state import State, Step, Timer
from audio.mixer import WORD_LONGEST

TAIL = 0.2
"""Seconds between the last sample of a farewell and the hang-up: what is still on its way to the callee's ear."""
LIMIT_MARGIN = 0.35
"""Seconds before the limit at which the message about it has been said."""
LIMIT_SLACK = 0.06
"""Seconds before the limit at which the call is ended: three ticks, so that it is over when the limit comes."""
FAREWELL_GRACE = 5.0
"""Seconds a farewell may take beyond its own length."""
RENDERING_LONGEST = 3.0
"""Seconds a farewell is waited for that has not been rendered yet."""

_LIVE = frozenset({Phase.OPENING, Phase.TALKING, Phase.CLOSING})
_DONE = frozenset({Phase.HANGING_UP, Phase.OVER})


def step(state: State, event: e.Event) -> Step:
    """What the event makes of the call. Events that mean nothing to the present phase change nothing."""
    handler = _HANDLERS.get(type(event))
    if handler is None or state.phase is Phase.OVER:
        return state, ()
    return handler(state, event)


def _dialled(state: State, event: e.Event) -> Step:
    return (state.moved(Phase.RINGING), ()) if state.phase is Phase.PREPARING else (state, ())


def _rendered(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.Rendered)
    state = replace(state, rendered=MappingProxyType({**state.rendered, event.kind: event.seconds}))
    if event.kind == "limit":
        return _limit_timers(state), ()
    if event.kind == "opening":
        return opening.rendered(state)
    if state.phase is Phase.CLOSING and state.farewell == event.kind and state.announcing is None:
        return _say_farewell(state, event.kind, event.at)
    return state, ()


def _unrendered(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.Unrendered)
    state = replace(state, unrendered=state.unrendered | {event.kind})
    if state.phase is Phase.CLOSING and state.farewell == event.kind and state.announcing is None:
        return state.with_timer(Timer.HANG_UP, event.at + TAIL), ()
    return state, ()


def _limit_timers(state: State) -> State:
    answered_at = state.answered_at
    if answered_at is None or state.phase not in _LIVE:
        return state
    limit = answered_at + state.terms.patience.limit
    state = state.with_timer(Timer.LIMIT, limit - LIMIT_SLACK)
    if state.phase is Phase.CLOSING:
        return state
    begin = limit - LIMIT_MARGIN - WORD_LONGEST - state.rendered.get("limit", 0.0)
    return state.with_timer(Timer.LIMIT_MESSAGE, max(answered_at, begin))


def _answered(state: State, event: e.Event) -> Step:
    if state.phase is not Phase.RINGING:
        return state, ()
    state = _limit_timers(replace(state.moved(Phase.OPENING), answered_at=event.at))
    return opening.answered(silence.wordless_from(state, event.at), event.at)


def _agent_started(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.AgentStarted)
    state = replace(state, agent_speaks=True).without(Timer.INACTIVE)
    if event.kind == "reply":
        state = answer.heard(state)
    if event.kind == "opening" and state.phase is Phase.OPENING:
        state = opening.agent_started(state, event.at)
    return state, ()


def _agent_stopped(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.AgentStopped)
    state = replace(state, agent_speaks=False)
    if event.kind == state.announcing:
        state = replace(state, announcing=None)
    if event.kind == "reply":
        state = answer.said(state, event.at, cut=event.cut)
    if state.phase is Phase.CLOSING:
        said = state.farewell is None or (event.kind == state.farewell and not event.cut)
        return (state.with_timer(Timer.HANG_UP, event.at + TAIL) if said else state), ()
    if state.phase not in _LIVE:
        return state, ()
    if event.kind != "reminder":
        state = silence.wordless_from(state, event.at)
    if state.phase is Phase.OPENING and event.kind != "opening":
        return opening.begin(state)
    if state.phase is Phase.OPENING and event.cut:
        return opening.withdrawn(state, event.at), ()
    if Timer.REPLY not in state.timers and not state.tools:
        state = silence.begins(state, event.at)
    if state.phase is Phase.OPENING:
        return opening.settle(state)
    return overlap.agent_stopped(state, event.at, cut=event.cut)


def _callee_started(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.CalleeStarted)
    if state.phase not in _LIVE:
        return state, ()
    state = replace(state, callee_speaks=True, spoke_at=event.at, worded=False)
    return (overlap.begins(state) if event.over_agent and state.phase is Phase.TALKING else state), ()


def _callee_stopped(state: State, event: e.Event) -> Step:
    if state.phase not in _LIVE:
        return state, ()
    worded = state.worded
    state = replace(state, callee_speaks=False, worded=False).without(Timer.CLEAR)
    if worded and Timer.INACTIVE in state.timers:
        state = silence.begins(state, event.at)
    if state.phase is Phase.OPENING:
        return opening.callee_stopped(state, event.at)
    return overlap.ends(state, event.at) if state.phase is Phase.TALKING else (state, ())


def _callee_audible(state: State, event: e.Event) -> Step:
    if state.phase is Phase.OPENING:
        return opening.callee_audible(state, event.at), ()
    return overlap.audible(state) if state.phase is Phase.TALKING else (state, ())


def _callee_clear(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.CalleeClear)
    if event.words and state.phase in _LIVE:
        state = silence.broken(replace(state, worded=True, worded_at=event.at), event.at)
    if state.phase is Phase.OPENING:
        return opening.interrupted(state)
    return overlap.clear(state, event.at, words=event.words) if state.phase is Phase.TALKING else (state, ())


def _callee_heard(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.CalleeHeard)
    if state.phase in _LIVE:
        state = silence.broken(replace(state, worded_at=event.at), event.at)
    if state.phase is Phase.OPENING:
        return opening.interrupted(state)
    if state.phase is not Phase.TALKING:
        return state, ()
    return overlap.heard(state, event.at, backchannel=event.backchannel)


def _turn_taken(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.TurnTaken)
    return answer.owed(state, event.at, failures=int(event.failed)), ()


def _tool_called(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.ToolCalled)
    return answer.awaited(silence.left_alone(replace(state, tools=state.tools | {event.id})), event.at), ()


def _tool_returned(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.ToolReturned)
    # To a tool of an earlier turn, which went on after it was interrupted, no answer is owed.
    if event.id not in state.tools:
        return state, ()
    state = replace(state, tools=state.tools - {event.id})
    return answer.awaited(silence.wordless_from(state, event.at), event.at), ()


def _reply_failed(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.ReplyFailed)
    if state.phase in _DONE:
        return state, ()
    state = replace(state, failures=state.failures + 1)
    if state.failures >= answer.TRIES or state.phase not in (Phase.OPENING, Phase.TALKING):
        return _give_up(state, event.at, event.message)
    state = state.with_timer(Timer.REPLY, event.at + state.terms.patience.reply)
    if state.tools:
        return state, ()  # it had called them: their results are answered
    if event.begun:
        return replace(state, broke_off=True), (TryAgain(go_on=True),)
    state, commands = answer.late(state, event.at)
    return state, (*commands, TryAgain())


def _goodbye_asked(state: State, event: e.Event) -> Step:
    if state.phase not in (Phase.OPENING, Phase.TALKING):
        return state, ()
    said = state.terms.goodbye or not state.replied
    return _close(state, event.at, Ending("agent", "tool_end_call"), "goodbye" if said else None)


def _give_up(state: State, at: float, message: str) -> Step:
    """End a call that cannot go on without a provider, with a word about it where one is ready."""
    if state.phase is Phase.CLOSING:
        return state, ()  # what is left to say needs nobody
    ending = Ending("system", None, ErrorCode.PROVIDER_FAILED.value, message)
    if state.phase not in (Phase.OPENING, Phase.TALKING) or "failure" not in state.rendered:
        return _hang_up(state, ending)
    return _close(state, at, ending, "failure")


def _close(state: State, at: float, ending: Ending, farewell: e.AnnouncementKind | None) -> Step:
    """Say the last sentence and hang up after it."""
    farewell = None if farewell in state.unrendered else farewell
    state = replace(state.moved(Phase.CLOSING), ending=ending, farewell=farewell, announcing=None, overlap=None)
    state = state.without(*(set(Timer) - {Timer.LIMIT}))
    if farewell is None:
        last_word = WORD_LONGEST if state.agent_speaks else 0.0
        return state.with_timer(Timer.HANG_UP, at + last_word + TAIL), (Mute(),)
    if farewell not in state.rendered:
        return state.with_timer(Timer.FAREWELL, at + RENDERING_LONGEST), (Mute(),)
    state, commands = _say_farewell(state, farewell, at)
    return state, (Mute(), *commands)


def _say_farewell(state: State, farewell: e.AnnouncementKind, at: float) -> Step:
    longest = state.rendered[farewell] + FAREWELL_GRACE
    state = replace(state, announcing=farewell).with_timer(Timer.FAREWELL, at + longest)
    return state, (Announce(farewell),)


def _hang_up(state: State, ending: Ending) -> Step:
    if state.phase in _DONE:
        return state, ()
    phase = Phase.OVER if state.phase is Phase.PREPARING else Phase.HANGING_UP
    state = replace(state.moved(phase), timers=MappingProxyType({}), ending=ending)
    stop = (StopAnnouncement(withdrawn=False),) if state.announcing is not None else ()
    return state, (Mute(at_once=True), *stop, HangUp(ending))


def _refused(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.Refused)
    return _hang_up(state, Ending("system", _REFUSALS.get(event.dial_error), "dial_error", event.sip_text))


_REFUSALS = {"busy": "user_rejected", "no_answer": "user_unavailable", "temporarily_unavailable": "user_unavailable"}


def _callee_faded(state: State, event: e.Event) -> Step:
    return replace(state, callee_faded=True), ()


def _callee_returned(state: State, event: e.Event) -> Step:
    return replace(state, callee_faded=False), ()


def _callee_hung_up(state: State, event: e.Event) -> Step:
    if state.answered_at is None:
        return _withdrawn(state, event)
    return _hang_up(state, Ending("user", "client_initiated"))


def _line_dropped(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.LineDropped)
    if state.answered_at is None:
        return _hang_up(state, Ending("system", None, "dial_error", "the line failed before it was answered"))
    return _hang_up(state, Ending("system", event.reason))


def _withdrawn(state: State, event: e.Event) -> Step:
    if state.answered_at is not None:
        return _hang_up(state, Ending("system", "participant_removed"))
    return _hang_up(state, Ending("system", None, "cancelled", "the attempt was called off before it was answered"))


def _failed(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.Failed)
    if event.code == ErrorCode.PROVIDER_FAILED:
        return _give_up(state, event.at, event.message)
    return _hang_up(state, Ending("system", None, event.code, event.message))


def _line_freed(state: State, event: e.Event) -> Step:
    return (state.moved(Phase.OVER), ()) if state.phase is Phase.HANGING_UP else (state, ())


def _elapsed(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.Elapsed)
    timer = Timer(event.timer)
    if timer not in state.timers:
        return state, ()
    return _TIMERS[timer](state.without(timer), event.at)


def _opening_elapsed(state: State, at: float) -> Step:
    return opening.due(state)


def _greeting_elapsed(state: State, at: float) -> Step:
    return opening.due(state)


def _settled_elapsed(state: State, at: float) -> Step:
    return opening.settled(state)


def _clear_elapsed(state: State, at: float) -> Step:
    return opening.interrupted(state) if state.phase is Phase.OPENING else (state, ())


def _overlap_elapsed(state: State, at: float) -> Step:
    return overlap.dismiss(state)


def _apology_elapsed(state: State, at: float) -> Step:
    state, commands = answer.late(state, at)
    # An answer that was given up for words which came to nothing is not being made any more.
    return state, (*commands, TryAgain(if_idle=True)) if commands and state.phase is Phase.TALKING else commands


def _reply_elapsed(state: State, at: float) -> Step:
    if state.agent_speaks or silence.in_earnest(state, at):
        return state.with_timer(Timer.REPLY, at + state.terms.patience.reply), ()
    late = "of the callee's turn" if state.phase is Phase.TALKING else "of the moment for the first sentence"
    return _give_up(state, at, f"no answer could be heard within {state.terms.patience.reply:g} s {late}")


def _inactive_elapsed(state: State, at: float) -> Step:
    state, outcome = silence.elapsed(state, at)
    return _hang_up(state, outcome) if isinstance(outcome, Ending) else (state, (outcome,) if outcome else ())


def _wordless_elapsed(state: State, at: float) -> Step:
    state, ending = silence.wordless(state, at)
    return (state, ()) if ending is None else _hang_up(state, ending)


def _limit_message_elapsed(state: State, at: float) -> Step:
    if state.phase not in (Phase.OPENING, Phase.TALKING):
        return state, ()
    return _close(state, at, Ending("system", "max_duration"), "limit" if "limit" in state.rendered else None)


def _limit_elapsed(state: State, at: float) -> Step:
    return _hang_up(state, state.ending or Ending("system", "max_duration"))


def _farewell_elapsed(state: State, at: float) -> Step:
    return _hang_up(state, state.ending or Ending("agent", "tool_end_call"))


_TIMERS: Mapping[Timer, Callable[[State, float], Step]] = {
    Timer.OPENING: _opening_elapsed,
    Timer.GREETING: _greeting_elapsed,
    Timer.SETTLED: _settled_elapsed,
    Timer.CLEAR: _clear_elapsed,
    Timer.DOUBT: _overlap_elapsed,
    Timer.YIELD: _overlap_elapsed,
    Timer.APOLOGY: _apology_elapsed,
    Timer.REPLY: _reply_elapsed,
    Timer.INACTIVE: _inactive_elapsed,
    Timer.WORDLESS: _wordless_elapsed,
    Timer.LIMIT_MESSAGE: _limit_message_elapsed,
    Timer.LIMIT: _limit_elapsed,
    Timer.FAREWELL: _farewell_elapsed,
    Timer.HANG_UP: _farewell_elapsed,
}

_HANDLERS: Mapping[type[e.Event], Callable[[State, e.Event], Step]] = {
    e.Dialled: _dialled,
    e.Rendered: _rendered,
    e.Unrendered: _unrendered,
    e.Refused: _refused,
    e.Answered: _answered,
    e.CalleeStarted: _callee_started,
    e.CalleeStopped: _callee_stopped,
    e.CalleeAudible: _callee_audible,
    e.CalleeClear: _callee_clear,
    e.CalleeHeard: _callee_heard,
    e.TurnTaken: _turn_taken,
    e.ReplyFailed: _reply_failed,
    e.ToolCalled: _tool_called,
    e.ToolReturned: _tool_returned,
    e.AgentStarted: _agent_started,
    e.AgentStopped: _agent_stopped,
    e.GoodbyeAsked: _goodbye_asked,
    e.Elapsed: _elapsed,
    e.CalleeFaded: _callee_faded,
    e.CalleeReturned: _callee_returned,
    e.CalleeHungUp: _callee_hung_up,
    e.LineDropped: _line_dropped,
    e.Withdrawn: _withdrawn,
    e.Failed: _failed,
    e.LineFreed: _line_freed,
}
