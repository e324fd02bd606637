"""A stretch of the callee's voice over the agent's: when it is a voice, and when it is speech. Pure."""

from collections.abc import Callable
from typing import Final, Literal

AUDIBLE: Final = 0.15
"""Seconds of voice that are no click and no door."""
CLEAR: Final = 0.62
"""Seconds of voice that are speech without any word for it. A voice of 0.4 s is no cough any more; a drawn-out "mhm" is
over a little later, and a word that comes meanwhile decides at once."""
_LOOKED_AT: Final = 0.25
"""Seconds before a verdict that must not be the agent's own echo."""
_VOICED: Final = 0.5
"""Probability from which a window holds voice: the detector's own threshold."""

Verdict = Literal["audible", "clear"]


class Stretch:
    """Counts the voice of one stretch."""

    def __init__(self, voiced: float, echoes: Callable[[float], bool]) -> None:
        """`voiced`: seconds it has lasted already. `echoes`: whether the last so many seconds are the agent's echo."""
        self._voiced = voiced
        self._echoes = echoes
        self._verdicts: list[tuple[float, Verdict]] = [(AUDIBLE, "audible"), (CLEAR, "clear")]

    def add(self, seconds: float, probability: float) -> Verdict | None:
        """Take a window; what it has just become. After an echo the count begins anew."""
        if probability >= _VOICED:
            self._voiced += seconds
        if not self._verdicts or self._voiced < self._verdicts[0][0] - 1e-6:
            return None
        if self._echoes(_LOOKED_AT):
            self._voiced = 0.0
            return None
        return self._verdicts.pop(0)[1]
