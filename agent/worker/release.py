"""Freeing a line from the server's side: the room is deleted, which makes the bridge send a BYE or a CANCEL.

The worker's parent process does it too, for a job that died.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from livekit import api

logger = logging.getLogger(__name__)

ATTEMPT_LONGEST = 2.0
"""Seconds one request may take."""
FREE_LONGEST = 3.0
"""Seconds freeing may take altogether."""
AGAIN = 0.4
"""Seconds between two attempts."""

UNKNOWN_ROOM = "could not find object"
"""How a self-hosted server says that there is no such room; it calls the error `unknown`."""


class NotFreed(Exception):
    """The room could not be deleted in time; the phone may still be on the line."""


async def free(
    server: api.LiveKitAPI,
    room: str,
    callee: str,
    dialled: "asyncio.Future[Any] | None" = None,
    *,
    longest: float = FREE_LONGEST,
) -> None:
    """Delete the room; as long as it is being dialled, keep it empty. Raises `NotFreed`.

    `dialled` is done when nobody can be on their way into the room any more: the request to dial, or, where that was
    another process's, a few seconds of sleep. A bridge that comes into a room which was just deleted opens it again and
    goes on dialling. The server may even have lost that room from its books: then only removing the participant ends
    the call. A request that hangs after that no longer rings anybody.
    """
    deadline = time.monotonic() + longest
    while True:
        clear = await _done("the room could not be deleted", lambda: _delete(server, room))
        if clear and dialled is not None:
            await asyncio.wait({dialled}, timeout=AGAIN)
        if clear and (dialled is None or dialled.done()):
            return
        clear = await _done("the callee could not be removed", lambda: _remove(server, room, callee)) and clear
        if time.monotonic() >= deadline:
            break
        if not clear:
            await asyncio.sleep(AGAIN)
    if not clear:
        raise NotFreed
    logger.warning("a dial was left behind with nobody in its room")


async def _delete(server: api.LiveKitAPI, room: str) -> None:
    await server.room.delete_room(api.DeleteRoomRequest(room=room))


async def _remove(server: api.LiveKitAPI, room: str, callee: str) -> None:
    await server.room.remove_participant(api.RoomParticipantIdentity(room=room, identity=callee))


async def _done(failure: str, act: Callable[[], Awaitable[None]]) -> bool:
    """Whether it was done, or there was nothing to do."""
    try:
        async with asyncio.timeout(ATTEMPT_LONGEST):
            await act()
    except api.ServerError as error:
        if error.code == api.ServerErrorCode.NOT_FOUND or error.message == UNKNOWN_ROOM:
            return True
        logger.warning(failure, extra={"twirp_code": error.code})
        return False
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        logger.warning(failure, extra={"error": type(error).__name__})
        return False
    return True
