"""G.711: the two laws that squeeze a telephone's sample into eight bits (ITU-T G.711, tables 1 and 2).

16-bit samples in and out. Mu-law works on their upper 14 bits, A-law on the upper 13, as the Recommendation has it;
negative samples are mirrored by their one's complement, so that both polarities lose the same.
"""

import numpy as np
import numpy.typing as npt

from audio.frames import Pcm

Codes = npt.NDArray[np.uint8]
"""One byte a sample, as on the wire."""

_MU_BIAS = 33
_MU_LARGEST = 8191
"""14-bit magnitude, bias included, above which a sample is clipped."""
_EVEN_BITS = 0x55
"""A-law inverts every other bit on the wire, mu-law all of them."""


def _magnitudes(drop: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Of every 16-bit sample, in the order of its bits read as unsigned: the magnitude in upper bits, and its sign."""
    every = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    negative = every < 0
    return np.where(negative, ~every, every) >> drop, negative


def _segments(magnitude: npt.NDArray[np.int32], lowest: int) -> npt.NDArray[np.int32]:
    """How many times a magnitude doubles beyond `lowest` bits."""
    lengths = np.frexp(magnitude.astype(np.float64))[1]
    segments: npt.NDArray[np.int32] = np.maximum(lengths - lowest, 0).astype(np.int32)
    return segments


def _mu_encoder() -> Codes:
    magnitude, negative = _magnitudes(2)
    magnitude = np.minimum(magnitude + _MU_BIAS, _MU_LARGEST)
    segment = _segments(magnitude, 6)
    code = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0F)
    return (np.where(negative, code | 0x80, code) ^ 0xFF).astype(np.uint8)


def _mu_decoder() -> Pcm:
    code = np.arange(256, dtype=np.int32) ^ 0xFF
    magnitude = ((((code & 0x0F) << 1) + _MU_BIAS) << ((code >> 4) & 7)) - _MU_BIAS
    return np.where(code & 0x80, -4 * magnitude, 4 * magnitude).astype(np.int16)


def _a_encoder() -> Codes:
    magnitude, negative = _magnitudes(4)
    segment = _segments(magnitude, 4)
    code = (segment << 4) | ((magnitude >> np.maximum(segment - 1, 0)) & 0x0F)
    return (np.where(negative, code, code | 0x80) ^ _EVEN_BITS).astype(np.uint8)


def _a_decoder() -> Pcm:
    code = np.arange(256, dtype=np.int32) ^ _EVEN_BITS
    segment, step = (code >> 4) & 7, ((code & 0x0F) << 1) + 1
    magnitude = np.where(segment == 0, step, (step + 32) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, 8 * magnitude, -8 * magnitude).astype(np.int16)


_MU_CODES, _MU_SAMPLES = _mu_encoder(), _mu_decoder()
_A_CODES, _A_SAMPLES = _a_encoder(), _a_decoder()


def encode_mu(pcm: Pcm) -> Codes:
    """Mu-law (PCMU) of 16-bit samples."""
    return _MU_CODES[pcm.view(np.uint16)]


def decode_mu(codes: Codes) -> Pcm:
    """16-bit samples of mu-law (PCMU)."""
    return _MU_SAMPLES[codes]


def encode_a(pcm: Pcm) -> Codes:
    """A-law (PCMA) of 16-bit samples."""
    return _A_CODES[pcm.view(np.uint16)]


def decode_a(codes: Codes) -> Pcm:
    """16-bit samples of A-law (PCMA)."""
    return _A_SAMPLES[codes]
