"""Sound between the worker's 20 ms ticks and LiveKit's tracks, each side at its own pace."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from livekit import rtc

from agent.line import Leg
from audio.frames import FRAME, RATE, TICK, Pcm, dbfs, silence

logger = logging.getLogger(__name__)

SOURCE_QUEUE_MS = 60
"""What the track's own queue holds before it makes the writer wait."""
PRIMING = 2
"""Frames of silence sent ahead of the first: a bridge that has only just subscribed can miss what comes first.

They also stay in the way as a buffer, so that a late tick is not heard."""
QUIET = -60.0
"""dBFS below which a frame can be left out without being missed."""
ENOUGH = 5
"""Frames that may wait, 100 ms; beyond them silence is left out, the oldest first."""
TOO_LONG = 50
"""Frames, 1 s, after which more than enough is too much even where nothing is quiet: the softest goes."""
TOO_MANY = 25
"""Frames that may wait at all: half a second of uninterrupted sound. The oldest goes, silence or not."""
SPEECH = 150
"""The same for what the agent says: a sentence that is late is better than one without its beginning."""


_INTO = (np.arange(FRAME, dtype=np.float32) + 0.5) / FRAME
"""How far a frame has gone over into another at each of its samples."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A frame, and the voice in it, by which it is judged."""

    pcm: Pcm
    voice: Pcm

    @property
    def level(self) -> float:
        """Of the voice, in dBFS."""
        return dbfs(self.voice)

    def into(self, other: "_Waiting") -> "_Waiting":
        """One frame that begins as this one and ends as the other."""
        pcm: Pcm = np.rint(self.pcm * (1 - _INTO) + other.pcm * _INTO).astype(np.int16)
        return _Waiting(pcm, other.voice)


class Backlog:
    """Frames that wait, with a bound on how long the youngest of them has to.

    Whoever fills it and whoever empties it run at the same pace but not in step. A stall on either side lets it grow;
    silence, or else now and then what is softest, is then left out so that the delay does not stay for the rest of the
    call.
    """

    def __init__(self, too_many: int = TOO_MANY, *, spoken: bool = False) -> None:
        """With `spoken`, the short pauses of speech stay: only a longer one is shortened, without a click."""
        self._too_many = too_many
        self._spoken = spoken
        self.left_out = 0
        """Frames that were left out."""
        self._frames: deque[_Waiting] = deque()
        self._long = 0
        """Frames added since there were few enough."""

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, pcm: Pcm, voice: Pcm | None = None) -> None:
        """Add a frame of 480 samples; `voice` is what of it counts as sound, where that is not all."""
        self._frames.append(_Waiting(pcm, pcm if voice is None else voice))
        self._long = self._long + 1 if len(self._frames) > ENOUGH else 0
        if self._long:
            self._leave_out()

    def take(self) -> Pcm | None:
        """The oldest frame; None if there is none."""
        return self._frames.popleft().pcm if self._frames else None

    def _leave_out(self) -> None:
        quiet = [at for at, frame in enumerate(self._frames) if frame.level < QUIET]
        if self._spoken and len(quiet) == len(self._frames):
            self._frames.appendleft(self._frames.popleft().into(self._frames.popleft()))
        elif quiet and not self._spoken:
            del self._frames[quiet[0]]
        elif len(self._frames) > self._too_many:
            self._frames.popleft()
        elif self._long % TOO_LONG == 0 and not self._spoken:
            del self._frames[min(range(len(self._frames)), key=lambda at: self._frames[at].level)]
        else:
            return
        self.left_out += 1


class Outlet(Protocol):
    """Where the agent's sound goes."""

    @property
    def track(self) -> rtc.LocalTrack:
        """What is to be published."""
        ...

    async def write(self, pcm: Pcm) -> None:
        """Send a frame; returns when there is room for the next."""
        ...

    async def aclose(self) -> None:
        """Give the track's resources back."""
        ...


class SourceOutlet:
    """LiveKit's audio source."""

    def __init__(self) -> None:
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=SOURCE_QUEUE_MS)
        self._track = rtc.LocalAudioTrack.create_audio_track("agent", self._source)

    @property
    def track(self) -> rtc.LocalTrack:
        """What is to be published."""
        return self._track

    async def write(self, pcm: Pcm) -> None:
        """Send a frame; returns when there is room for the next."""
        await self._source.capture_frame(rtc.AudioFrame(pcm.tobytes(), RATE, 1, len(pcm)))

    async def aclose(self) -> None:
        """Give the source back."""
        await self._source.aclose()


async def frames_of(track: rtc.Track) -> AsyncGenerator[Pcm, None]:
    """What is heard on a track, in frames of 480 samples, until it ends."""
    stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1, frame_size_ms=round(TICK * 1000))
    try:
        async for event in stream:
            yield np.frombuffer(event.frame.data, dtype=np.int16)
    finally:
        await stream.aclose()


class Sound:
    """LiveKit's two ends of a call's sound."""

    def __init__(self) -> None:
        self._outlet: Outlet = SourceOutlet()

    @property
    def outlet(self) -> Outlet:
        """For the agent's."""
        return self._outlet

    def frames(self, track: rtc.Track) -> AsyncGenerator[Pcm, None]:
        """The callee's, in frames of 480 samples, until the track ends."""
        return frames_of(track)


class Ticks:
    """An answered call's clock: speaks and hears once per 20 ms, by the host's monotonic clock.

    A tick that comes late is made up for and none is left out, so that tick n is always n * 20 ms after the answer.
    Whatever is slow (the source's queue, the network) waits beside it.
    """

    def __init__(self, outlet: Outlet, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self.incoming = Backlog()
        self.outgoing = Backlog(SPEECH, spoken=True)
        self._outlet = outlet
        self._now = now
        self._sleep = sleep
        self._more = asyncio.Event()
        self._running = False

    def arrive(self, pcm: Pcm) -> None:
        """Take a frame of the callee's; those from before the answer are not heard."""
        if self._running and len(pcm) == FRAME:
            self.incoming.put(pcm)

    async def run(self, leg: Leg, answered_at: float) -> None:
        """Tick until cancelled."""
        self._running = True
        for _ in range(PRIMING):
            self.outgoing.put(silence())
        writer = asyncio.create_task(self._write(), name="line.writer")
        try:
            tick = 0
            while not writer.done():
                await self._until(answered_at + tick * TICK)
                if tick:
                    leg.hear(self._heard())
                self.outgoing.put(leg.speak(), leg.voice())
                self._more.set()
                tick += 1
            writer.result()
        finally:
            writer.cancel()

    async def _until(self, due: float) -> None:
        ahead = due - self._now()
        if ahead > 0:
            await self._sleep(ahead)
            return
        # Late: let what arrived meanwhile get here before it is taken for silence.
        for _ in range(3):
            await self._sleep(0)

    def _heard(self) -> Pcm:
        pcm = self.incoming.take()
        return silence() if pcm is None else pcm

    async def _write(self) -> None:
        while True:
            pcm = self.outgoing.take()
            if pcm is None:
                self._more.clear()
                await self._more.wait()
            else:
                await self._outlet.write(pcm)
