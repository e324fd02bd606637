"""From 24 kHz to 16 kHz, frame by frame: what detectors and recognisers of speech want to hear."""

import numpy as np
import numpy.typing as npt

from audio.frames import RATE, Pcm, clipped

SPEECH_RATE = 16_000
"""Samples a second that come out."""
_UP, _DOWN = 2, 3
_TAPS = 48
"""Samples that each sample that comes out is made of."""
_BLOCK = 30
"""Samples that go in together: the work is one product of matrices, and this keeps both of its sides small."""
_REACH = _BLOCK - _DOWN + _TAPS + _UP
"""Samples that the samples that come out for a block are made of."""
_HIGHEST = 7000.0
"""Hz at which it is 6 dB down: all that is understood of a voice passes, what would be folded back does not."""


def _weights() -> npt.NDArray[np.float32]:
    """Column k makes the k-th of the samples that come out for a block: shape (`_REACH`, 20)."""
    phases = _phases()
    weights = np.zeros((_REACH, _BLOCK // _DOWN * _UP), dtype=np.float32)
    for place in range(_BLOCK // _DOWN):
        first, column = place * _DOWN, place * _UP
        weights[first : first + len(phases), column : column + _UP] = phases
    return weights


def _phases() -> npt.NDArray[np.float64]:
    """Column k makes the k-th of the two samples that come out for three that go in: shape (`_TAPS` + 2, 2)."""
    taps = np.zeros((_TAPS + _UP, _UP))
    for phase in range(_UP):
        offset = phase * _DOWN / _UP
        distance = np.arange(_TAPS + _UP) - (_TAPS - 1) / 2 - offset
        shaped = np.sinc(2 * _HIGHEST / RATE * distance)
        shaped *= np.clip(np.cos(np.pi * distance / (_TAPS + 1)), 0, None) ** 2
        shaped[np.abs(distance) > _TAPS / 2] = 0
        taps[:, phase] = shaped / shaped.sum()
    return taps


class Downsampler:
    """One stream of sound. Everything leaves 1 ms later than it came in, whatever the frames' lengths."""

    _WEIGHTS = _weights()

    def __init__(self) -> None:
        self._seen = np.zeros(_REACH - _BLOCK, dtype=np.float32)

    def run(self, pcm: Pcm) -> Pcm:
        """Two samples for each three, whose number must be a multiple of 30. Raises ValueError if it is not."""
        if len(pcm) % _BLOCK:
            raise ValueError(f"expected a multiple of {_BLOCK} samples, received {len(pcm)}")
        joined = np.concatenate([self._seen, pcm], dtype=np.float32)
        self._seen = joined[len(pcm) :]
        step = joined.itemsize
        # A view would do, but what overlaps is multiplied without BLAS.
        blocks = np.ndarray((len(pcm) // _BLOCK, _REACH), np.float32, joined, 0, (_BLOCK * step, step)).copy()
        return clipped((blocks @ self._WEIGHTS).ravel())
