"""The supervisor: decides what a call does next. Pure: `step(state, event) → (state, commands)`.

It has no clock and does no I/O. Time comes in with the events, every deadline of the call is in `State.timers`, and
the shell (`agent.call`) carries out the commands. It outlives the conversation: it alone hangs up, whatever hangs.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from agent import events as e
from agent.commands import Announce, Command, Ending, HangUp, Listen, Mute, StopAnnouncement
from agent.phases import Phase
from agent.state import State, Timer

SETTLED = 1.5
"""Seconds of the first sentence during which a callee who begins to speak makes it start again (contract, §2)."""
LEAD = 0.03
"""Seconds before its moment at which the first sentence is put into the mixer, which then begins it to the sample."""
CLEAR = 0.2
"""Seconds the callee must go on before their voice counts as speech and not as a cough, in the opening."""
BARGE_IN = 0.5
"""The same while the rest of the first sentence is said: the framework's own threshold for interruptions."""
GREETING_GAP = 0.15
"""Seconds of quiet after a greeting, beside what the detector of speech takes to notice its end (0.25 s)."""
GREETING_LONGEST = 10.0
"""Longest wait for a callee who does not stop talking, from the answer, before the first sentence is said anyway."""
RESTARTS = 2
"""How often the first sentence starts again; a callee who goes on interrupting it has taken the turn."""
TAIL = 0.2
"""Seconds between the last sample of a farewell and the hang-up: what is still on its way to the callee's ear."""
LIMIT_MARGIN = 0.35
"""Seconds before the limit at which the message about it has been said."""
LIMIT_SLACK = 0.06
"""Seconds before the limit at which the call is ended: three ticks, so that it is over when the limit comes."""
FAREWELL_LONGEST = 30.0
"""Longest time a farewell may take from being asked for to being over."""


Step = tuple[State, tuple[Command, ...]]

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
        return _try_opening(state, event.at)
    if state.phase is Phase.CLOSING and state.farewell == event.kind and state.announcing is None:
        return state, (Announce(event.kind),)
    return state, ()


def _limit_timers(state: State) -> State:
    answered_at = state.answered_at
    if answered_at is None or state.phase not in _LIVE:
        return state
    limit = answered_at + state.terms.patience.limit
    state = state.with_timer(Timer.LIMIT, limit - LIMIT_SLACK)
    if "limit" not in state.rendered or state.phase is Phase.CLOSING:
        return state
    begin = limit - LIMIT_MARGIN - state.rendered["limit"]
    return state.with_timer(Timer.LIMIT_MESSAGE, max(answered_at, begin))


def _answered(state: State, event: e.Event) -> Step:
    if state.phase is not Phase.RINGING:
        return state, ()
    state = replace(state.moved(Phase.OPENING), answered_at=event.at)
    state = _limit_timers(state).with_timer(Timer.INACTIVE, event.at + state.terms.patience.inactive)
    if state.terms.opening == "none":
        return state.moved(Phase.TALKING), (Listen(),)
    delay = state.terms.delay
    state = state.with_timer(Timer.GREETING, event.at + max(GREETING_LONGEST, delay))
    if delay <= LEAD:
        return _try_opening(replace(state, opening_due=True), event.at)
    return state.with_timer(Timer.OPENING, event.at + delay - LEAD), ()


def _try_opening(state: State, at: float, *, anyway: bool = False) -> Step:
    ready = state.opening_due and "opening" in state.rendered and state.announcing is None
    if state.phase is not Phase.OPENING or not ready or (state.callee_speaks and not anyway):
        return state, ()
    due = (state.answered_at or 0.0) + state.terms.delay
    return replace(state, announcing="opening"), (Announce("opening", due),)


def _settle(state: State) -> Step:
    state = state.moved(Phase.TALKING).without(Timer.SETTLED, Timer.OPENING, Timer.GREETING)
    return state, (Listen(current=state.callee_speaks),)


def _agent_started(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.AgentStarted)
    state = state.without(Timer.REPLY, Timer.INACTIVE)
    if event.kind == "opening" and state.phase is Phase.OPENING:
        state = state.with_timer(Timer.SETTLED, event.at + SETTLED)
    return state, ()


def _agent_stopped(state: State, event: e.Event) -> Step:
    assert isinstance(event, e.AgentStopped)
    if event.kind == state.announcing:
        state = replace(state, announcing=None)
    if state.phase in _LIVE:
        state = state.with_timer(Timer.INACTIVE, event.at + state.terms.patience.inactive)
    if state.phase is Phase.OPENING and event.kind == "opening" and not event.cut:
        return _settle(state)
    if state.phase is Phase.CLOSING and event.kind == state.farewell and not event.cut:
        return state.with_timer(Timer.HANG_UP, event.at + TAIL), ()
    return state, ()


def _callee_started(state: State, event: e.Event) -> Step:
    if state.phase not in _LIVE:
        return state, ()
    state = replace(state, callee_speaks=True).without(Timer.INACTIVE)
    if state.announcing == "opening":
        patience = CLEAR if state.phase is Phase.OPENING else BARGE_IN
        return state.with_timer(Timer.CLEAR, event.at + patience), ()
    return state, ()


def _callee_stopped(state: State, event: e.Event) -> Step:
    if state.phase not in _LIVE:
        return state, ()
    state = replace(state, callee_speaks=False).without(Timer.CLEAR)
    state = state.with_timer(Timer.INACTIVE, event.at + state.terms.patience.inactive)
    if state.phase is not Phase.OPENING:
        return state, ()
    if state.announcing == "opening":
        # It was too short to stop for. If the moments in which it would have are over, the call goes on.
        return _settle(state) if Timer.SETTLED not in state.timers else (state, ())
    if not state.opening_due:
        return state, ()
    return state.with_timer(Timer.OPENING, event.at + GREETING_GAP), ()


def _callee_heard(state: State, event: e.Event) -> Step:
    return _clear_speech(state) if state.callee_speaks else (state, ())


def _clear_speech(state: State) -> Step:
    """The callee means it: the first sentence stops."""
    if state.announcing != "opening":
        return state, ()
    state = replace(state.without(Timer.CLEAR), announcing=None)
    if state.phase is not Phase.OPENING:
        return state, (StopAnnouncement(withdrawn=False),)
    if state.restarts >= RESTARTS:
        state, commands = _settle(state)
        return state, (StopAnnouncement(withdrawn=False), *commands)
    return replace(state.without(Timer.SETTLED), restarts=state.restarts + 1), (StopAnnouncement(withdrawn=True),)


def _awaiting_reply(state: State, event: e.Event) -> Step:
    if state.phase is not Phase.TALKING:
        return state, ()
    return state.without(Timer.INACTIVE).with_timer(Timer.REPLY, event.at + state.terms.patience.reply), ()


def _goodbye_asked(state: State, event: e.Event) -> Step:
    if state.phase not in (Phase.OPENING, Phase.TALKING):
        return state, ()
    return _close(state, event.at, Ending("agent", "tool_end_call"), "goodbye" if state.terms.goodbye else None)


def _close(state: State, at: float, ending: Ending, farewell: e.AnnouncementKind | None) -> Step:
    """Say the last sentence and hang up after it."""
    commands: list[Command] = [Mute()]
    if state.announcing is not None:
        commands.append(StopAnnouncement(withdrawn=False))
    state = replace(state.moved(Phase.CLOSING), ending=ending, farewell=farewell, announcing=None)
    state = state.without(*(set(Timer) - {Timer.LIMIT})).with_timer(Timer.FAREWELL, at + FAREWELL_LONGEST)
    if farewell is None:
        return state.with_timer(Timer.HANG_UP, at + TAIL), tuple(commands)
    if farewell in state.rendered:
        commands.append(Announce(farewell))
        state = replace(state, announcing=farewell)
    return state, tuple(commands)


def _hang_up(state: State, ending: Ending) -> Step:
    if state.phase in _DONE:
        return state, ()
    phase = Phase.OVER if state.phase is Phase.PREPARING else Phase.HANGING_UP
    state = replace(state.moved(phase), timers=MappingProxyType({}), ending=ending)
    stop = (StopAnnouncement(withdrawn=False),) if state.announcing is not None else ()
    return state, (Mute(), *stop, HangUp(ending))


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
    return _try_opening(replace(state, opening_due=True), at)


def _greeting_elapsed(state: State, at: float) -> Step:
    return _try_opening(replace(state, opening_due=True), at, anyway=True)


def _settled_elapsed(state: State, at: float) -> Step:
    if state.phase is not Phase.OPENING or state.callee_speaks:
        return state, ()
    return _settle(state)


def _clear_elapsed(state: State, at: float) -> Step:
    return _clear_speech(state) if state.callee_speaks else (state, ())


def _reply_elapsed(state: State, at: float) -> Step:
    if state.callee_speaks:
        return state.with_timer(Timer.REPLY, at + state.terms.patience.reply), ()
    message = f"no answer could be heard within {state.terms.patience.reply:g} s of the callee's turn"
    return _hang_up(state, Ending("system", None, "provider_failed", message))


def _inactive_elapsed(state: State, at: float) -> Step:
    # Who has faded is not known to be silent: their phone may have been gone for as long.
    return _hang_up(state, Ending("system", "connection_timeout" if state.callee_faded else "user_inactive"))


def _limit_message_elapsed(state: State, at: float) -> Step:
    if state.phase not in (Phase.OPENING, Phase.TALKING):
        return state, ()
    return _close(state, at, Ending("system", "max_duration"), "limit")


def _limit_elapsed(state: State, at: float) -> Step:
    return _hang_up(state, state.ending or Ending("system", "max_duration"))


def _farewell_elapsed(state: State, at: float) -> Step:
    return _hang_up(state, state.ending or Ending("agent", "tool_end_call"))


_TIMERS: Mapping[Timer, Callable[[State, float], Step]] = {
    Timer.OPENING: _opening_elapsed,
    Timer.GREETING: _greeting_elapsed,
    Timer.SETTLED: _settled_elapsed,
    Timer.CLEAR: _clear_elapsed,
    Timer.REPLY: _reply_elapsed,
    Timer.INACTIVE: _inactive_elapsed,
    Timer.LIMIT_MESSAGE: _limit_message_elapsed,
    Timer.LIMIT: _limit_elapsed,
    Timer.FAREWELL: _farewell_elapsed,
    Timer.HANG_UP: _farewell_elapsed,
}

_HANDLERS: Mapping[type[e.Event], Callable[[State, e.Event], Step]] = {
    e.Dialled: _dialled,
    e.Rendered: _rendered,
    e.Refused: _refused,
    e.Answered: _answered,
    e.CalleeStarted: _callee_started,
    e.CalleeStopped: _callee_stopped,
    e.CalleeHeard: _callee_heard,
    e.TurnTaken: _awaiting_reply,
    e.ToolCalled: _awaiting_reply,
    e.ToolReturned: _awaiting_reply,
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
