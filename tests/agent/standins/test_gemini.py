"""Google's realtime protocol as far as the plugin does not show it."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from agent.standins.config import CallConfig, Latencies, ModelScript, Rule
from agent.standins.process import StandInCall, StandIns

pytestmark = pytest.mark.asyncio(loop_scope="package")

KEY = {"x-goog-api-key": "key"}
SETUP: dict[str, Any] = {"setup": {"model": "models/gemini-live"}}
SOUND: dict[str, Any] = {"realtimeInput": {"audio": {"data": "AAAA", "mimeType": "audio/pcm;rate=16000"}}}
DISABLED = {"automaticActivityDetection": {"disabled": True}}
UNREADABLE = "Request contains an invalid argument."
UNWANTED = "The stand-in wants a setup, and takes the turns itself."


@asynccontextmanager
async def connected(call: StandInCall, headers: dict[str, str]) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A socket as Google's SDK opens it."""
    method = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
    trusting = ssl.create_default_context(cadata=call.certificate)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{call.google_url}/ws/{method}", headers=headers, ssl=trusting) as socket,
    ):
        yield socket


async def refused(socket: aiohttp.ClientWebSocketResponse) -> tuple[int, str]:
    """The code and the reason with which the socket is closed next."""
    message = await socket.receive(timeout=5)
    assert message.type is aiohttp.WSMsgType.CLOSE, message
    return message.data, str(message.extra)


def said(text: str) -> dict[str, Any]:
    turn = {"role": "user", "parts": [{"text": text}]}
    return {"clientContent": {"turns": [turn], "turnComplete": True}}


async def test_a_client_without_a_key_is_refused(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig())
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with connected(call, {}):
            pass
    assert raised.value.status == 401


async def test_a_call_that_is_over_is_not_found(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig())
    await call.close()
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with connected(call, KEY):
            pass
    assert raised.value.status == 404


@pytest.mark.parametrize(
    "first",
    [
        SOUND,
        said("Hello."),
        {"nonsense": {}},
        {"setup": {}},
        {"setup": {**SETUP["setup"], "realtimeInputConfig": DISABLED}},
        "nonsense",
    ],
    ids=["sound", "text", "unknown", "no model", "turns are the client's", "not a message"],
)
async def test_the_first_message_is_a_setup_that_leaves_the_turns_to_the_server(
    stand_ins: StandIns, first: Any
) -> None:
    call = await stand_ins.open_call(CallConfig())
    async with connected(call, KEY) as socket:
        await socket.send_json(first)
        assert await refused(socket) == (1007, UNWANTED)


@pytest.mark.parametrize(
    "message",
    [{"realtimeInput": 1}, {"realtimeInput": {"audio": {}}}, {"clientContent": {"turns": [{"role": "system"}]}}, []],
    ids=["no object", "no sound", "unknown role", "no message"],
)
async def test_what_cannot_be_read_ends_the_session(stand_ins: StandIns, message: Any) -> None:
    call = await stand_ins.open_call(CallConfig())
    async with connected(call, KEY) as socket:
        await socket.send_json(SETUP)
        assert await socket.receive_json(timeout=5) == {"setupComplete": {}}
        await socket.send_json(message)
        assert await refused(socket) == (1007, UNREADABLE)


async def test_a_silent_answer_is_followed_by_nothing(stand_ins: StandIns) -> None:
    script = (Rule(when="hello", silent=True), Rule(when="there", reply="I am here."))
    call = await stand_ins.open_call(CallConfig(model=ModelScript(script=script), latency=Latencies(realtime_ms=0)))
    async with connected(call, KEY) as socket:
        await socket.send_json(SETUP)
        assert await socket.receive_json(timeout=5) == {"setupComplete": {}}
        await socket.send_json(said("Hello?"))
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.5)
