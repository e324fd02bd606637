"""The first sentence: when it begins, when it starts again, when the call goes on. Pure, part of the supervisor."""

from dataclasses import replace

from agent import answer, silence
from agent.commands import Announce, Listen, StopAnnouncement
from agent.phases import Phase
from agent.state import State, Step, Timer

SETTLED = 1.5
"""Seconds of the first sentence during which a callee who begins to speak makes it start again (contract, §2)."""
LEAD = 0.03
"""Seconds before its moment at which the first sentence is put into the mixer, which then begins it to the sample."""
CLEAR = 0.1
"""Seconds a voice must go on once it is audible (0.15 s) to count as a greeting and not as a cough."""
GREETING_GAP = 0.15
"""Seconds of quiet after a greeting, beside what the detector of speech takes to notice its end (0.25 s)."""
GREETING_LONGEST = 10.0
"""Longest wait for a callee who does not stop talking, from the answer or from when they stopped the first sentence,
before it is said anyway."""
RESTARTS = 2
"""How often the first sentence starts again; a callee who goes on interrupting it has taken the turn."""


def answered(state: State, at: float) -> Step:
    """Somebody picked up."""
    if state.terms.opening == "none":
        return silence.begins(state.moved(Phase.TALKING), at), (Listen(),)
    if "opening" not in state.rendered:
        state = answer.opening_awaited(state, at)
    delay = state.terms.delay
    state = state.with_timer(Timer.GREETING, at + max(GREETING_LONGEST, delay))
    if delay <= LEAD:
        return due(state)
    return state.with_timer(Timer.OPENING, at + delay - LEAD), ()


def due(state: State) -> Step:
    """It is time for the first sentence."""
    return begin(replace(state, opening_due=True))


def rendered(state: State) -> Step:
    """The first sentence is ready."""
    return begin(state.without(Timer.APOLOGY, Timer.REPLY))


def begin(state: State) -> Step:
    """Say the first sentence if nothing stands in its way: the callee does not for ever."""
    ready = state.opening_due and "opening" in state.rendered and state.announcing is None
    if state.phase is not Phase.OPENING or not ready or (state.callee_speaks and Timer.GREETING in state.timers):
        return state, ()
    moment = (state.answered_at or 0.0) + state.terms.delay
    return replace(state, announcing="opening"), (Announce("opening", moment),)


def settle(state: State) -> Step:
    """The call goes on: what the callee says from now on is for the model."""
    state = state.moved(Phase.TALKING).without(Timer.SETTLED, Timer.OPENING, Timer.GREETING)
    return state, (Listen(current=state.callee_speaks),)


def agent_started(state: State, at: float) -> State:
    """The first sentence is audible."""
    return state.with_timer(Timer.SETTLED, at + SETTLED)


def callee_audible(state: State, at: float) -> State:
    """The callee is heard over the first sentence."""
    return state.with_timer(Timer.CLEAR, at + CLEAR) if state.announcing == "opening" else state


def callee_stopped(state: State, at: float) -> Step:
    """The callee fell silent."""
    if state.announcing == "opening":
        # It was too short to stop for. If the moments in which it would have are over, the call goes on.
        return settle(state) if Timer.SETTLED not in state.timers else (state, ())
    if not state.opening_due:
        return state, ()
    return state.with_timer(Timer.OPENING, at + GREETING_GAP), ()


def interrupted(state: State) -> Step:
    """The callee means it: the first sentence stops."""
    if state.announcing != "opening" or not state.callee_speaks:
        return state, ()
    state = replace(state.without(Timer.CLEAR), announcing=None)
    if state.restarts >= RESTARTS:
        state, commands = settle(state)
        return state, (StopAnnouncement(withdrawn=False), *commands)
    return replace(state.without(Timer.SETTLED), restarts=state.restarts + 1), (StopAnnouncement(withdrawn=True),)


def withdrawn(state: State, at: float) -> State:
    """It has been stopped, and is said again once the callee has spoken."""
    return state.with_timer(Timer.GREETING, at + GREETING_LONGEST)


def settled(state: State) -> Step:
    """The first sentence is past the moments in which it would start again."""
    if state.phase is not Phase.OPENING or state.callee_speaks:
        return state, ()
    return settle(state)
