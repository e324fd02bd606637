"""The way sound takes between the callee and the worker: codec, packets that go missing, delay, noise.

Jitter does not make sound uneven here any more than it does at a real far end: the playout buffer holds every packet
until the slowest that it waits for would have come. So the delay is one number for the whole call, and only a packet
later than the buffer is deep is heard, as a repetition that fades.
"""

import functools
from collections.abc import Iterator

import numpy as np

from agent.rehearsal.script import Codec, Network
from audio import noise
from audio.band import Law, TelephoneBand
from audio.frames import Pcm, added, samples, silence

_LAWS = {Codec.PCMU: Law.MU, Codec.PCMA: Law.A}
_FADE = 0.5
"""What is left of a repeated packet's loudness, each time."""
_DRAWN = 100
"""Packets whose fate is drawn at once."""


def delay(network: Network) -> int:
    """Samples from one end of the line to the other: never less than the telephone band's own."""
    wanted = samples((network.delay_ms + network.depth_ms) / 1000)
    return wanted if network.codec is Codec.WIDE else max(wanted, TelephoneBand.DELAY)


class Delay:
    """Sound that comes out as it went in, later."""

    def __init__(self, count: int) -> None:
        """`count` is by how many samples."""
        self._under_way = silence(count)

    def carry(self, frame: Pcm) -> Pcm:
        """Send a frame; returns what comes out meanwhile."""
        line = np.concatenate([self._under_way, frame])
        self._under_way = line[len(frame) :]
        return line[: len(frame)]


@functools.lru_cache(maxsize=4)
def hiss(dbfs: float, seed: int) -> Pcm:
    """What a line adds at the receiving end; made once, it takes 15 ms."""
    return noise.comfort(dbfs=dbfs, seed=seed)


class Path:
    """One direction of the line."""

    def __init__(self, network: Network, *, name: str, noise_dbfs: float | None) -> None:
        """`name` keeps the draws of the two directions apart; `noise_dbfs` is what is added at the receiving end."""
        self.delay = delay(network)
        """Samples by which what is heard is later than what was sent."""
        law = None if network.codec is Codec.WIDE else _LAWS[network.codec]
        self._band = None if law is None else TelephoneBand(law)
        self._lost = _losses(network, np.random.default_rng([network.seed, *name.encode()]))
        self._last = silence()
        self._way = Delay(self.delay - (TelephoneBand.DELAY if self._band else 0))
        self._noise = None if noise_dbfs is None else noise.Loop(hiss(noise_dbfs, network.seed))

    def carry(self, frame: Pcm) -> Pcm:
        """Send a frame; returns what is heard at the far end meanwhile."""
        coded = self._band.pass_on(frame) if self._band else frame
        received = (self._last * _FADE).astype(np.int16) if next(self._lost) else coded
        self._last = received
        heard = self._way.carry(received)
        if self._noise is None:
            return heard
        return added(heard, self._noise.take(len(frame)))


def _losses(network: Network, rng: np.random.Generator) -> Iterator[bool]:
    """For each packet, whether it never arrives or arrives later than the playout buffer waits."""
    loss, jitter, depth = network.loss, network.jitter_ms, network.depth_ms
    while True:
        for missing, late in rng.random((_DRAWN, 2)).tolist():
            yield missing < loss or late * jitter > depth
