"""A LiveKit server's API on loopback: real HTTP, real protobuf, the words of the real server where they matter."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from google.protobuf.message import Message
from livekit import api

from agent import settings
from agent.settings import Settings
from tests.loopback import served

KEY, SECRET = "devkey", "0123456789abcdef0123456789abcdef"
PHONE = api.ParticipantInfo.Kind.SIP
AGENT = api.ParticipantInfo.Kind.AGENT
JOINED = 1_773_061_200
"""When everybody joined: 2026-03-09T13:00:00Z."""


def person(kind: "api.ParticipantInfo.Kind", **attributes: str) -> api.ParticipantInfo:
    named = {f"sip.{name}": value for name, value in attributes.items()}
    return api.ParticipantInfo(identity="x", kind=kind, joined_at=JOINED, attributes=named)


async def _no_room(room: str) -> None:
    return


async def _nothing(request: api.CreateAgentDispatchRequest) -> None:
    return


@dataclass
class LiveKit:
    """What the server knows, and what it was asked."""

    port: int = 0
    rooms: dict[str, api.Room] = field(default_factory=dict)
    present: dict[str, list[api.ParticipantInfo]] = field(default_factory=dict)
    dispatched: dict[str, list[api.AgentDispatch]] = field(default_factory=dict)
    trunks: list[api.SIPOutboundTrunkInfo] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The methods, in order."""
    on_dispatch: Callable[[api.CreateAgentDispatchRequest], Awaitable[None]] = _nothing
    """What a worker does about a dispatch, before the server answers."""
    on_delete: Callable[[str], Awaitable[None]] = _no_room
    failing: dict[str, web.Response] = field(default_factory=dict)
    """Answers of methods that fail."""
    on_asked: Callable[[str], None] = lambda method: None
    """Told of every method, before it is answered."""
    vanishing: set[str] = field(default_factory=set)
    """Rooms that are gone once somebody asks who is in them."""

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        return {"LIVEKIT_URL": self.url, "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET}

    def settings(self, **variables: str) -> Settings:
        return settings.of({**self.variables, **variables})

    def times(self, method: str) -> int:
        return self.asked.count(method)

    def room(
        self, name: str, *present: api.ParticipantInfo, metadata: str | None = None, jobs: int = 0, agent: str = ""
    ) -> None:
        """A room, with a dispatch where there is metadata."""
        self.rooms[name] = api.Room(name=name, creation_time=JOINED - 10)
        self.present[name] = list(present)
        # The server keeps one of its own for every room.
        self.dispatched[name] = [api.AgentDispatch(id="AD_0", room=name)]
        if metadata is not None:
            dispatch = api.AgentDispatch(agent_name=agent or "voice-worker", room=name, metadata=metadata)
            for _ in range(jobs):
                dispatch.state.jobs.add()
            self.dispatched[name].append(dispatch)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        refused = _refused(request)
        if refused is not None:
            return refused
        method = request.match_info["method"]
        self.asked.append(method)
        self.on_asked(method)
        if method in self.failing:
            kept = self.failing[method]
            return web.Response(status=kept.status, body=kept.body, content_type=kept.content_type)
        return await getattr(self, f"_{method}")(await request.read())  # type: ignore[no-any-return]

    async def _ListRooms(self, body: bytes) -> web.Response:  # noqa: N802
        names = list(api.ListRoomsRequest.FromString(body).names)
        return _sent(api.ListRoomsResponse(rooms=[r for r in self.rooms.values() if not names or r.name in names]))

    async def _CreateRoom(self, body: bytes) -> web.Response:  # noqa: N802
        name = api.CreateRoomRequest.FromString(body).name
        self.room(name)
        return _sent(self.rooms[name])

    async def _ListParticipants(self, body: bytes) -> web.Response:  # noqa: N802
        room = api.ListParticipantsRequest.FromString(body).room
        if room in self.vanishing:
            del self.rooms[room]
        return _sent(api.ListParticipantsResponse(participants=self.present.get(room, [])))

    async def _ListDispatch(self, body: bytes) -> web.Response:  # noqa: N802
        room = api.ListAgentDispatchRequest.FromString(body).room
        if room not in self.rooms:
            return twirp("unavailable", "twirp error unknown: no response from servers", 503)
        return _sent(api.ListAgentDispatchResponse(agent_dispatches=self.dispatched[room]))

    async def _CreateDispatch(self, body: bytes) -> web.Response:  # noqa: N802
        asked = api.CreateAgentDispatchRequest.FromString(body)
        self.room(asked.room, metadata=asked.metadata, agent=asked.agent_name)
        await self.on_dispatch(asked)
        return _sent(api.AgentDispatch(agent_name=asked.agent_name, room=asked.room, metadata=asked.metadata))

    async def _DeleteRoom(self, body: bytes) -> web.Response:  # noqa: N802
        room = api.DeleteRoomRequest.FromString(body).room
        if self.rooms.pop(room, None) is None:
            return twirp("not_found", "twirp error unknown: requested room does not exist", 404)
        self.present.pop(room)
        await self.on_delete(room)
        return _sent(api.DeleteRoomResponse())

    async def _ListSIPOutboundTrunk(self, body: bytes) -> web.Response:  # noqa: N802
        return _sent(api.ListSIPOutboundTrunkResponse(items=self.trunks))


def twirp(code: str, message: str, status: int) -> web.Response:
    return web.json_response({"code": code, "msg": message}, status=status)


def _sent(message: Message) -> web.Response:
    return web.Response(body=message.SerializeToString(), content_type="application/protobuf")


def _refused(request: web.Request) -> web.Response | None:
    token = request.headers["Authorization"].removeprefix("Bearer ")
    try:
        api.TokenVerifier(KEY, SECRET).verify(token)
    except Exception as error:  # noqa: BLE001
        is_key = "issuer" in str(error).lower()
        said = "invalid API key: nokey" if is_key else f"invalid token: {token}, error: go-jose"
        return web.Response(status=401, text=said)
    return None


@asynccontextmanager
async def livekit() -> AsyncIterator[LiveKit]:
    """The server on a free port; it stops on exit."""
    server = LiveKit()
    application = web.Application()
    application.router.add_post("/twirp/livekit.{service}/{method}", server.answer)
    async with served(application) as server.port:
        yield server
