"""Loudness as it is perceived: EBU R 128 (ITU-R BS.1770), measured by ffmpeg."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter import Graph

from audio.frames import RATE, Pcm

SILENT = -70.0
"""LUFS below which R 128 measures nothing."""
_INTEGRATED = "lavfi.r128.I"


def integrated(pcm: Pcm) -> float:
    """Integrated loudness in LUFS of one channel, where a sine of 1 kHz at full scale has -3.

    `SILENT` for silence and for anything shorter than 0.4 s.
    """
    if not len(pcm):
        return SILENT
    running = [float(frame.metadata[_INTEGRATED]) for frame in _measured(pcm) if _INTEGRATED in frame.metadata]
    return running[-1] if running else SILENT


def _measured(pcm: Pcm) -> Iterator[av.AudioFrame]:
    """The sound in the filter's own portions, each with what was measured up to its end."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="s16", layout="mono", time_base=Fraction(1, RATE))
    graph.link_nodes(source, graph.add("ebur128", "metadata=1"), graph.add("abuffersink")).configure()
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate, frame.pts = RATE, 0
    graph.push(frame)
    graph.push(None)
    while True:
        try:
            measured = graph.pull()
        except av.EOFError:
            return
        assert isinstance(measured, av.AudioFrame)
        yield measured
