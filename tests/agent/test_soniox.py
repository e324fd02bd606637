"""What Soniox is told and when it is given up; how it is understood is tested with its stand-in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from livekit.agents import APIConnectOptions, APIError
from livekit.agents.utils import http_context
from pydantic import SecretStr

from agent.plan import Endpoint, RecogniserPlan
from agent.soniox import Recogniser


class Server:
    """Takes every connection's configuration, answers if it has an answer, then closes the connection."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: dict[str, Any] | None = None
        self.configs: list[dict[str, Any]] = []
        self.keys: list[str] = []

    async def socket(self, http: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(http)
        self.keys.append(http.headers["Authorization"])
        self.configs.append(json.loads(await socket.receive_str()))
        if self.answer is not None:
            await socket.send_json(self.answer)
        await socket.close()
        return socket


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.add_routes([web.get("/transcribe-websocket", server.socket)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/transcribe-websocket"
    try:
        async with http_context.open():
            yield server
    finally:
        await runner.cleanup()


async def given_up(server: Server, plan: RecogniserPlan, retries: int) -> None:
    ears = Recogniser(plan, "en")
    stream = ears.stream(conn_options=APIConnectOptions(max_retry=retries, retry_interval=0.3, timeout=5.0))
    with pytest.raises(APIError):
        async with asyncio.timeout(10):
            await anext(stream)
    await stream.aclose()
    await ears.aclose()


async def test_facts_and_terms_are_given_as_they_are() -> None:
    async with serving() as server:
        endpoint = Endpoint(SecretStr("k-1"), server.url)
        facts = (("domain", "dentistry"), ("clinic", "Lakeside"))
        await given_up(server, RecogniserPlan("soniox", "stt-rt-v4", endpoint, ("zirconia",), facts), retries=0)
        config = server.configs[0]
        assert server.keys[0] == "Bearer k-1"
        assert (config["model"], config["language_hints"], config["sample_rate"]) == ("stt-rt-v4", ["en"], 16_000)
        assert config["enable_endpoint_detection"] is True
        assert config["context"]["general"] == [
            {"key": "domain", "value": "dentistry"},
            {"key": "clinic", "value": "Lakeside"},
        ]
        assert config["context"]["terms"] == ["zirconia"]

        server.configs.clear()
        await given_up(server, RecogniserPlan("soniox", "stt-rt-v5", endpoint), retries=0)
        assert server.configs[0]["context"] is None


async def test_a_connection_that_is_lost_ends_the_stream() -> None:
    async with serving() as server:
        await given_up(server, RecogniserPlan("soniox", "stt-rt-v5", Endpoint(SecretStr("k"), server.url)), retries=0)
        assert len(server.configs) == 1


async def test_a_key_that_is_refused_is_not_tried_again() -> None:
    async with serving() as server:
        server.answer = {"error_code": 401, "error_message": "Invalid API key."}
        await given_up(server, RecogniserPlan("soniox", "stt-rt-v5", Endpoint(SecretStr("k"), server.url)), retries=3)
        assert len(server.configs) == 1
