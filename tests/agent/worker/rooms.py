"""Doubles of what is around a line: the room, the sound, and the server's API over real HTTP."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from livekit import api, rtc
from livekit.rtc.room import EventTypes

from agent.line import LineEvent
from agent.worker.farend import CALL_STATUS
from agent.worker.sound import Outlet, Sound, SourceOutlet
from audio.frames import Pcm, silence
from audio.ledger import SpokenWord

CALLEE = "callee"
SECRET = "secret-0123456789-0123456789-0123456789"


class FakePublication:
    def __init__(self) -> None:
        self.subscription = asyncio.Event()

    async def wait_for_subscription(self) -> None:
        await self.subscription.wait()


@dataclass
class FakeRemotePublication:
    track: rtc.Track | None
    asked: list[bool] = field(default_factory=list)

    def set_subscribed(self, subscribed: bool) -> None:
        self.asked.append(subscribed)


@dataclass
class FakeRemote:
    identity: str
    attributes: dict[str, str] = field(default_factory=dict)
    disconnect_reason: "rtc.DisconnectReason.ValueType | None" = None
    track_publications: Mapping[str, FakeRemotePublication] = field(default_factory=dict)


class FakeLocal:
    """Remembers, in order, what it was asked for."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.permissions: list[rtc.ParticipantTrackPermission] = []
        self.allowed_all: bool | None = None
        self.digits = ""
        self.answers = True
        """The bridge answers questions."""
        self.questions: asyncio.Queue[str] = asyncio.Queue()
        """What others were asked."""
        self.accepts = asyncio.Event()
        self.accepts.set()
        """The server takes the track."""
        self.publication = FakePublication()

    async def publish_track(
        self, track: rtc.LocalTrack, options: rtc.TrackPublishOptions | None = None
    ) -> FakePublication:
        self.did.append("publish")
        await self.accepts.wait()
        return self.publication

    def set_track_subscription_permissions(
        self,
        *,
        allow_all_participants: bool,
        participant_permissions: list[rtc.ParticipantTrackPermission] | None = None,
    ) -> None:
        self.did.append("permit")
        self.allowed_all = allow_all_participants
        self.permissions = participant_permissions or []

    async def publish_dtmf(self, *, code: int, digit: str) -> None:
        self.digits += digit

    async def perform_rpc(
        self,
        *,
        destination_identity: str,
        method: str,
        payload: str,
        response_timeout: float | None = None,
        max_round_trip_latency: float | None = None,
    ) -> str:
        self.questions.put_nowait(method)
        codes = rtc.RpcError.ErrorCode
        raise rtc.RpcError(codes.UNSUPPORTED_METHOD if self.answers else codes.CONNECTION_TIMEOUT, "")


class FakeRoom:
    """A room whose events a test makes."""

    def __init__(self) -> None:
        self.name = "attempt-1"
        self.local_participant = FakeLocal()
        self.remote_participants: dict[str, FakeRemote] = {}
        self.connected = True
        self._handlers: dict[str, list[Callable[..., Any]]] = defaultdict(list)

    def isconnected(self) -> bool:
        return self.connected

    def on(self, event: EventTypes, callback: Callable[..., Any] | None = None) -> Callable[..., Any]:
        assert callback is not None
        self._handlers[event].append(callback)
        return callback

    def off(self, event: EventTypes, callback: Callable[..., Any]) -> None:
        self._handlers[event].remove(callback)

    def emit(self, event: EventTypes, *args: object) -> None:
        for handler in list(self._handlers[event]):
            handler(*args)

    def handlers(self) -> int:
        """How many are called back."""
        return sum(len(handlers) for handlers in self._handlers.values())

    def enters(self, identity: str = CALLEE, *, status: str = "dialing") -> FakeRemote:
        remote = self.remote_participants[identity] = FakeRemote(identity, {CALL_STATUS: status})
        self.emit("participant_connected", remote)
        return remote

    def says(self, status: str, identity: str = CALLEE) -> None:
        remote = self.remote_participants[identity]
        remote.attributes[CALL_STATUS] = status
        self.emit("participant_attributes_changed", {CALL_STATUS: status}, remote)

    def publishes(self, track: rtc.Track, identity: str = CALLEE) -> None:
        self.emit("track_subscribed", track, FakeRemotePublication(track), self.remote_participants[identity])

    def leaves(self, reason: str, identity: str = CALLEE) -> None:
        remote = self.remote_participants.pop(identity)
        number = rtc.DisconnectReason.Value(reason)
        remote.disconnect_reason = number or None
        self.emit("participant_disconnected", remote)

    def puts_us_out(self, reason: str) -> None:
        self.connected = False
        self.remote_participants.clear()
        self.emit("disconnected", rtc.DisconnectReason.Value(reason))

    def picks_up(self) -> None:
        self.says("active")
        self.local_participant.publication.subscription.set()


class FakeOutlet(SourceOutlet):
    """LiveKit's source, but what is written only stays here."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Pcm] = []

    async def write(self, pcm: Pcm) -> None:
        self.written.append(pcm)


class FakeSound(Sound):
    """The callee's frames come from a queue."""

    def __init__(self) -> None:
        self.fake = FakeOutlet()
        self.arriving: asyncio.Queue[Pcm] = asyncio.Queue()

    @property
    def outlet(self) -> Outlet:
        return self.fake

    async def frames(self, track: rtc.Track) -> AsyncGenerator[Pcm, None]:
        while True:
            yield await self.arriving.get()


class FakeLeg:
    def __init__(self) -> None:
        self.spoke = 0
        self.heard: list[Pcm] = []

    def speak(self) -> Pcm:
        self.spoke += 1
        return silence()

    def hear(self, pcm: Pcm) -> None:
        self.heard.append(pcm)

    def voice(self) -> Pcm:
        return silence()

    def spoken(self) -> Sequence[SpokenWord]:
        return []


class Told:
    """What a line has notified."""

    def __init__(self) -> None:
        self.events: list[LineEvent] = []
        self._more = asyncio.Event()

    def __call__(self, event: LineEvent) -> None:
        self.events.append(event)
        self._more.set()

    async def more_than(self, count: int) -> None:
        """Wait until more events than that have been told."""
        async with asyncio.timeout(5):
            while len(self.events) <= count:
                self._more.clear()
                await self._more.wait()

    @property
    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    async def until(self, name: str) -> LineEvent:
        """The first event of that name, waited for."""
        async with asyncio.timeout(5):
            while name not in self.names:
                self._more.clear()
                await self._more.wait()
        return self.events[self.names.index(name)]


Answer = Callable[[], Awaitable[web.Response]]


def accepted() -> web.Response:
    """The phone was picked up."""
    return protobuf(api.SIPParticipantInfo(participant_identity=CALLEE))


def protobuf(message: Any) -> web.Response:
    return web.Response(body=message.SerializeToString(), content_type="application/protobuf")


def refused(code: str, text: str = "", *, sip: tuple[int, str] | None = None, status: int = 503) -> web.Response:
    """A Twirp error as the server writes it."""
    meta = {} if sip is None else {"sip_status_code": str(sip[0]), "sip_status": sip[1]}
    return web.json_response({"code": code, "msg": text, "meta": meta}, status=status)


class Server:
    """LiveKit's API as far as a line uses it; what it answers is a test's to say."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """The methods that were called, in order."""
        self.dialled: list[api.CreateSIPParticipantRequest] = []
        self.deleted: list[str] = []
        self.removed = asyncio.Event()
        self.answer: asyncio.Future[web.Response | None] = asyncio.get_running_loop().create_future()
        """The response to the dial; None cuts the connection."""
        self.ringing = asyncio.Event()
        self.deletes: list[web.Response] = []
        """Responses to the next deletions; then they succeed."""
        self.on_delete: Callable[[], None] = lambda: None
        self.list: Callable[[], web.Response] = lambda: protobuf(api.ListParticipantsResponse())
        """Makes the response to who is in the room."""
        self.url = ""

    async def handle(self, http: web.Request) -> web.StreamResponse:
        """Answer a Twirp request."""
        method = http.match_info["method"]
        self.asked.append(method)
        body = await http.read()
        if method == "CreateSIPParticipant":
            self.dialled.append(api.CreateSIPParticipantRequest.FromString(body))
            self.ringing.set()
            answer = await self.answer
            if answer is None:
                assert http.transport is not None
                http.transport.close()
                return web.Response()
            return answer
        if method == "DeleteRoom":
            self.deleted.append(api.DeleteRoomRequest.FromString(body).room)
            if self.deletes:
                return self.deletes.pop(0)
            self.on_delete()
            return protobuf(api.DeleteRoomResponse())
        if method == "ListParticipants":
            return self.list()
        self.removed.set()
        return refused("not_found", status=404)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Server, api.LiveKitAPI]]:
    """A server on loopback and LiveKit's own client for it."""
    server = Server()
    app = web.Application()
    app.router.add_post("/twirp/{service}/{method}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        async with api.LiveKitAPI(server.url, "key", SECRET) as client:
            yield server, client
    finally:
        if not server.answer.done():
            server.answer.cancel()
        await runner.cleanup()
