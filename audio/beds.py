"""Beds: sounds that lie under what is said, looped, faded in and out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from audio.frames import Pcm, clipped, samples
from audio.noise import Loop

FADE = samples(0.1)
"""Samples from silence to full volume, and back: short enough to be out of the way of a reply's first word."""


class Bed:
    """A loop at a volume, silent until it is faded in."""

    def __init__(self, loop: Pcm, volume: float) -> None:
        """`volume` is linear: 1 is the loop as it is, 0.5 is 6 dB below."""
        self._loop = Loop(loop)
        self._volume = np.float32(volume)
        self._faded = 0
        """How far it is faded in, in samples of `FADE`."""
        self._direction = -1

    @property
    def silent(self) -> bool:
        """Nothing of it will be heard until it is faded in again."""
        return self._direction < 0 and self._faded == 0

    def fade_in(self) -> None:
        """From the next sample on, go up to the volume; the loop goes on where it was left."""
        self._direction = 1

    def fade_out(self) -> None:
        """From the next sample on, go down to silence."""
        self._direction = -1

    def take(self, count: int) -> npt.NDArray[np.float32]:
        """The next samples."""
        sound = self._loop.take(count) * self._volume
        if self._direction < 0 or self._faded < FADE:
            steps = np.arange(1, count + 1, dtype=np.float32)
            ramp = np.clip(self._faded + self._direction * steps, 0, FADE)
            self._faded = int(ramp[-1])
            sound *= ramp / np.float32(FADE)
        return sound


def laid_under(voice: Pcm, beds: Sequence[Bed]) -> Pcm:
    """The voice with the beds under it, as loud as 16 bits allow."""
    sounding = [bed for bed in beds if not bed.silent]
    if not sounding:
        return voice
    mixed = voice.astype(np.float32)
    for bed in sounding:
        mixed += bed.take(len(voice))
    return clipped(mixed)
