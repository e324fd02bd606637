"""The headset: the worker's end of a line. It speaks from the mixer and hears for the ears, on the line's clock."""

from collections import deque
from collections.abc import Callable, Sequence

from agent.line import Leg
from audio.echo import EchoMeter
from audio.frames import Pcm, silence
from audio.ledger import SpokenWord
from audio.mixer import Mixer

Hear = Callable[[Pcm], None]
Compare = Callable[[Pcm, Pcm], None]
"""Takes the callee's and the agent's 20 ms of one tick."""


class OwnVoice:
    """The agent's own voice, as the ears have to know it."""

    def __init__(self, mixer: Mixer, meter: EchoMeter) -> None:
        self._mixer = mixer
        self._meter = meter

    @property
    def speaking(self) -> bool:
        """The agent speaks at this moment."""
        return self._mixer.speaking

    def echoes(self, start: int, stop: int) -> bool:
        """Whether what was heard between two samples of the call is the agent's own voice coming back."""
        return self._meter.echoes(start, stop)

    def echoed(self, seconds: float) -> bool:
        """The same of the last so many seconds."""
        return self._meter.echoed(seconds)


class Headset:
    """A `Leg`: 20 ms out, 20 ms in, tick by tick, both kept in step."""

    def __init__(
        self,
        mixer: Mixer,
        hearers: Sequence[Hear],
        comparers: Sequence[Compare],
        ticked: Callable[[], None] = lambda: None,
    ) -> None:
        """Each of `hearers` is given every frame of the callee's; `comparers`, before, both sides of one tick.

        `ticked` is called whenever a frame is handed to the line.
        """
        self._mixer = mixer
        self._ticked = ticked
        self._hearers = hearers
        self._comparers = comparers
        self._said: deque[Pcm] = deque()

    def speak(self) -> Pcm:
        """The next 20 ms for the callee."""
        self._ticked()
        pcm = self._mixer.tick()
        self._said.append(pcm)
        return pcm

    def hear(self, pcm: Pcm) -> None:
        """Take the last 20 ms from the callee."""
        if self._said:
            said = self._said.popleft()
            for comparer in self._comparers:
                comparer(pcm, said)
        for hearer in self._hearers:
            hearer(pcm)

    def voice(self) -> Pcm:
        """The last 20 ms for the callee, without the sounds under it."""
        return self._mixer.voice

    def spoken(self) -> Sequence[SpokenWord]:
        """Every word put on the line so far."""
        return self._mixer.ledger.spoken()


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

    def voice(self) -> Pcm:
        """The last 20 ms for the callee, without the sounds under it."""
        return silence() if self._leg is None else self._leg.voice()

    def spoken(self) -> Sequence[SpokenWord]:
        """Every word put on the line so far."""
        return () if self._leg is None else self._leg.spoken()
