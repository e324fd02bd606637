"""What of the callee's sound a model is given that hears for itself.

The gate of the ears holds here as well: what began before it opened is kept back, unless it is asked for. Between two
turns nothing is sent to a model whose turns are taken for it: silence is no news, and costs.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from livekit import rtc

FRAME = 0.02
"""Seconds of one frame of the line's."""
LEAD = 0.3
"""Seconds before a voice was noticed that are sent with it. Shorter than the silence that ends a voice, so that the
end of what the gate kept back is never among them, and longer than noticing takes."""
LULL = 0.1
"""Seconds after which a pause is noticed by the level alone."""
PAUSE = 4
"""How many times louder than what comes in a pause the speech before it was: 12 dB."""
LINGER = 3.0
"""Seconds of quiet after which sound that never became a turn is forgotten: longer than a turn is waited for."""
LONGEST = 120.0
"""Seconds of one turn that are kept for a model that connects again."""


class Hearing(Protocol):
    """The ears, as far as they are needed here."""

    @property
    def speaking(self) -> bool:
        """The callee speaks at this moment."""
        ...

    @property
    def passing(self) -> bool:
        """What the callee says at this moment is handed on."""
        ...


class Feed:
    """Chooses the sound of one call that reaches the model."""

    def __init__(self, ears: Hearing, *, ceaseless: bool) -> None:
        """`ceaseless`: the model takes turns itself, so it needs the pauses as well."""
        self._ears = ears
        self._ceaseless = ceaseless
        self._held: deque[rtc.AudioFrame] = deque(maxlen=round(LONGEST / FRAME))
        self._turn: deque[rtc.AudioFrame] = deque(maxlen=round(LONGEST / FRAME))
        """What was sent of a turn that has not been taken yet."""
        self._lead: deque[rtc.AudioFrame] = deque(maxlen=round(LEAD / FRAME))
        """The last that was sent between two turns."""
        self._quiet = 0.0
        """Seconds of silence since the callee was last heard."""
        self._peaks: deque[int] = deque(maxlen=round(LULL / FRAME))
        """Of the last frames."""
        self._loudest = 0
        """Peak since the callee began to speak."""
        self.resumed = False
        """They have been heard again since the turn was last taken."""

    @property
    def lulled(self) -> bool:
        """The callee has just paused, sooner than the detector can be sure of it."""
        return not self._ears.speaking or max(self._peaks, default=0) * PAUSE < self._loudest

    def take(self, frame: rtc.AudioFrame) -> Sequence[rtc.AudioFrame]:
        """What is to be sent now that this came in."""
        self._held.append(frame)
        speaking = self._ears.speaking
        self._peaks.append(int(np.abs(np.frombuffer(frame.data, dtype=np.int16).astype(np.int32)).max()))
        self._loudest = max(self._loudest, self._peaks[-1]) if speaking else 0
        self.resumed = self.resumed or (speaking and self._peaks[-1] * PAUSE >= self._loudest)
        self._quiet = 0.0 if speaking else self._quiet + frame.duration
        if self._ears.passing and (speaking or self._ceaseless or self._going_on()):
            return self._send()
        while not speaking and len(self._held) > LEAD / FRAME:
            self._held.popleft()
        return ()

    def _going_on(self) -> bool:
        return bool(self._turn) and self._quiet < LINGER

    def _send(self) -> Sequence[rtc.AudioFrame]:
        sent = tuple(self._held)
        self._held.clear()
        if self._ears.speaking or self._turn:
            self._turn.extend((*self._lead, *sent))
            self._lead.clear()
        else:
            self._lead.extend(sent)
        return sent

    @property
    def stale(self) -> bool:
        """What was sent never became a turn, and the callee has been quiet for long."""
        return bool(self._turn) and self._quiet >= LINGER

    def taken(self) -> None:
        """What was sent is the model's now, or was taken back from it."""
        self._turn.clear()
        self.resumed = False

    def again(self) -> Sequence[rtc.AudioFrame]:
        """What a model that has connected again must be sent once more."""
        return tuple(self._turn)
