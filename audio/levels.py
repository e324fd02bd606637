"""Levels: how loud one side has been lately, fine enough to say where a voice really began and ended.

A detector of speech works in windows and smooths what it hears: it is right about there being speech, and 30 to 80 ms
late about when. The levels around its verdict put that right.
"""

from collections import deque

import numpy as np

from audio.frames import RATE, Pcm

STEP = 240
"""Samples (10 ms) one level stands for."""
_FULL = STEP * 32768.0**2
"""Energy of a step at full scale."""
_KEPT = 500
"""Levels kept: 5 s."""
_ABOVE = 10.0
"""Times the background's energy, 10 dB, that count as voice."""
_SOFTEST = _FULL * 1e-5
"""Energy, -50 dBFS, below which nothing counts as voice."""
_CLOSURE = 10
"""Steps (0.1 s) of quiet that may stand within a word: the lips or the tongue are shut, and open again."""


class Levels:
    """The last five seconds of one side, as the energies of 10 ms each."""

    def __init__(self) -> None:
        self._energies: deque[float] = deque(maxlen=_KEPT)
        self._heard = 0
        """Steps taken in so far."""

    def take(self, pcm: Pcm) -> None:
        """Add sound, a whole number of steps long."""
        steps = pcm.reshape(-1, STEP).astype(np.float32)
        self._energies.extend(np.einsum("ij,ij->i", steps, steps).tolist())
        self._heard += len(steps)

    @property
    def loud(self) -> bool:
        """The last 20 ms are louder than the background: sooner than a detector can be sure, and less sure."""
        threshold = self._threshold()
        return any(self._energy(step) >= threshold for step in range(self._heard - 2, self._heard))

    def began(self, sample: int, reach: float = 0.2) -> int:
        """Where the voice began that was first noticed at `sample`, at most `reach` seconds away."""
        threshold, first = self._threshold(), sample // STEP
        furthest = first - int(reach * RATE / STEP)
        step = first
        while step > furthest and (earlier := self._loud_before(step, threshold)) is not None:
            step = max(earlier, furthest)
        while step < self._heard and self._energy(step) < threshold and step < first + int(reach * RATE / STEP):
            step += 1
        return max(0, step * STEP)

    def ended(self, sample: int, reach: float = 0.25) -> int:
        """Where the voice ended that was last noticed at `sample`, at most `reach` seconds before it.

        A sound that follows it closely, such as the release of a final t, is its own.
        """
        threshold, last = self._threshold(), sample // STEP
        step = last
        while step < last + 2 * _CLOSURE and (later := self._loud_after(step, threshold)) is not None:
            step = later
        while step > last - int(reach * RATE / STEP) and self._energy(step - 1) < threshold:
            step -= 1
        return max(0, step * STEP)

    def _loud_before(self, step: int, threshold: float) -> int | None:
        """The nearest loud step before this one, across no more quiet than stands within a word."""
        return next(
            (near for near in range(step - 1, step - 2 - _CLOSURE, -1) if self._energy(near) >= threshold), None
        )

    def _loud_after(self, step: int, threshold: float) -> int | None:
        """The end of the nearest loud step from this one on, likewise."""
        return next((near + 1 for near in range(step, step + 1 + _CLOSURE) if self._energy(near) >= threshold), None)

    def _threshold(self) -> float:
        if not self._energies:
            return _SOFTEST
        # A voice that has left no silence yet is its own background: it may not be measured against itself.
        ordered = sorted(self._energies)
        floor, peak = ordered[len(ordered) // 10], ordered[-1]
        return max(_SOFTEST, min(floor * _ABOVE, peak / _ABOVE))

    def _energy(self, step: int) -> float:
        index = step - (self._heard - len(self._energies))
        return self._energies[index] if 0 <= index < len(self._energies) else 0.0
