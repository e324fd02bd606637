"""The headset: the worker's end of a line. It speaks from the mixer and hears for the ears, on the line's clock."""

from collections import deque
from collections.abc import Callable, Sequence

from agent.line import Leg, SpokenWord
from audio.frames import Pcm, silence
from audio.ledger import PlacedWord
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
        self._placed: Sequence[PlacedWord] = ()
        self._spoken: Sequence[SpokenWord] = ()

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
        placed = self._mixer.ledger.placed_words()
        if placed != self._placed:
            self._placed, self._spoken = placed, [SpokenWord(*word) for word in placed]
        return self._spoken


class LateLeg:
    """A `Leg` that can be dialled with before there is a headset; what it misses until then is made up for.

    So the phone rings while the headset is being made, and tick n is tick n even when somebody picks up too soon.
    """

    def __init__(self) -> None:
        self._leg: Leg | None = None
        self._missed: list[Pcm | None] = []
        """In order: None for a frame spoken, else the frame heard."""

    def put_on(self, leg: Leg) -> None:
        """Use this one from now on."""
        for heard in self._missed:
            if heard is None:
                leg.speak()
            else:
                leg.hear(heard)
        self._missed.clear()
        self._leg = leg

    def speak(self) -> Pcm:
        """The next 20 ms for the callee; silence before there is a headset."""
        if self._leg is not None:
            return self._leg.speak()
        self._missed.append(None)
        return silence()

    def hear(self, pcm: Pcm) -> None:
        """Take the last 20 ms from the callee."""
        if self._leg is not None:
            self._leg.hear(pcm)
        else:
            self._missed.append(pcm)

    def spoken(self) -> Sequence[SpokenWord]:
        """Every word put on the line so far."""
        return () if self._leg is None else self._leg.spoken()
