"""Courtesy: a reply does not begin while the callee can be heard.

Who pauses within their turn may go on at the very moment at which the reply is ready. The detector of speech needs 50
to 100 ms to notice, in which the reply would begin and be a cut-in; the level shows it at once. Whether the callee
really goes on is then the detector's to say, and the session interrupts the reply that waits as it would any other.
"""

from collections.abc import Callable
from typing import Protocol

from audio.frames import samples

NOTICED = samples(0.12)
"""A loud callee who is not noticed to speak by then makes noise, which is not waited for."""
LONGEST = samples(1.0)
"""A reply waits no longer than this even for speech: what is said in earnest has interrupted it by then."""
_APART = samples(0.04)
"""Where it was not asked for so long, it is about another reply."""


class Hearing(Protocol):
    """The ears, as far as they are needed here."""

    @property
    def speaking(self) -> bool:
        """The detector takes the callee to speak at this moment."""
        ...

    @property
    def loud(self) -> bool:
        """There is sound of the callee's above their background."""
        ...


class Courtesy:
    """Says of the reply that comes next whether it waits."""

    def __init__(self, ears: Hearing, position: Callable[[], int]) -> None:
        """`position` is how many samples have gone out."""
        self._ears = ears
        self._position = position
        self._began = 0
        """Where the waiting began that was asked about last."""
        self._asked = -_APART
        """Where it was asked about last."""

    def holds(self) -> bool:
        """Whether it waits; to be asked at every frame for as long as there is one."""
        now = self._position()
        if now - self._asked >= _APART:
            self._began = now
        self._asked = now
        waited = now - self._began
        return (self._ears.speaking and waited < LONGEST) or (self._ears.loud and waited < NOTICED)
