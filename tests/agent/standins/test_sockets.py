"""What the stand-in sockets share, with clients that go away at any moment."""

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from agent.standins.sockets import Contexts, Speaker, opened, send, spoken
from tests.loopback import served

HELLO = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, BINARY = 0x81, 0x82


class Echo:
    """A voice that says what it is told, for ever."""

    def __init__(self, wire: web.WebSocketResponse) -> None:
        self.tasks = Contexts()
        self.taken: list[str] = []
        self.ended = asyncio.Event()
        self._wire = wire

    async def take(self, text: str) -> None:
        self.taken.append(text)
        self.tasks.start(text, self._speak(text))

    async def _speak(self, text: str) -> None:
        try:
            while True:
                await send(self._wire, {"text": text})
                await asyncio.sleep(0.001)
        finally:
            self.ended.set()


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Awaitable[web.WebSocketResponse]]) -> AsyncIterator[int]:
    """The port of a server that answers as the stand-ins' does."""
    app = web.Application()
    app.router.add_get("/", handler)
    async with served(app) as port:
        yield port


async def client(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HELLO)
    return reader, writer


def frame(kind: int, payload: bytes) -> bytes:
    return bytes((kind, 0x80 | len(payload))) + bytes(4) + payload


def vanish(writer: asyncio.StreamWriter) -> None:
    """Go without a word: the other side sees a reset."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def test_a_client_that_is_gone_before_its_answer_is_nothing_to_complain_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked, gone, answered, talked = asyncio.Event(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def talk(wire: web.WebSocketResponse) -> None:
        talked.set()

    async def handler(http: web.Request) -> web.WebSocketResponse:
        asked.set()
        while http.transport is not None:
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue  # it is told of its client before the connection is closed
        gone.set()
        try:
            return await opened(http, talk)
        finally:
            answered.set()

    async with serving(handler) as port:
        _, writer = await client(port)
        await asked.wait()
        vanish(writer)
        async with asyncio.timeout(5):
            await answered.wait()
            await asyncio.sleep(0.05)
    assert gone.is_set() and not talked.is_set()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("farewell", [b"", frame(0x88, b""), b"\xff" * 20], ids=["nothing", "close", "garbage"])
async def test_a_voice_stops_when_its_client_goes(caplog: pytest.LogCaptureFixture, farewell: bytes) -> None:
    voices: list[Echo] = []

    def speaker(wire: web.WebSocketResponse) -> Speaker:
        voices.append(Echo(wire))
        return voices[0]

    async def handler(http: web.Request) -> web.WebSocketResponse:
        return await spoken(http, speaker)

    async with serving(handler) as port:
        reader, writer = await client(port)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(BINARY, b"\xff\xfe") + frame(TEXT, b"one") + frame(TEXT, b"two"))
        await reader.readuntil(b'{"text": "two"}')
        assert voices[0].taken == ["one", "two"]
        writer.write(farewell)
        await asyncio.sleep(0.01)
        vanish(writer)
        async with asyncio.timeout(5):
            await voices[0].ended.wait()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
