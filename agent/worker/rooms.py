"""The server's rooms, as the worker's own process deals with them: whoever is in one is put out by deleting it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api

from agent.settings import Settings
from agent.worker.client import client

logger = logging.getLogger(__name__)

LINGER = 3600.0
"""Seconds in which a room is to be deleted once the server is back."""
RETURNING = 60.0
"""Seconds a bridge may take to come back into its room after that."""
VACANT = 1.5
"""Seconds between two looks at a room that nobody may be using."""

_UNANSWERED = (aiohttp.ClientError, OSError, TimeoutError, DecodeError)
"""The server is out of reach, or something else answers in its place."""


class Rooms:
    """Raises nothing: a server that cannot be asked is asked again by whoever needs to know."""

    def __init__(self, settings: Settings, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._settings = settings
        self._sleep = sleep

    async def delete(self, room: str) -> bool:
        """Delete the room; whether the server has answered, be it that there is none."""
        async with client(self._settings) as server:
            try:
                await server.room.delete_room(api.DeleteRoomRequest(room=room))
            except api.TwirpError as error:
                logger.info("a room was not deleted", extra={"error": error.code})
            except _UNANSWERED as error:
                logger.info("a room was not deleted", extra={"error": type(error).__name__})
                return False
        return True

    async def is_empty(self, room: str) -> bool | None:
        """Whether there is nobody in the room; None if that cannot be told."""
        async with client(self._settings) as server:
            try:
                found = await server.room.list_participants(api.ListParticipantsRequest(room=room))
            except (api.TwirpError, *_UNANSWERED):
                return None
        return not found.participants

    async def linger(self, room: str) -> None:
        """Delete a room that could not be, until the server is back and whoever was in it cannot come back any more."""
        deleted, give_up = 0.0, time.monotonic() + LINGER
        while deleted < RETURNING and time.monotonic() < give_up:
            if await self.delete(room):
                deleted += VACANT
                await self._forget(room)
            await self._sleep(VACANT)

    async def _forget(self, room: str) -> None:
        """Have a room struck off that is still listed: one of a server that died can be deleted once it is anew."""
        async with client(self._settings) as server:
            with suppress(api.TwirpError, *_UNANSWERED):
                if (await server.room.list_rooms(api.ListRoomsRequest(names=[room]))).rooms:
                    await server.room.create_room(api.CreateRoomRequest(name=room))
                    await server.room.delete_room(api.DeleteRoomRequest(room=room))
