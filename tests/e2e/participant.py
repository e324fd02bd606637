"""Somebody in a room who says what a test tells them, and keeps what they hear: the simplest agent there is."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from livekit import api, rtc

from audio.frames import FRAME, RATE, Pcm
from tests.e2e.rtp import until
from tests.e2e.stack import Deployment


class Participant:
    """In a room from `joined` on."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = room
        self.statuses: list[tuple[float, str]] = []
        """Every `sip.callStatus` of the callee's, with its moment, host monotonic seconds."""
        self.left: list[tuple[float, int | None]] = []
        """When others left, and their `DisconnectReason`."""
        self.keys = ""
        """What the callee pressed."""
        self._heard: list[Pcm] = []
        self._waiting: deque[Pcm] = deque()
        self._tasks: list[asyncio.Task[None]] = []
        room.on("track_subscribed", self._subscribed)
        room.on("participant_attributes_changed", self._changed)
        room.on("participant_disconnected", self._disconnected)
        room.on("sip_dtmf_received", self._pressed)

    @property
    def heard(self) -> Pcm:
        """Everything from the others so far, at 24 kHz."""
        return np.concatenate(self._heard) if self._heard else np.zeros(0, dtype=np.int16)

    @property
    def status(self) -> str:
        """The callee's last `sip.callStatus`; empty before there is one."""
        return self.statuses[-1][1] if self.statuses else ""

    def say(self, pcm: Pcm) -> None:
        """Speak 24 kHz samples after those that wait already; what does not fill a frame is padded."""
        whole = np.pad(pcm, (0, -len(pcm) % FRAME))
        self._waiting.extend(np.split(whole, len(whole) // FRAME))

    async def press(self, keys: str) -> None:
        """Publish keys for the callee."""
        for key in keys:
            await self.room.local_participant.publish_dtmf(code="0123456789*#ABCD".index(key), digit=key)

    async def active(self, within: float = 10.0) -> None:
        """Wait until the callee's call is."""
        await until(lambda: self.status == "active", within, "the call was active")

    async def publish(self) -> None:
        """Publish a track and speak into it from now on."""
        source = rtc.AudioSource(RATE, 1, queue_size_ms=60)
        track = rtc.LocalAudioTrack.create_audio_track("voice", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
        await self.room.local_participant.publish_track(track, options)
        self._do(self._speak(source))

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.disconnect()

    async def _speak(self, source: rtc.AudioSource) -> None:
        nothing = np.zeros(FRAME, dtype=np.int16)
        try:
            while True:
                pcm = self._waiting.popleft() if self._waiting else nothing
                await source.capture_frame(rtc.AudioFrame(pcm.tobytes(), RATE, 1, FRAME))
        finally:
            await source.aclose()

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1)
        try:
            async for event in stream:
                self._heard.append(np.frombuffer(bytes(event.frame.data), dtype=np.int16))
        finally:
            await stream.aclose()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work, name="participant"))

    def _subscribed(self, track: rtc.Track, _: rtc.RemoteTrackPublication, __: rtc.RemoteParticipant) -> None:
        self._do(self._listen(track))

    def _changed(self, changed: dict[str, str], participant: rtc.Participant) -> None:
        if "sip.callStatus" in changed:
            self.statuses.append((time.monotonic(), changed["sip.callStatus"]))

    def _disconnected(self, participant: rtc.RemoteParticipant) -> None:
        self.left.append((time.monotonic(), participant.disconnect_reason))

    def _pressed(self, event: rtc.SipDTMF) -> None:
        self.keys += event.digit


@asynccontextmanager
async def joined(deployment: Deployment, room: str, identity: str = "agent") -> AsyncIterator[Participant]:
    """A participant in the room, which is made if need be; it leaves on exit."""
    grants = api.VideoGrants(room_join=True, room=room, agent=True)
    token = api.AccessToken(deployment.key, deployment.secret).with_identity(identity).with_grants(grants).to_jwt()
    participant = Participant(rtc.Room())
    await participant.room.connect(deployment.url, token)
    try:
        yield participant
    finally:
        await participant.leave()
