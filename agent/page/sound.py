"""A recording for the page: how loud each side was when, and the sound itself as text.

Recordings are read as they are decoded, so that an hour of sound needs no more memory than a minute. One that was cut
off is good up to where it can be read.
"""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from audio.frames import FRAME, RATE

BLOCK = RATE // 50
"""Samples in one figure of loudness: 20 ms."""
LARGEST = 100_000_000
"""Bytes of a recording that goes into a page: more than three hours."""

_ROOM = 600_000
"""Bytes of a recording that may always go into a page as they are."""
_DENSE = 11_000.0
"""Bytes a second above which a longer recording is encoded again: 5 minutes must fit into 5 MB, written as base64."""
_SPARE_BIT_RATE = 48_000
"""Bits a second when it is."""

Loudness = npt.NDArray[np.float32]
"""The loudest sample of each block, 0 to 1."""

_Stereo = npt.NDArray[np.int16]
"""Shape (n, 2)."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording."""

    seconds: float
    callee: Loudness
    agent: Loudness
    uri: str | None
    """`data:` with the whole of it; None where it is too large."""


def hear(path: Path) -> Sound | None:
    """Read a recording; None where it holds no sound. Raises OSError if it cannot be read at all."""
    size = path.stat().st_size
    blocks, samples = _measured(path)
    if samples <= FRAME:
        return None  # an empty recording has one tick in it
    seconds = samples / RATE
    callee, agent = (np.ascontiguousarray(blocks[:, side]) for side in (0, 1))
    return Sound(seconds, callee, agent, None if size > LARGEST else _uri(path, size / seconds))


def _measured(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """Loudness of both sides, shape (blocks, 2), and the number of samples."""
    blocks = [np.zeros((0, 2), dtype=np.float32)]
    left = np.zeros((0, 2), dtype=np.int16)
    samples = 0
    for piece in _decoded(path):
        samples += len(piece)
        left = np.concatenate([left, piece])
        whole = len(left) // BLOCK * BLOCK
        blocks.append(_peaks(left[:whole]))
        left = left[whole:]
    if len(left):
        blocks.append(_peaks(np.pad(left, ((0, BLOCK - len(left)), (0, 0)))))
    return np.concatenate(blocks), samples


def _peaks(sound: _Stereo) -> npt.NDArray[np.float32]:
    loud: npt.NDArray[np.float32] = np.abs(sound.astype(np.float32)).reshape(-1, BLOCK, 2).max(axis=1)
    return loud / np.float32(32768)


def _decoded(path: Path) -> Iterator[_Stereo]:
    """The sound at 24 kHz, piece by piece, as far as it can be read."""
    resampler = av.AudioResampler("s16", "stereo", RATE)
    try:
        with av.open(str(path)) as container:
            for frame in chain(container.decode(audio=0), [None]):
                for piece in resampler.resample(frame):
                    yield piece.to_ndarray().astype(np.int16, copy=False).reshape(-1, 2)
    except (av.FFmpegError, IndexError):
        return  # cut off, or no sound in it


def _uri(path: Path, density: float) -> str:
    """`density` is bytes a second."""
    data = path.read_bytes()
    if len(data) > _ROOM and density > _DENSE:
        data = _sparer(path)
    return "data:audio/ogg;base64," + base64.b64encode(data).decode("ascii")


def _sparer(path: Path) -> bytes:
    """The recording in fewer bytes, sample for sample as long."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg", options={"page_duration": "1000000"}) as container:
        stream = container.add_stream("libopus", rate=RATE, options={"vbr": "constrained"})
        stream.codec_context.layout = "stereo"
        stream.codec_context.format = "s16"
        stream.bit_rate = _SPARE_BIT_RATE
        written = 0
        for piece in _decoded(path):
            frame = av.AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout="stereo")
            frame.sample_rate, frame.pts = RATE, written
            written += len(piece)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
