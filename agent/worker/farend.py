"""The far end of a line as the room shows it: the callee's participant, what the bridge says of it, and its leaving."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livekit import rtc
from livekit.rtc.room import EventTypes

from agent.worker.dialing import HANGUP, Departure, departure
from agent.worker.room import Remote, Room

logger = logging.getLogger(__name__)

CALL_STATUS = "sip.callStatus"
GRACE = 20.0
"""Seconds a lost connection to the server is given to come back."""
SECOND_THOUGHTS = 0.3
"""Seconds for the room's own reason to follow when the callee leaves without one."""
STAYS = 1.0
"""Seconds in which a callee who has hung up leaves the room.

A server that happens to write to the bridge while that goes misses its leaving, and keeps it for some 20 s more.
"""


@dataclass(frozen=True, slots=True)
class Gone:
    """The callee's participant is no longer there."""

    at: float
    """Host monotonic seconds."""
    why: Departure
    reason: str = ""
    """LiveKit's name for it, where it gave one."""


class FarEnd:
    """Follows one participant of a room."""

    def __init__(
        self,
        room: Room,
        identity: str,
        now: Callable[[], float],
        *,
        on_track: Callable[[rtc.Track], None],
        on_back: Callable[[], None],
    ) -> None:
        """`identity` is the callee's; they need not be in the room yet.

        `on_track` is given their audio track, again whenever it is subscribed to anew; `on_back` is called when a
        connection that was lost has come back.
        """
        loop = asyncio.get_running_loop()
        self.active = asyncio.Event()
        """The phone was picked up, says the bridge."""
        self.gone: asyncio.Future[Gone] = loop.create_future()
        self.rang_at: float | None = None
        self.on_ring: Callable[[float], None] = lambda _at: None
        """Told, once, when the phone began to ring."""
        self.on_key: Callable[[str], None] = lambda _digit: None
        """Given each key the callee presses."""
        self._room = room
        self._on_track = on_track
        self._on_back = on_back
        self._watching = False
        self._identity = identity
        self._now = now
        self._status = ""
        self._connected = True
        self._timer: asyncio.TimerHandle | None = None
        self._handlers: dict[EventTypes, Callable[..., Any]] = {
            "participant_connected": self._seen,
            "participant_attributes_changed": self._changed,
            "participant_disconnected": self._left,
            "track_subscribed": self._track_subscribed,
            "sip_dtmf_received": self._key_pressed,
            "disconnected": self._put_out,
            "reconnecting": self._connection_lost,
            "reconnected": self._connection_back,
        }

    @property
    def connected(self) -> bool:
        """Whether what is known of the far end is up to date."""
        return self._connected and not self.gone.done()

    def watch(self) -> None:
        """Begin, once; what is already in the room counts."""
        if self._watching:
            return
        self._watching = True
        for event, handler in self._handlers.items():
            self._room.on(event, handler)
        callee = self._room.remote_participants.get(self._identity)
        if callee is not None:
            self._seen(callee)
            for publication in callee.track_publications.values():
                if publication.track is not None:
                    self._heard_of(publication.track)
                else:
                    publication.set_subscribed(True)
        if not self._room.isconnected():
            self.leave(Departure.LOST)

    def unwatch(self) -> None:
        """Stop; nothing is called back any more."""
        if self._watching:
            self._watching = False
            for event, handler in self._handlers.items():
                self._room.off(event, handler)
        self._stop_timer()

    def leave(self, why: Departure, reason: str = "") -> None:
        """Take the callee for gone."""
        self._stop_timer()
        if not self.gone.done():
            self.gone.set_result(Gone(self._now(), why, reason))

    def _seen(self, participant: Remote) -> None:
        if participant.identity == self._identity:
            self._take_status(participant)
            self._settle()

    def _changed(self, changed: dict[str, str], participant: Remote) -> None:
        if participant.identity == self._identity:
            self._take_status(participant)

    def _take_status(self, participant: Remote) -> None:
        status = participant.attributes.get(CALL_STATUS, "")
        if not status:
            return
        self._status = status
        if status == "ringing" and self.rang_at is None:
            self.rang_at = self._now()
            self.on_ring(self.rang_at)
        elif status == "active":
            self.active.set()
        elif status == HANGUP and self._connected:
            self._later(STAYS, self._stayed)

    def _left(self, participant: Remote) -> None:
        if participant.identity != self._identity:
            return
        self._take_status(participant)
        reason = _name(participant.disconnect_reason)
        why = departure(reason, status=self._status, ourselves=False)
        if not self._connected:
            return  # A connection that is built anew lets everybody leave and come back.
        if participant.disconnect_reason is None and why is Departure.LOST:
            # A room that is deleted lets everybody leave without a reason before it says why.
            self._later(SECOND_THOUGHTS, lambda: self.leave(why))
        else:
            self.leave(why, reason)

    def _stayed(self) -> None:
        logger.info("the callee has hung up and was not seen to leave")
        self.leave(Departure.HUNG_UP)

    def _put_out(self, reason: "rtc.DisconnectReason.ValueType | None" = None) -> None:
        self.leave(departure(_name(reason), status=self._status, ourselves=True))

    def _connection_lost(self) -> None:
        if self._connected and self._status == HANGUP:
            self._stayed()
        elif self._connected:
            self._connected = False
            self._later(GRACE, lambda: self.leave(Departure.LOST))

    def _connection_back(self) -> None:
        self._connected = True
        self._settle()

    def _settle(self) -> None:
        """After a loss: all is well once we are connected and the callee is there; their bridge may need longer."""
        if self._timer is None or not self._connected or self._identity not in self._room.remote_participants:
            return
        if self._status == HANGUP:
            self._later(STAYS, self._stayed)
        else:
            self._stop_timer()
            self._on_back()

    def _track_subscribed(self, track: rtc.Track, publication: object, participant: Remote) -> None:
        if participant.identity == self._identity:
            self._heard_of(track)

    def _heard_of(self, track: rtc.Track) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._on_track(track)

    def _key_pressed(self, key: rtc.SipDTMF) -> None:
        if key.participant is not None and key.participant.identity == self._identity:
            self.on_key(key.digit)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, act)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _name(reason: "rtc.DisconnectReason.ValueType | None") -> str:
    """LiveKit's name for a reason; one that this release does not know is lost without a name."""
    if reason is None:
        return "UNKNOWN_REASON"
    if reason not in rtc.DisconnectReason.values():
        return f"{reason}"
    return rtc.DisconnectReason.Name(reason)
