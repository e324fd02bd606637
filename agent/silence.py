"""A callee who says nothing: asked whether they are still there, then given up. Pure, part of the supervisor.

Only words count as a sign of life. A voice without any, such as a television's, puts the question off for a moment,
and another deadline holds whatever the detector of speech hears.
"""

from dataclasses import replace

from agent.commands import Announce, Ending
from agent.state import State, Timer

VOICE_LONGEST = 3.0
"""Seconds a voice may go on without a word before it no longer keeps the question back: a recogniser's first words take
half a second to a second."""
WORDS_LAST = 15.0
"""Seconds for which words tell of a voice that goes on: whoever speaks on is put into words again by then."""
LOOK_AGAIN = 0.5
"""Seconds to the next look while somebody speaks."""
INACTIVE = Ending("system", "user_inactive")
GONE = Ending("system", "connection_timeout")
"""Who has faded is not known to be silent: their phone may have been gone for as long."""


def begins(state: State, at: float) -> State:
    """Nobody speaks from here on."""
    silences = state.terms.patience.silences
    return state.with_timer(Timer.INACTIVE, at + silences[min(state.reminders, len(silences) - 1)])


def wordless_from(state: State, at: float) -> State:
    """From here on words of the callee's are missed."""
    return state.with_timer(Timer.WORDLESS, at + state.terms.patience.wordless)


def broken(state: State, at: float) -> State:
    """The callee said something in words: what is being waited for is waited for anew."""
    state = replace(state, reminders=0)
    if Timer.WORDLESS in state.timers:
        state = wordless_from(state, at)
    return begins(state, at) if Timer.INACTIVE in state.timers else state


def in_earnest(state: State, at: float) -> bool:
    """The callee speaks, and it is no noise as far as is known."""
    return state.callee_speaks and (_worded(state, at) or at - state.spoke_at < VOICE_LONGEST)


def _worded(state: State, at: float) -> bool:
    return state.worded and at - state.worded_at < WORDS_LAST


def elapsed(state: State, at: float) -> tuple[State, Announce | Ending | None]:
    """A silence has lasted long enough: ask, or give up."""
    if in_earnest(state, at) or state.overlap is not None or state.agent_speaks or state.announcing is not None:
        return state.with_timer(Timer.INACTIVE, at + LOOK_AGAIN), None
    if state.reminders + 1 >= len(state.terms.patience.silences):
        return state, GONE if state.callee_faded else INACTIVE
    state = replace(state, reminders=state.reminders + 1)
    if "reminder" not in state.rendered:
        return begins(state, at), None
    return replace(state, announcing="reminder"), Announce("reminder")


def wordless(state: State, at: float) -> tuple[State, Ending | None]:
    """No word has come for long."""
    if (state.agent_speaks and state.overlap is None) or _worded(state, at):
        return state.with_timer(Timer.WORDLESS, at + LOOK_AGAIN), None
    return state, GONE if state.callee_faded else INACTIVE


def left_alone(state: State) -> State:
    """Somebody else is at work: the silence does not count."""
    return state.without(Timer.INACTIVE, Timer.WORDLESS)
