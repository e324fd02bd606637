"""The headset: the worker's end of a line. It speaks from the mixer and hears for the ears, on the line's clock."""

from collections import deque
from collections.abc import Callable, Sequence

from agent.line import SpokenWord
from audio.frames import Pcm
from audio.mixer import Mixer

Hear = Callable[[Pcm], None]
Record = Callable[[Pcm, Pcm], None]


class Headset:
    """A `Leg`: 20 ms out, 20 ms in, tick by tick, both kept in step for the recording."""

    def __init__(self, mixer: Mixer, hearers: Sequence[Hear], record: Record | None) -> None:
        """Each of `hearers` is given every frame of the callee's; `record` the callee's and the agent's of one tick."""
        self._mixer = mixer
        self._hearers = hearers
        self._record = record
        self._said: deque[Pcm] = deque()

    def speak(self) -> Pcm:
        """The next 20 ms for the callee."""
        pcm = self._mixer.tick()
        if self._record is not None:
            self._said.append(pcm)
        return pcm

    def hear(self, pcm: Pcm) -> None:
        """Take the last 20 ms from the callee."""
        for hearer in self._hearers:
            hearer(pcm)
        if self._record is not None and self._said:
            self._record(pcm, self._said.popleft())

    def spoken(self) -> Sequence[SpokenWord]:
        """Every word put on the line so far."""
        return [SpokenWord(*placed) for placed in self._mixer.ledger.placed_words()]
