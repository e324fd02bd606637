"""Recordings: a call as stereo Ogg/Opus, left the callee, right the agent.

Sample n of a recording is sample n of the call: what the encoder adds at the start is marked to be skipped, and the
last page says where the call ended. Pages go to the file as they fill, so a recording that was never closed can be read
up to its last half second.
"""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Self

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import OutputContainer

from audio.frames import FRAME, RATE, Pcm

_BIT_RATE = 64_000
_PAGE = "500000"
"""Microseconds of sound in a page."""
_BATCH = RATE // 10
"""Samples that are encoded at once."""
_PATIENCE = 10.0
"""Seconds a disk may take for what is left when a recording is closed."""

_Stereo = npt.NDArray[np.int16]
"""Shape (n, 2)."""


class RecordingFailed(Exception):
    """The recording could not be written."""

    def __str__(self) -> str:
        return ": ".join(["The recording could not be written", *map(str, self.args)]) + "."


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the file system and of the encoder as `RecordingFailed`, with the system's own reason."""
    try:
        yield
    except (OSError, ValueError, av.FFmpegError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise RecordingFailed(reason or type(error).__name__) from error


class Recorder:
    """Writes one recording. `append` costs the caller microseconds; a thread of its own encodes."""

    def __init__(self, path: Path) -> None:
        """Open the file and begin. Raises `RecordingFailed` if it cannot be written."""
        self._waiting: queue.SimpleQueue[_Stereo | None] = queue.SimpleQueue()
        self._failure: RecordingFailed | None = None
        self._closed = False
        with _translated():
            path.open("wb").close()
            self._file = _File(path)
        self._thread = threading.Thread(target=self._work, name="recording", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, left: Pcm, right: Pcm) -> None:
        """Add the next samples, equally many of each side.

        Raises `RecordingFailed` if what came before could not be written, ValueError if the sides differ or it is
        closed.
        """
        if self._closed:
            raise ValueError("expected an open recording")
        if len(left) != len(right):
            raise ValueError(f"expected sides of equal length, received {len(left)} and {len(right)} samples")
        if self._failure is not None:
            raise self._failure
        self._waiting.put(np.stack([left, right], axis=1))

    def close(self) -> None:
        """Write what is left and close the file; blocks until that is done. Safe twice.

        Raises `RecordingFailed` if not everything could be written.
        """
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
            self._thread.join(_PATIENCE)
            if self._thread.is_alive():
                self._failure = RecordingFailed("the disk does not answer")
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        try:
            with _translated():
                for batch in self._batches():
                    self._file.write(batch)
        except RecordingFailed as failure:
            self._failure = failure
        finally:
            self._end()

    def _batches(self) -> Iterator[_Stereo]:
        kept: list[_Stereo] = []
        while (sound := self._waiting.get()) is not None:
            kept.append(sound)
            if sum(map(len, kept)) >= _BATCH:
                yield np.concatenate(kept)
                kept = []
        if kept:
            yield np.concatenate(kept)

    def _end(self) -> None:
        try:
            with _translated():
                self._file.close()
        except RecordingFailed as failure:
            self._failure = self._failure or failure


class _File:
    """An Ogg file being written; for one thread."""

    def __init__(self, path: Path) -> None:
        self._container: OutputContainer = av.open(
            str(path), "w", format="ogg", options={"page_duration": _PAGE, "flush_packets": "1"}
        )
        self._stream: AudioStream = self._container.add_stream("libopus", rate=RATE)
        self._stream.codec_context.layout = "stereo"
        self._stream.codec_context.format = "s16"
        self._stream.bit_rate = _BIT_RATE
        self._container.start_encoding()
        self._written = 0

    def write(self, sound: _Stereo) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound).reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = self._written
        self._written += len(sound)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        if not self._written:
            # An Ogg file without any sound cannot be read back.
            self.write(np.zeros((FRAME, 2), dtype=np.int16))
        try:
            self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()


def read_ogg(path: Path) -> tuple[Pcm, Pcm]:
    """Left and right of a recording at 24 kHz, equally long.

    Raises OSError if the file cannot be read, ValueError if it holds no sound.
    """
    try:
        sides = np.concatenate([np.zeros((0, 2), dtype=np.int16), *_decoded(path)])
    except OSError:
        raise
    except av.FFmpegError:
        raise ValueError("expected a recording in a format that ffmpeg knows") from None
    return np.ascontiguousarray(sides[:, 0]), np.ascontiguousarray(sides[:, 1])


def _decoded(path: Path) -> Iterator[_Stereo]:
    resampler = av.AudioResampler("s16", "stereo", RATE)
    with av.open(str(path)) as container:
        for frame in chain(container.decode(audio=0), [None]):
            for piece in resampler.resample(frame):
                yield piece.to_ndarray().astype(np.int16, copy=False).reshape(-1, 2)
