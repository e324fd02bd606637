"""A line whose callee sits at this machine: microphone and speaker behind `agent.line.Line`.

The microphone's clock is the line's: each 20 ms that come from it are a tick. What is to be heard waits for the speaker
in a short queue; what the speaker really took of it is what the canceller takes out of the microphone.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from agent.line import Answered, Cancelled, Dropped, HungUp, Leg, LineEvent, Pressed, Refused
from agent.problems import WorkerError
from audio import tones
from audio.frames import FRAME, RATE, Pcm, dbfs, silence

logger = logging.getLogger(__name__)

WAITING = 10
"""Frames that may wait for the speaker; beyond that the oldest are lost, so that nothing is heard ever later."""
ALIVE = 2.0
"""Seconds without a sound from the microphone, not even silence, after which it is gone."""
_KEY = 0.12
"""Seconds a pressed key is heard."""
_FLOOR = -96.0
"""dBFS of silence, to the level meter."""
_FALL = 1.5
"""dB by which the meter falls in 20 ms."""


class NoDevice(WorkerError):
    """There is no microphone or no speaker; the text says what to do."""


class Device(Protocol):
    """A microphone and a speaker, 24 kHz mono."""

    def start(self, heard: Callable[[Pcm], None], wanted: Callable[[], Pcm]) -> float:
        """Give every 20 ms of the microphone to `heard`, and take every 20 ms for the speaker from `wanted`.

        Both may be called on any thread, and return at once. Returns the seconds from `wanted` to the ear. Raises
        `NoDevice`.
        """
        ...

    def stop(self) -> None:
        """Call neither any more. Safe twice."""
        ...


class Canceller(Protocol):
    """Takes the speaker out of what the microphone hears."""

    def late(self, seconds: float) -> None:
        """The speaker is heard by the microphone so much later than `played` is told of it."""
        ...

    def played(self, pcm: Pcm) -> None:
        """20 ms that go to the speaker."""
        ...

    def cleaned(self, pcm: Pcm) -> Pcm:
        """20 ms of the microphone, without the speaker."""
        ...


@dataclass(slots=True)
class Controls:
    """What the person at the console sees and turns."""

    muted: bool = False
    level: float = _FLOOR
    """dBFS of the microphone, falling slowly."""
    keys: deque[str] = field(default_factory=deque)
    """Pressed, and not yet heard."""

    def measure(self, pcm: Pcm) -> None:
        """Take the level of 20 ms."""
        self.level = max(dbfs(pcm), self.level - _FALL, _FLOOR)


class _Queue:
    """What waits for the speaker; filled on one thread and emptied on another."""

    def __init__(self) -> None:
        self._frames: deque[Pcm] = deque(maxlen=WAITING)
        self._taken: deque[Pcm] = deque(maxlen=WAITING)
        """What the speaker was given, silence too, and nobody has been told of."""
        self._lock = threading.Lock()

    def put(self, pcm: Pcm) -> None:
        with self._lock:
            self._frames.append(pcm)

    def take(self) -> Pcm:
        with self._lock:
            pcm = self._frames.popleft() if self._frames else silence()
            self._taken.append(pcm)
            return pcm

    def taken(self) -> list[Pcm]:
        with self._lock:
            taken = list(self._taken)
            self._taken.clear()
            return taken


class CardLine:
    """A line for one call; `agent.line.Line`."""

    def __init__(self, device: Device, canceller: Canceller, controls: Controls) -> None:
        self._device = device
        self._canceller = canceller
        self._controls = controls
        self._latency = 0.0
        self._leg: Leg | None = None
        self._notify: Callable[[LineEvent], None] | None = None
        self._queue = _Queue()
        self._tone: deque[Pcm] = deque()
        """Of the key that is being pressed, frame by frame."""
        self._answered = asyncio.Event()
        self._heard_at = 0.0
        self._watch: asyncio.Task[None] | None = None
        self._over = False

    @property
    def latency(self) -> float:
        """As `Line.latency`."""
        return self._latency

    async def dial(self, leg: Leg, notify: Callable[[LineEvent], None]) -> None:
        """As `Line.dial`: whoever sits at the console has answered once the microphone gives its first sound."""
        loop = asyncio.get_running_loop()
        self._leg, self._notify = leg, notify
        self._heard_at = time.monotonic()

        def heard(pcm: Pcm) -> None:
            try:
                loop.call_soon_threadsafe(self._tick, pcm)
            except RuntimeError:
                return  # the loop is gone, and with it the call

        try:
            self._latency = self._device.start(heard, self._queue.take)
        except NoDevice as error:
            notify(Refused(time.monotonic(), "non_classified_error", None, str(error)))
            return
        self._canceller.late(self._latency)
        self._watch = asyncio.create_task(self._keep_watch(), name="sound card")
        await self._answered.wait()

    def _tick(self, pcm: Pcm) -> None:
        """One frame of each side."""
        if self._over or self._leg is None or self._notify is None:
            return
        self._heard_at = time.monotonic()
        if not self._answered.is_set():
            self._answered.set()
            self._notify(Answered(self._heard_at - len(pcm) / RATE))
        self._queue.put(self._leg.speak())
        for played in self._queue.taken():
            self._canceller.played(played)
        near = self._canceller.cleaned(pcm)
        self._controls.measure(near)
        self._leg.hear(self._pressed(silence() if self._controls.muted else near))

    def _pressed(self, near: Pcm) -> Pcm:
        """The callee's side with the tone of a key, of which the worker is told."""
        if not self._tone and self._controls.keys and self._notify is not None:
            digit = self._controls.keys.popleft()
            sound = np.concatenate([tones.dtmf(digit, _KEY), silence(2 * FRAME)])
            self._tone.extend(sound[start : start + FRAME] for start in range(0, len(sound), FRAME))
            self._notify(Pressed(time.monotonic(), digit))
        return self._tone.popleft() if self._tone else near

    async def _keep_watch(self) -> None:
        """Notice a device that was unplugged."""
        while not self._over:
            await asyncio.sleep(ALIVE / 4)
            if time.monotonic() - self._heard_at < ALIVE or self._notify is None:
                continue
            logger.warning("the microphone is silent")
            self._notify(Dropped(time.monotonic(), "connection_timeout"))
            self._answered.set()
            return

    def put_down(self) -> None:
        """Whoever sits at the console hangs up."""
        if self._notify is None or self._over:
            return
        at = time.monotonic()
        self._notify(HungUp(at) if self._answered.is_set() else Cancelled(at))

    async def hang_up(self) -> None:
        """As `Line.hang_up`."""
        self._over = True
        self._answered.set()
        if self._watch is not None:
            self._watch.cancel()
        await asyncio.to_thread(self._device.stop)
