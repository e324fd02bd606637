"""The little of LiveKit's room that a line uses; `rtc.Room` fits, and so does a double."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from livekit import rtc
from livekit.rtc.room import EventTypes


class Publication(Protocol):
    """Our published track."""

    async def wait_for_subscription(self) -> None:
        """Return once somebody has subscribed."""
        ...


class RemotePublication(Protocol):
    """A track of the callee's."""

    @property
    def track(self) -> rtc.Track | None:
        """The track, once it is subscribed to."""
        ...

    def set_subscribed(self, subscribed: bool) -> None:
        """Ask for the track."""
        ...


class Remote(Protocol):
    """Another participant."""

    @property
    def identity(self) -> str:
        """The name it joined with."""
        ...

    @property
    def attributes(self) -> dict[str, str]:
        """The bridge's are called `sip.…`."""
        ...

    @property
    def disconnect_reason(self) -> "rtc.DisconnectReason.ValueType | None":
        """Why it left; None for no reason given."""
        ...

    @property
    def track_publications(self) -> Mapping[str, RemotePublication]:
        """By track id."""
        ...


class Local(Protocol):
    """The worker's own participant."""

    async def publish_track(self, track: rtc.LocalTrack, options: rtc.TrackPublishOptions = ...) -> Publication:
        """Offer a track to the room."""
        ...

    def set_track_subscription_permissions(
        self,
        *,
        allow_all_participants: bool,
        participant_permissions: list[rtc.ParticipantTrackPermission] | None = None,
    ) -> None:
        """Say who may subscribe to our tracks."""
        ...

    async def publish_dtmf(self, *, code: int, digit: str) -> None:
        """Send a digit to the room; the bridge plays it to the phone."""
        ...

    async def perform_rpc(
        self,
        *,
        destination_identity: str,
        method: str,
        payload: str,
        response_timeout: float | None = None,
        max_round_trip_latency: float | None = None,
    ) -> str:
        """Ask another participant; raises `rtc.RpcError`."""
        ...


class Room(Protocol):
    """A room the worker is connected to."""

    @property
    def name(self) -> str:
        """As the server knows it."""
        ...

    @property
    def local_participant(self) -> Local:
        """The worker."""
        ...

    @property
    def remote_participants(self) -> Mapping[str, Remote]:
        """Everybody else, by identity."""
        ...

    def isconnected(self) -> bool:
        """Whether the room has not been left or lost."""
        ...

    def on(self, event: EventTypes, callback: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """Call back on an event."""
        ...

    def off(self, event: EventTypes, callback: Callable[..., Any]) -> None:
        """Call back no more."""
        ...
