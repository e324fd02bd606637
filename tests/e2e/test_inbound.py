"""Calls that come in: looked up before they are answered, and answered by being heard."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from livekit import api

from tests.e2e.callback import Callback
from tests.e2e.hearing import first_sound
from tests.e2e.phone import Phone
from tests.e2e.rtp import until
from tests.e2e.stack import Stack
from tests.e2e.trunks import inbound, nothing_left
from tests.e2e.worker import Worker, working

NUMBER = "+33187650009"
CALLER = "+33612345678"
AGENT = "inbound-worker"
"""Not that of the other tests' worker, which may reach no lookup on loopback."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def answering(_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Worker]:
    """A worker that takes calls and may reach a lookup on loopback."""
    settings = {"VOICE_WORKER_AGENT_NAME": AGENT, "VOICE_WORKER_ALLOWED_HOSTS": "127.0.0.1"}
    async with working(_stack.deployment, tmp_path_factory.mktemp("inbound"), **settings) as started:
        yield started


class Lookup:
    """Says who calls, when it is let."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """The callers asked for."""
        self.status = 200
        self.let = asyncio.Event()
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["phone"])
        await self.let.wait()
        return web.json_response({"prompt_variables": {"name": "Ada"}}, status=self.status)


@asynccontextmanager
async def looking_up() -> AsyncIterator[Lookup]:
    lookup = Lookup()
    app = web.Application()
    app.router.add_get("/caller", lookup.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        lookup.url = f"http://127.0.0.1:{runner.addresses[0][1]}/caller?phone={{{{phone}}}}"
        yield lookup
    finally:
        await runner.cleanup()


def metadata(callback: Callback, **assistant: Any) -> str:
    """A dispatch rule's: the same for every call."""
    given = {
        "prompt": "You are Emma.",
        "first_sentence": "Hello {{name}}, this is Emma.",
        "first_sentence_delay_ms": 0,
        **assistant,
    }
    return json.dumps({"direction": "inbound", "language": "en", "assistant": given, "callback": callback.as_given})


async def test_a_caller_is_looked_up_answered_and_greeted_by_name(
    stack: Stack, lk: api.LiveKitAPI, callback: Callback, answering: Worker
) -> None:
    async with (
        looking_up() as lookup,
        Phone.open() as caller,
        inbound(lk, NUMBER, agent=AGENT, metadata=metadata(callback, precall_lookup_url=lookup.url)),
    ):
        call = await caller.call(stack.deployment.bridge, NUMBER, CALLER)
        await until(lambda: bool(lookup.asked), 10, "the caller was looked up")
        await asyncio.sleep(0.7)
        assert call.received("180 INVITE") is not None
        assert call.received("200 INVITE") is None
        assert call.received("183 INVITE") is None
        lookup.let.set()
        await call.answered(within=5)
        await until(lambda: first_sound(call.stream.heard) is not None, 5, "the greeting was heard")
        await asyncio.sleep(2.5)
        call.hang_up()
        final = await callback.event("attempt.analyzed", 15)
        await nothing_left(stack, lk, caller)
    assert lookup.asked == [CALLER]
    assert [event.type for event in callback.received][:3] == [
        "attempt.ongoing",
        "attempt.completed",
        "attempt.analyzed",
    ]
    attempt = final.attempt
    assert attempt["transcript"][0]["content"] == "Hello Ada, this is Emma."
    assert (attempt["status"], attempt["ended_by"], attempt["phone_number"]) == ("completed", "user", CALLER)
    assert attempt["id"].startswith("SCL_")
    assert final.event["data"]["call_id"] == attempt["id"]


async def test_a_lookup_that_fails_ends_the_call_unanswered(
    stack: Stack, lk: api.LiveKitAPI, callback: Callback, answering: Worker
) -> None:
    async with (
        looking_up() as lookup,
        Phone.open() as caller,
        inbound(lk, NUMBER, agent=AGENT, metadata=metadata(callback, precall_lookup_url=lookup.url)),
    ):
        lookup.status = 503
        lookup.let.set()
        call = await caller.call(stack.deployment.bridge, NUMBER, CALLER)
        attempt = (await callback.event("attempt.analyzed", 15)).attempt
        assert (attempt["status"], attempt["error"]["code"]) == ("error", "precall_lookup_failed")
        assert (attempt["answered_at"], attempt["phone_number"]) == (None, CALLER)
        await nothing_left(stack, lk, caller)
        assert call.received("200 INVITE") is None


async def test_a_caller_who_gives_up_during_the_lookup_leaves_nothing(
    stack: Stack, lk: api.LiveKitAPI, callback: Callback, answering: Worker
) -> None:
    async with (
        looking_up() as lookup,
        Phone.open() as caller,
        inbound(lk, NUMBER, agent=AGENT, metadata=metadata(callback, precall_lookup_url=lookup.url)),
    ):
        call = await caller.call(stack.deployment.bridge, NUMBER, CALLER)
        await until(lambda: bool(lookup.asked), 20, "the caller was looked up")
        call.cancel()
        await call.over(within=5)
        await asyncio.sleep(0.3)
        lookup.let.set()
        final = await callback.event("attempt.analyzed", 15)
        assert final.attempt["answered_at"] is None
        assert (final.attempt["ended_by"], final.attempt["error"]["code"]) == ("system", "cancelled")
        await nothing_left(stack, lk, caller)
