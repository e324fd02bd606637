"""The telephone's band: 24 kHz sound through 8 kHz and G.711 and back, frame by frame.

Everything leaves `TelephoneBand.DELAY` samples later than it came in, whatever the frames' lengths: both filters are
symmetrical, so no frequency is shifted against another. Who needs exact positions subtracts that number.
"""

from enum import StrEnum
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from audio import g711
from audio.frames import RATE, Pcm, clipped

_Taps = npt.NDArray[np.float64]

_DOWN = 3
"""24 kHz to 8 kHz."""
_LOWEST, _HIGHEST = 240.0, 3600.0
"""Hz at which the channel is 6 dB down: 300 to 3400 Hz pass, mains hum and whatever would alias do not."""


class Law(StrEnum):
    """The two laws of G.711."""

    MU = "mu"
    A = "a"


def _lowpass(taps: int, hz: float) -> _Taps:
    """A symmetrical filter with gain 1 at 0 Hz, 6 dB down at `hz`."""
    positions = np.arange(taps) - (taps - 1) / 2
    shaped: _Taps = np.sinc(2 * hz / RATE * positions) * np.hamming(taps)
    return shaped / np.sum(shaped)


_CHANNEL = _lowpass(193, _HIGHEST) - _lowpass(193, _LOWEST)
_IMAGES = _lowpass(73, 4000.0) * _DOWN


_CODECS = {Law.MU: (g711.encode_mu, g711.decode_mu), Law.A: (g711.encode_a, g711.decode_a)}


class _Filter:
    """A symmetrical filter that remembers the end of what it has seen."""

    def __init__(self, taps: _Taps) -> None:
        self._taps = taps
        self._seen = np.zeros(len(taps) - 1)

    def run(self, sound: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """As many samples as were given, `(len(taps) - 1) / 2` later."""
        joined = np.concatenate([self._seen, sound])
        self._seen = joined[len(sound) :]
        return np.convolve(joined, self._taps, mode="valid")


class TelephoneBand:
    """One direction of a telephone channel."""

    DELAY: ClassVar[int] = (len(_CHANNEL) - 1) // 2 + (len(_IMAGES) - 1) // 2
    """Samples at 24 kHz between a sound going in and coming out: 132, 5.5 ms."""

    def __init__(self, law: Law = Law.MU) -> None:
        self._channel = _Filter(_CHANNEL)
        self._images = _Filter(_IMAGES)
        self._encode, self._decode = _CODECS[law]

    def pass_on(self, pcm: Pcm) -> Pcm:
        """The next samples of the channel; their number must be a multiple of 3. Raises ValueError if it is not."""
        if len(pcm) % _DOWN:
            raise ValueError(f"expected a multiple of {_DOWN} samples, received {len(pcm)}")
        narrow = clipped(self._channel.run(pcm.astype(np.float64))[::_DOWN])
        wide = np.zeros(len(pcm))
        wide[::_DOWN] = self._decode(self._encode(narrow))
        return clipped(self._images.run(wide))
