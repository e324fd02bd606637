"""Whether a recogniser still hears: voice that it says nothing about makes it suspect."""

VOICED = 1.0
"""Seconds of voice about which a recogniser has something to say: half of that is a word."""
PATIENCE = 1.5
"""Seconds after them in which it has to say it; an interim result takes a third of a second."""
FORGOTTEN = 5.0
"""Seconds without voice after which what was heard before counts for nothing: coughs add up to no speech."""


class Doubt:
    """Weighs the voice that the detector hears against the signs that a recogniser gives. Time is that of the sound."""

    def __init__(self) -> None:
        self._voiced = 0.0
        self._waited = 0.0
        self._quiet = 0.0
        self.strikes = 0
        """How often it was suspect since the last sign."""

    @property
    def is_suspect(self) -> bool:
        """Voice was heard, and long enough nothing came of it."""
        return self._waited >= PATIENCE

    def hear(self, seconds: float, *, voice: bool) -> None:
        """So many seconds of sound went by, with or without voice."""
        if self._voiced >= VOICED:
            self._waited += seconds
            return
        self._voiced += seconds if voice else 0.0
        self._quiet = 0.0 if voice else self._quiet + seconds
        if self._quiet >= FORGOTTEN:
            self._voiced = 0.0

    def renew(self) -> None:
        """Another connection hears the same voice again, and gets the same time for it."""
        self.strikes += self.is_suspect
        self._waited = 0.0

    def clear(self) -> None:
        """The recogniser gave a sign."""
        self._voiced, self._waited, self._quiet, self.strikes = 0.0, 0.0, 0.0, 0
