"""The server's rooms, over real HTTP with real protobuf."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from agent import settings
from agent.worker.rooms import RETURNING, VACANT, Rooms
from tests.agent.dispatch.livekit import AGENT, LiveKit, livekit, person, twirp


@pytest_asyncio.fixture
async def server() -> AsyncIterator[LiveKit]:
    async with livekit() as started:
        yield started


async def test_deleting_tells_whether_the_server_has_answered(server: LiveKit) -> None:
    rooms = Rooms(server.settings())
    server.room("r")
    assert await rooms.delete("r")
    assert server.rooms == {}
    assert await rooms.delete("r")
    assert not await Rooms(settings.of({**server.variables, "LIVEKIT_URL": "ws://127.0.0.1:9"})).delete("r")


async def test_a_room_is_empty_or_not_or_it_cannot_be_told(server: LiveKit) -> None:
    rooms = Rooms(server.settings())
    server.room("empty")
    server.room("full", person(AGENT))
    assert await rooms.is_empty("empty") is True
    assert await rooms.is_empty("nowhere") is True
    assert await rooms.is_empty("full") is False
    server.failing["ListParticipants"] = twirp("unavailable", "no response from servers", 503)
    assert await rooms.is_empty("full") is None


@pytest.mark.parametrize("down", [0, 3])
async def test_a_room_that_could_not_be_deleted_is_until_nobody_comes_back_into_it(server: LiveKit, down: int) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        server.room("r")  # a bridge has come back
        if len(slept) == down:
            del server.failing["DeleteRoom"]
        await asyncio.sleep(0)

    if down:
        server.failing["DeleteRoom"] = web.Response(status=200, text="<html>")
    server.room("r")
    await Rooms(server.settings(), sleep).linger("r")
    assert slept == [VACANT] * (down + round(RETURNING / VACANT))
    assert server.times("DeleteRoom") >= len(slept)
