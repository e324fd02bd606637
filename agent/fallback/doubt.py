"""Whether a recogniser still hears: voice that it says nothing about makes it suspect."""

VOICED = 1.0
"""Seconds of voice about which a recogniser has something to say: half of that is a word."""
PATIENCE = 1.5
"""Seconds after them in which it has to say it; an interim result takes a third of a second."""
SCATTERED = 5.0
"""Seconds without voice after which what is heard next is apart from it: single words, or coughs."""


class Doubt:
    """Weighs the voice that the detector hears against the signs that a recogniser gives. Time is that of the sound."""

    def __init__(self) -> None:
        self._voiced = 0.0
        self._at_once = 0.0
        """As much of it as was heard without a long silence."""
        self._waited = 0.0
        self._quiet = 0.0
        self.strikes = 0
        """How often it was suspect since the last sign, of voice that can only have been words."""

    @property
    def is_suspect(self) -> bool:
        """Voice was heard, and long enough nothing came of it."""
        return self._waited >= PATIENCE

    def hear(self, seconds: float, *, voice: bool) -> None:
        """So many seconds of sound went by, with or without voice."""
        if self._voiced >= VOICED:
            self._waited += seconds
        self._quiet = 0.0 if voice else self._quiet + seconds
        if voice:
            self._voiced += seconds
            self._at_once += seconds
        elif self._quiet >= SCATTERED:
            self._at_once = 0.0

    def renew(self) -> None:
        """Another connection hears the same voice again, and gets the same time for it.

        Bits of voice may be coughs, of which a sound recogniser has nothing to say: they do not count against it.
        """
        if self._at_once >= VOICED:
            self.strikes += self.is_suspect
        elif self.is_suspect:
            self._voiced = 0.0
        self._waited = 0.0

    def clear(self) -> None:
        """The recogniser gave a sign."""
        self._voiced, self._at_once, self._waited, self._quiet, self.strikes = 0.0, 0.0, 0.0, 0.0, 0
