"""The sound of one call on LiveKit: our track for the callee's ears only, theirs for ours."""

import asyncio
import time
from contextlib import aclosing

from livekit import rtc

from agent.line import Leg
from agent.worker.pulse import packets_of
from agent.worker.room import Publication, Room
from agent.worker.sound import Sound, Ticks

PUBLISH_LONGEST = 10.0
"""Seconds the server may take to accept our track."""
CLOSE_LONGEST = 1.0
"""Seconds the reader of the callee's track may take to stop."""


class Wire:
    """Publishes, listens and ticks."""

    def __init__(self, room: Room, callee: str, sound: Sound) -> None:
        """`callee` is the identity of the one participant who may hear us and is listened to."""
        self._room = room
        self._callee = callee
        self._sound = sound
        self._ticks = Ticks(sound.outlet, time.monotonic, asyncio.sleep)
        self._publication: Publication | None = None
        self._track: rtc.Track | None = None
        self._listener: asyncio.Task[None] | None = None

    async def publish(self) -> None:
        """Offer our track; once is enough. A bridge with an inbound caller answers them on it."""
        if self._publication is not None:
            return
        self.permit()
        # Without gaps in the stream the bridge's mixer, which starts anew after one, never clips the start of a word.
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False, red=False)
        async with asyncio.timeout(PUBLISH_LONGEST):
            self._publication = await self._room.local_participant.publish_track(self._sound.outlet.track, options)

    def permit(self) -> None:
        """Let nobody but the callee subscribe to us; so the first subscriber is the phone."""
        self._room.local_participant.set_track_subscription_permissions(
            allow_all_participants=False,
            participant_permissions=[rtc.ParticipantTrackPermission(participant_identity=self._callee, allow_all=True)],
        )

    async def subscribed(self) -> None:
        """Return once the callee is subscribed to our track, which has been published."""
        assert self._publication is not None
        await self._publication.wait_for_subscription()

    def listen(self, track: rtc.Track) -> None:
        """Hear the callee on this track from now on."""
        if self._listener is not None:
            self._listener.cancel()
        self._track = track
        self._listener = asyncio.create_task(self._hear(track), name="line.listener")

    async def talk(self, leg: Leg, answered_at: float) -> None:
        """Tick until cancelled; sample 0 of both directions was at `answered_at`."""
        await self._ticks.run(leg, answered_at)

    async def packets(self) -> int | None:
        """How many packets of the callee's have arrived; None where that cannot be told."""
        return None if self._track is None else await packets_of(self._track)

    async def aclose(self) -> None:
        """Stop listening and give the track back."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait({self._listener}, timeout=CLOSE_LONGEST)
        await self._sound.outlet.aclose()

    async def _hear(self, track: rtc.Track) -> None:
        async with aclosing(self._sound.frames(track)) as frames:
            async for pcm in frames:
                self._ticks.arrive(pcm)
