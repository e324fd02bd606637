"""Whose turn it is at the callee's end of the line."""

from agent.rehearsal.listening import Listening
from agent.rehearsal.sending import Sending
from audio.frames import samples

_OVERHANG = samples(0.6)
"""Speech that was already under way when the callee began is theirs to answer if it outlasts them by this."""


def agent_stopped(ear: Listening, sending: Sending) -> int | None:
    """Sample at which speech ended that the callee would answer: not a rest of what they interrupted; None: none did.

    Speech that still goes on has ended where it has got to.
    """
    begun, stopped = ear.begun_at, ear.stopped_at
    if begun is None or stopped is None or stopped <= sending.end:
        return None
    if begun < sending.start and stopped < sending.end + _OVERHANG:
        return None
    return stopped
