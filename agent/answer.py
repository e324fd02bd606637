"""The answer that the agent owes: how long it is waited for, and what the callee hears meanwhile. Pure, part of the
supervisor.

turn ── 4.5 s ── an apology ── the answer, or after `Patience.reply` the end
"""

from dataclasses import replace

from agent import silence
from agent.commands import Announce
from agent.phases import Phase
from agent.state import State, Step, Timer

APOLOGY_AFTER = 4.5
"""Seconds after a turn at which a late answer is apologised for: the callee hears something within six."""
SOON = 2.0
"""Seconds that an answer is given at least after a turn, however long answers have been owing."""
TRIES = 2
"""How often an answer is asked for before the call is given up."""


def owed(state: State, at: float, *, failures: int) -> State:
    """The callee's turn is over; `failures`: how often its answer has failed already."""
    state = replace(state, tools=frozenset(), replied=False, reminders=0)
    if (since := state.owing_since) is not None:
        return _asked_after(state, since, at)
    state = replace(state, owing_since=at, apologised=False, failures=failures)
    return awaited(silence.wordless_from(state, at), at)


def awaited(state: State, at: float) -> State:
    """From here on the answer is waited for."""
    if state.phase is not Phase.TALKING:
        return state
    state = state.without(Timer.INACTIVE).with_timer(Timer.REPLY, at + state.terms.patience.reply)
    return state if state.apologised else state.with_timer(Timer.APOLOGY, at + APOLOGY_AFTER)


def _asked_after(state: State, since: float, at: float) -> State:
    """Another turn before anything was heard of an answer: whoever asks after it again does not begin to wait anew."""
    if state.phase is not Phase.TALKING:
        return state
    reply = state.terms.patience.reply
    latest = max(at + SOON, min(at + reply, since + 2 * reply))
    state = silence.wordless_from(state, at).without(Timer.INACTIVE).with_timer(Timer.REPLY, latest)
    late = max(at + SOON, since + APOLOGY_AFTER)
    return state if state.apologised else state.with_timer(Timer.APOLOGY, late)


def heard(state: State) -> State:
    """Something of it is heard."""
    state = replace(state, replied=True, owing_since=None, apologised=False)
    return state.without(Timer.REPLY, Timer.APOLOGY)


def said(state: State, at: float, *, cut: bool) -> State:
    """It was heard: to its end, to where it broke off, or to where the callee cut it off."""
    broke_off, state = state.broke_off, replace(state, broke_off=False)
    if cut:
        return replace(state, tools=frozenset()).without(Timer.REPLY, Timer.APOLOGY)
    return awaited(replace(state, owing_since=at), at) if broke_off else replace(state, failures=0)


def opening_awaited(state: State, at: float) -> State:
    """Somebody picked up before the first sentence was made."""
    due = at + state.terms.delay
    state = state.with_timer(Timer.REPLY, due + state.terms.patience.reply)
    return state.with_timer(Timer.APOLOGY, max(due, at + APOLOGY_AFTER))


def late(state: State, at: float) -> Step:
    """The time for an apology has come: it is said once, and not while anybody speaks."""
    if state.apologised or "apology" in state.unrendered:
        return state.without(Timer.APOLOGY), ()
    speaking = state.agent_speaks or state.announcing is not None or silence.in_earnest(state, at)
    if speaking or "apology" not in state.rendered:
        return state.with_timer(Timer.APOLOGY, at + silence.LOOK_AGAIN), ()
    state = replace(state.without(Timer.APOLOGY), apologised=True, announcing="apology")
    return state, (Announce("apology"),)
