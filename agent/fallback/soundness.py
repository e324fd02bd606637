"""Whether what a voice sends is speech at all, as far as that can be told without understanding it."""

import numpy as np

from audio.frames import Pcm, dbfs, samples
from audio.ledger import audible

_BLOCK = samples(0.05)
"""Samples judged at once."""
_LOUDEST = -10.0
"""dBFS of a block that no voice exceeds without being voiced: even a loud hiss is softer, bytes that are no samples
are 2 dB louder, also where two of them are averaged."""
_VOICED = 0.12
"""Correlation of each sample with the next that loud speech exceeds; of bytes that are no samples it is 0."""


def is_audible(pcm: Pcm) -> bool:
    """Whether there is any sound in it."""
    return len(audible(pcm)) > 0


def is_rubbish(pcm: Pcm) -> bool:
    """Whether part of it is noise as loud as that of bytes that are no samples."""
    blocks = len(pcm) // _BLOCK
    whole = pcm[: blocks * _BLOCK].reshape(blocks, _BLOCK) if blocks else pcm.reshape(1, -1)
    return any(dbfs(block) > _LOUDEST and _correlation(block) < _VOICED for block in whole)


def _correlation(block: Pcm) -> float:
    wide = block.astype(np.float64)
    return float(wide[:-1] @ wide[1:]) / max(float(wide @ wide), 1.0)
