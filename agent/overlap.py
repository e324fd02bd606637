"""Barge-in: what becomes of the callee's voice over the agent's. Pure, part of the supervisor.

voice 0.15 s → the agent is ducked → voice 0.4 s: it is held where it is → a word that is more than a back-channel: the
model is given the turn. No such word: the agent goes on where it stopped.
"""

from dataclasses import replace

from agent.commands import Admit, Dismiss, Duck, Hold, StopAnnouncement
from agent.state import Overlap, State, Step, Timer

DOUBT = 1.0
"""Seconds after the end of a voice within which a recogniser has put it into words."""
HELD_LONGEST = 3.0
"""Seconds a voice that no word explains keeps the agent silent, however long it lasts."""
ANSWER = 1.0
"""Seconds before the agent's last sample within which a back-channel is the answer to what it was saying."""
YIELD = 3.0
"""Seconds after which the agent is heard again although the model was given a turn and did not stop for it."""


def begins(state: State) -> State:
    """The callee begins to speak over the agent."""
    overlap = Overlap() if state.overlap is None else replace(state.overlap, ended_at=None)
    return replace(state.without(Timer.DOUBT), overlap=overlap)


def audible(state: State) -> Step:
    """It is a voice."""
    return state, (Duck(True),) if state.overlap is not None else ()


def clear(state: State, at: float, *, words: bool) -> Step:
    """It is speech, by its words or by its length."""
    overlap = state.overlap
    if words:
        return admit(state, at)
    if overlap is None or overlap.held or overlap.listening:
        return state, ()
    held = replace(state, overlap=replace(overlap, held=True)).with_timer(Timer.DOUBT, at + HELD_LONGEST)
    return held, (Duck(True), Hold(True))


def heard(state: State, at: float, *, backchannel: bool) -> Step:
    """It was put into words."""
    overlap = state.overlap
    if overlap is None:
        return state, ()
    if not backchannel:
        return admit(state, at)
    state = replace(state, overlap=replace(overlap, listening=True, held=False))
    return state, (Hold(False),) if overlap.ended_at is None else (Hold(False), Duck(False))


def ends(state: State, at: float) -> Step:
    """The callee falls silent. Where the agent stops right after a back-channel, that was the answer: so it waits."""
    overlap = state.overlap
    if overlap is None:
        return state, ()
    state = replace(state, overlap=replace(overlap, ended_at=at)).with_timer(Timer.DOUBT, at + DOUBT)
    return state, () if overlap.held else (Duck(False),)


def agent_stopped(state: State, at: float, *, cut: bool) -> Step:
    """The agent has said what it had to say, or was stopped."""
    overlap, state = state.overlap, state.without(Timer.YIELD)
    if cut:
        return replace(state, overlap=None).without(Timer.DOUBT), (Hold(False), Duck(False))
    if overlap is None:
        return state, ()
    recent = overlap.ended_at is None or at - overlap.ended_at <= ANSWER
    state, commands = admit(state, at) if recent else dismiss(state)
    return state, (*commands, Hold(False), Duck(False))


def admit(state: State, at: float) -> Step:
    """It is a turn. The agent stays silent until the model's side has stopped it."""
    overlap = state.overlap
    state = replace(state, overlap=None).without(Timer.DOUBT)
    if state.announcing is not None:
        stop = StopAnnouncement(withdrawn=False)
        return replace(state, announcing=None), (Admit(), stop, Hold(False), Duck(False))
    if overlap is None or not state.agent_speaks:
        return state, (Admit(),)
    return state.with_timer(Timer.YIELD, at + YIELD), (Duck(True), Hold(True), Admit())


def dismiss(state: State) -> Step:
    """It is none. The agent goes on where it stopped."""
    state = replace(state, overlap=None).without(Timer.DOUBT)
    return state, (Dismiss(), Hold(False), Duck(False))
