"""What the stand-in sockets share."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, ValidationError

MESSAGE_LIMIT = 4 * 1024 * 1024
"""Bytes of one message."""


class Wire(BaseModel):
    """A message of a client's; fields that the stand-in does not need are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Contexts:
    """The utterances of one socket, each in a task of its own, ended with the socket."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, context_id: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` under this id."""
        task = asyncio.create_task(work, name=f"context {context_id}")
        self._tasks[context_id] = task
        task.add_done_callback(lambda done: self._forget(context_id, done))

    def _forget(self, context_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(context_id) is task:
            del self._tasks[context_id]

    def cancel(self, context_id: str) -> None:
        """Stop speaking; an unknown id is ignored."""
        if context_id in self._tasks:
            self._tasks[context_id].cancel()

    async def close(self) -> None:
        """End them all."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def problem(error: ValidationError) -> str:
    """Which fields of a message are wrong; never what stood in them."""
    fields = sorted({".".join(str(part) for part in each["loc"]) for each in error.errors(include_input=False)})
    return f"Missing, unknown or out of range: {', '.join(fields) or 'the message'}."


async def send(socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
    """Send, unless the client has gone."""
    if socket.closed:
        return
    try:
        await socket.send_str(json.dumps(message, ensure_ascii=False))
    except ConnectionError:
        return


async def opened(http: web.Request, talk: Callable[[web.WebSocketResponse], Awaitable[None]]) -> web.WebSocketResponse:
    """Open a socket and talk on it, as long as the client is there."""
    socket = web.WebSocketResponse(max_msg_size=MESSAGE_LIMIT)
    with suppress(ConnectionError):  # a client may be gone before its answer
        await socket.prepare(http)
        await talk(socket)
    return socket


class Speaker(Protocol):
    """A voice on one socket."""

    @property
    def tasks(self) -> Contexts:
        """What it is saying."""
        ...

    async def take(self, text: str) -> None:
        """Act on one message."""
        ...


async def spoken(http: web.Request, speaker: Callable[[web.WebSocketResponse], Speaker]) -> web.WebSocketResponse:
    """Open a socket and let a voice speak on it until the client closes it."""

    async def talk(socket: web.WebSocketResponse) -> None:
        voice = speaker(socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await voice.take(message.data)
        finally:
            await voice.tasks.close()

    return await opened(http, talk)
