import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from agent import settings
from agent.fetch import fetch_assistant
from agent.problems import ErrorCode, InputInvalid

Handler = Callable[[web.Request], web.Response]


@asynccontextmanager
async def serving(answer: Handler) -> AsyncIterator[str]:
    """A server on loopback that answers everything the same way."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/assistant"
    finally:
        await runner.cleanup()


async def refused(answer: Handler) -> str:
    async with serving(answer) as url:
        with pytest.raises(InputInvalid) as raised:
            await fetch_assistant(url, settings.of({}))
    assert raised.value.code is ErrorCode.ASSISTANT_UNAVAILABLE
    (line,) = raised.value.lines()
    return line


@pytest.mark.parametrize("wrapped", [True, False])
async def test_an_assistant_is_fetched_bare_or_wrapped_with_the_bearer(wrapped: bool) -> None:
    seen: list[str | None] = []

    def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response({"assistant": {"prompt": "Hello"}} if wrapped else {"prompt": "Hello"})

    async with serving(answer) as url:
        parsed = await fetch_assistant(url, settings.of({"VOICE_WORKER_API_KEY": "token"}))
    assert parsed.valid().prompt == "Hello"
    assert seen == ["Bearer token"]


async def test_without_a_key_nothing_is_sent() -> None:
    seen: list[bool] = []

    def answer(request: web.Request) -> web.Response:
        seen.append("Authorization" in request.headers)
        return web.json_response({})

    async with serving(answer) as url:
        await fetch_assistant(url, settings.of({}))
    assert seen == [False]


async def test_what_is_wrong_with_it_is_said_like_of_any_assistant() -> None:
    async with serving(lambda _: web.json_response({"prompt": 7, "promt": ""})) as url:
        parsed = await fetch_assistant(url, settings.of({}))
    assert [str(problem) for problem in parsed.problems] == ["assistant.prompt: expected a string"]
    assert [item.path for item in parsed.unknown] == ["assistant.promt"]


async def test_an_answer_that_is_no_assistant_is_refused() -> None:
    assert await refused(lambda _: web.Response(text="<html>")) == (
        "assistant_url: expected it to answer with an assistant as JSON"
    )
    assert "JSON" in await refused(lambda _: web.json_response([]))
    assert "not 404" in await refused(lambda _: web.Response(status=404))


async def test_the_bearer_does_not_follow_a_redirect() -> None:
    assert "not 302" in await refused(lambda _: web.Response(status=302, headers={"Location": "/elsewhere"}))


async def test_too_much_is_not_read() -> None:
    text = json.dumps({"prompt": "x" * 9_000_000})
    assert "at most 8 MB" in await refused(lambda _: web.Response(text=text))


async def test_an_unreachable_address_is_a_sentence() -> None:
    for url in ("http://127.0.0.1:1/", "http://["):
        with pytest.raises(InputInvalid, match="assistant_url: expected it to be reachable"):
            await fetch_assistant(url, settings.of({}))
