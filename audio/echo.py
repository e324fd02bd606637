"""Echo: whether what comes from the far end is our own sound coming back.

A telephone's hands-free speaker, or a hybrid on the way, returns what we send some tens to hundreds of milliseconds
later and weaker. Both sides are compared at the telephone's 8 kHz: the share of what was heard that a delayed copy of
what was said explains, for the delay that explains most. It is 0.6 to 1 for an echo at any level above the line's
noise, and below a quarter for a voice of their own.
"""

from collections import deque
from itertools import islice

import numpy as np
import numpy.typing as npt

from audio.frames import FRAME, RATE, TICK, Pcm, samples

REACH = 0.8
"""Seconds an echo may be late: 0.15 to 0.3 s are usual, and the network adds to it twice."""
KEPT = 10.0
"""Seconds of both sides that are kept."""
LONGEST = 2.0
"""Seconds of what was heard that are looked at, from the end: enough to be sure, and 2 ms of work."""
LIKENESS = 0.4
"""Share from which it is an echo."""
_DOWN = 3
"""24 kHz to 8 kHz."""
_FAINT = 30.0
"""RMS below which nothing can be told: -61 dBFS."""

_Sound = npt.NDArray[np.float64]


class EchoMeter:
    """Compares the two sides of one leg."""

    def __init__(self) -> None:
        self._said: deque[Pcm] = deque(maxlen=round(KEPT / TICK))
        self._heard: deque[Pcm] = deque(maxlen=round(KEPT / TICK))
        self._position = 0
        """Samples of either side taken so far."""

    def take(self, heard: Pcm, said: Pcm) -> None:
        """Add the same 20 ms of both sides."""
        self._said.append(said)
        self._heard.append(heard)
        self._position += FRAME

    def echoes(self, start: int, stop: int) -> bool:
        """Whether what was heard between two samples is an echo of what was said."""
        return self.share(start, stop) >= LIKENESS

    def echoed(self, seconds: float) -> bool:
        """The same of the last so many seconds."""
        return self.echoes(self._position - samples(seconds), self._position)

    def share(self, start: int, stop: int) -> float:
        """The share of the energy heard between two samples that a delayed copy of what was said explains, 0 to 1."""
        first = self._position - len(self._heard) * FRAME
        low = max(0, max(start, stop - round(LONGEST * RATE)) - first) // FRAME
        high = -(-min(max(0, stop - first), len(self._heard) * FRAME) // FRAME)
        back = min(low, round(REACH / TICK))
        said = list(islice(self._said, low - back, high))
        if high <= low or not any(frame.any() for frame in said):
            return 0.0  # at once: words wait for it
        return _explained(_narrow(list(islice(self._heard, low, high))), _narrow(said))


def _narrow(frames: list[Pcm]) -> _Sound:
    """At 8 kHz, without what is constant."""
    sound: _Sound = np.concatenate(frames).reshape(-1, _DOWN).mean(axis=1)
    centred: _Sound = sound - sound.mean()
    return centred


def _explained(heard: _Sound, said: _Sound) -> float:
    energy = float(heard @ heard)
    if energy <= _FAINT**2 * len(heard):
        return 0.0
    size = 1 << (len(said) + len(heard) - 1).bit_length()
    spectrum = np.fft.rfft(said, size) * np.conj(np.fft.rfft(heard, size))
    products = np.fft.irfft(spectrum, size)[: len(said) - len(heard) + 1]
    sums = np.concatenate([[0.0], np.cumsum(np.square(said))])
    energies = sums[len(heard) :] - sums[: len(sums) - len(heard)]
    shares = np.where(products > 0, np.square(products), 0.0) / np.maximum(energies * energy, 1.0)
    return float(shares.max())
