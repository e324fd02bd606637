"""The LiveKit server as the commands ask it: every failure is a sentence, and names the setting it comes from."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api

from agent.problems import Problem, SettingsInvalid, shown
from agent.settings import Settings
from agent.worker.client import client
from agent.worker.release import UNKNOWN_ROOM

LONGEST = 5.0
"""Seconds one request may take."""

_REFUSED = (401, 403)

T = TypeVar("T")


class ServerFailed(Exception):
    """The LiveKit server could not do what it was asked; the message is a sentence for the operator."""


class Server:
    """Raises `SettingsInvalid` where a setting is to blame, else `ServerFailed`."""

    def __init__(self, client: api.LiveKitAPI, url: str) -> None:
        self._client = client
        self._url = url

    async def rooms(self, names: Iterable[str] = ()) -> list[api.Room]:
        """The rooms of these names that exist; without names, all there are."""
        listed = await self._asked(self._client.room.list_rooms(api.ListRoomsRequest(names=names)))
        return list(listed.rooms)

    async def participants(self, room: str) -> list[api.ParticipantInfo]:
        """Who is in a room; nobody where there is none."""
        asked = self._client.room.list_participants(api.ListParticipantsRequest(room=room))
        return list((await self._asked(asked)).participants)

    async def dispatches(self, room: str) -> list[api.AgentDispatch]:
        """What was dispatched to a room that exists."""
        return await self._asked(self._client.agent_dispatch.list_dispatch(room))

    async def dispatch(self, room: str, agent: str, metadata: str) -> None:
        """Ask for an agent in a room, which is made if there is none."""
        asked = api.CreateAgentDispatchRequest(agent_name=agent, room=room, metadata=metadata)
        await self._asked(self._client.agent_dispatch.create_dispatch(asked))

    async def delete(self, room: str) -> bool:
        """Delete a room, which hangs up every phone in it. False: there was none."""
        try:
            await self._asked(self._client.room.delete_room(api.DeleteRoomRequest(room=room)))
        except _NotFound:
            return False
        return True

    async def outbound_trunk(self, trunk_id: str) -> api.SIPOutboundTrunkInfo | None:
        """A trunk; None where there is none of that id."""
        asked = self._client.sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest(trunk_ids=[trunk_id]))
        listed = await self._asked(asked)
        return next((trunk for trunk in listed.items if trunk.sip_trunk_id == trunk_id), None)

    async def _asked(self, request: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(LONGEST):
                return await request
        except api.ServerError as error:
            raise await self._translated(error) from None
        except TimeoutError:
            raise _wrong("LIVEKIT_URL", f"expected a LiveKit server that answers within {LONGEST:g} seconds") from None
        except DecodeError:
            raise _wrong("LIVEKIT_URL", _SOMETHING_ELSE) from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise _wrong("LIVEKIT_URL", "expected a LiveKit server: none could be reached there") from None

    async def _translated(self, error: api.ServerError) -> Exception:
        if error.status in _REFUSED:
            return _refusal(await self._why_refused())
        if error.code == api.ServerErrorCode.NOT_FOUND or error.message == UNKNOWN_ROOM:
            return _NotFound("the LiveKit server knows nothing of that name")
        if error.code == api.ServerErrorCode.UNKNOWN and not error.message:
            return _wrong("LIVEKIT_URL", _SOMETHING_ELSE)
        if "sip not connected" in error.message:
            return ServerFailed("the LiveKit server has no telephony: it needs Redis and the SIP bridge")
        return ServerFailed(f"the LiveKit server answered with an error: {shown(error.code)}")

    async def _why_refused(self) -> str:
        """What the server says to a request with our key; its client library does not keep it."""
        services = self._client.room
        token = api.AccessToken(services.api_key, services.api_secret)
        headers = {
            "Authorization": f"Bearer {token.with_grants(api.VideoGrants(room_list=True)).to_jwt()}",
            "Content-Type": "application/protobuf",
        }
        url = f"{_http(self._url)}/twirp/livekit.RoomService/ListRooms"
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LONGEST)) as session,
                session.post(url, headers=headers, data=b"") as response,
            ):
                return await response.text()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return ""


class _NotFound(ServerFailed):
    """There is nothing of that name."""


_SOMETHING_ELSE = "expected a LiveKit server: something else answers there"


def _wrong(setting: str, message: str) -> SettingsInvalid:
    return SettingsInvalid([Problem(setting, message)])


def _refusal(said: str) -> SettingsInvalid:
    """The setting that the server's words blame. They may hold the key and are not repeated."""
    if said.startswith("invalid API key"):
        return _wrong("LIVEKIT_API_KEY", "expected a key that the LiveKit server knows")
    if "expired" in said or "not valid yet" in said:
        return _wrong("LIVEKIT_URL", "expected a server whose clock agrees with this machine's")
    if said.startswith("invalid token"):
        return _wrong("LIVEKIT_API_SECRET", "expected the secret that belongs to LIVEKIT_API_KEY")
    both = [Problem(name, "expected to be accepted by the LiveKit server") for name in _CREDENTIALS]
    return SettingsInvalid(both)


_CREDENTIALS = ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")


def _http(url: str) -> str:
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Server]:
    """The server that the settings name, not asked anything yet. Raises `SettingsInvalid` where one is missing."""
    url, key, secret = settings.livekit_url, settings.livekit_api_key, settings.livekit_api_secret
    if url is None or key is None or secret is None:
        given = {"LIVEKIT_URL": url, "LIVEKIT_API_KEY": key, "LIVEKIT_API_SECRET": secret}
        missing = [Problem(name, "expected to be set") for name, value in given.items() if value is None]
        raise SettingsInvalid(missing)
    async with client(settings) as asked:
        yield Server(asked, url)
