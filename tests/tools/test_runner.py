import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from tests.tools.server import Names, ToolServer, fine, serving
from tools.custom import CustomTool, Method, ToolInput
from tools.errors import (
    ToolAddressRefused,
    ToolFailed,
    ToolInterrupted,
    ToolMisconfigured,
    ToolRedirected,
    ToolResponseTooLarge,
    ToolTimeout,
    ToolUnreachable,
)
from tools.runner import ToolResult, ToolRunner

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def tool(url: str, method: Method = "GET") -> CustomTool:
    return CustomTool("look_up", "Looks something up.", method, url)


async def run(made: CustomTool, server: ToolServer, *, limit: float = 5.0, **arguments: object) -> ToolResult:
    async with ToolRunner(frozenset({server.authority}), limit=limit) as runner:
        return await runner.run(made, arguments, {"city": "Zürich"})


async def drop(request: web.Request) -> web.StreamResponse:
    """A handler: the connection breaks before there is an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def failed_as(result: ToolResult, kind: type[ToolFailed]) -> bool:
    return (result.content, result.is_error, result.status) == (str(kind()), True, None)


async def test_a_tool_sends_what_it_declares_and_returns_status_and_body() -> None:
    async with serving(fine) as server:
        made = CustomTool(
            name="book",
            description="Books.",
            method="POST",
            url=server.url + "/in/{{city}}",
            headers=(("X-Name", "{{name}}"),),
            query_params=(("size", "{{size}}"),),
            body_template='{"name": "{{name}}", "size": "{{size}}"}',
            inputs=(ToolInput("name", "string", required=True), ToolInput("size", "number")),
        )
        result = await run(made, server, name='Ann "A"', size=4)
        (asked,) = server.asked
    assert result == ToolResult('{"status":200,"body":{"ok":true}}', False, 200, result.elapsed_s)
    assert (asked.method, asked.path) == ("POST", "/in/Z%C3%BCrich?size=4")
    assert asked.headers["X-Name"] == 'Ann "A"'
    assert asked.headers["Content-Type"] == "application/json"
    assert len(asked.headers["Idempotency-Key"]) == 36
    assert json.loads(asked.body) == {"name": 'Ann "A"', "size": 4}


async def test_nothing_is_sent_with_arguments_that_were_not_accepted() -> None:
    async with serving(fine) as server:
        made = replace(tool(server.url), inputs=(ToolInput("day", "date", required=True),))
        result = await run(made, server, day="canary")
        assert server.asked == []
    assert result.is_error
    assert "`day` must be a date as YYYY-MM-DD" in result.content
    assert "canary" not in result.content


@pytest.mark.parametrize("status", [400, 404, 409, 500, 503])
async def test_a_refusal_of_the_server_is_an_error_whose_body_the_model_sees(status: int) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return web.json_response({"reason": "full"}, status=status)

    async with serving(refuse) as server:
        result = await run(tool(server.url, "POST"), server)
        assert len(server.asked) == 1
    assert (result.is_error, result.status) == (True, status)
    assert json.loads(result.content) == {"status": status, "body": {"reason": "full"}}


async def test_get_is_sent_once_more_when_its_connection_breaks() -> None:
    async with serving(drop) as server:
        assert failed_as(await run(tool(server.url), server), ToolInterrupted)
        assert len(server.asked) == 2


async def test_the_second_get_can_succeed() -> None:
    async def drop_first(request: web.Request) -> web.StreamResponse:
        return await (drop(request) if len(server.asked) == 1 else fine(request))

    async with serving(drop_first) as server:
        assert (await run(tool(server.url), server)).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_else_is_ever_sent_twice(method: Method) -> None:
    async with serving(drop) as server:
        assert failed_as(await run(tool(server.url, method), server), ToolInterrupted)
        assert len(server.asked) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_server_that_is_not_there_is_told_as_nothing_done(method: Method) -> None:
    async with serving(fine) as server:
        pass
    assert failed_as(await run(tool(server.url, method), server), ToolUnreachable)


async def test_an_answer_that_never_comes_ends_in_time() -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async with serving(hang) as server:
        result = await run(tool(server.url), server, limit=0.3)
        assert len(server.asked) == 1
    assert failed_as(result, ToolTimeout)
    assert 0.3 <= result.elapsed_s < 1.5


async def test_a_slow_drip_ends_in_time() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    async with serving(drip) as server:
        result = await run(tool(server.url), server, limit=0.3)
    assert failed_as(result, ToolTimeout)
    assert result.elapsed_s < 1.5


async def test_a_name_that_resolves_slowly_counts_too() -> None:
    async def slow(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    async with ToolRunner(resolver=slow, limit=0.2) as runner:
        assert failed_as(await runner.run(tool("http://slow.example/"), {}, {}), ToolTimeout)


async def test_a_huge_body_is_not_read_to_its_end() -> None:
    written = 0

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1_600):
            await response.write(b"x" * 65_536)
            written += 65_536
        return response

    async with serving(pour) as server:
        assert failed_as(await run(tool(server.url), server), ToolResponseTooLarge)
    assert written < 50_000_000


def found(location: str) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": location})


def redirecting(*steps: str) -> Handler:
    """A handler: `/0` redirects to the first step, `/1` to the second, and so on; the rest is fine."""

    async def redirect(request: web.Request) -> web.StreamResponse:
        step = int(request.path[1:])
        return found(steps[step]) if step < len(steps) else await fine(request)

    return redirect


async def test_three_redirects_are_followed_and_a_fourth_is_not() -> None:
    async with serving(redirecting("/1", "/2", "/3")) as server:
        assert (await run(tool(server.url + "/0"), server)).status == 200
        assert server.paths == ["/0", "/1", "/2", "/3"]
    async with serving(redirecting("/1", "/2", "/3", "/4")) as server:
        assert failed_as(await run(tool(server.url + "/0"), server), ToolRedirected)
        assert server.paths == ["/0", "/1", "/2", "/3"]


@pytest.mark.parametrize(
    "onward",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:{port}/1",
        "http://[::1]:{port}/1",
        "http://[::ffff:127.0.0.1]:{port}/1",
        "http://rebound.example:{port}/1",
        "file:///etc/passwd",
        "http://user:word@127.0.0.1:{port}/1",
    ],
)
async def test_a_redirect_cannot_lead_where_the_tool_may_not_go(onward: str) -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        return found(onward.format(port=server.port))

    names = Names({"rebound.example": ["127.0.0.1"], "localhost": ["127.0.0.1"]})
    async with (
        serving(redirect) as server,
        ToolRunner(frozenset({server.authority}), resolver=names.resolve) as runner,
    ):
        assert failed_as(await runner.run(tool(server.url + "/0"), {}, {}), ToolAddressRefused)
        assert server.paths == ["/0"]


async def test_cookies_of_one_answer_are_not_sent_with_the_next_request() -> None:
    async def set_cookie(request: web.Request) -> web.StreamResponse:
        response = web.json_response({})
        response.set_cookie("session", "1")
        return response

    async with serving(set_cookie) as server, ToolRunner(frozenset({server.authority})) as runner:
        for _ in range(2):
            await runner.run(tool(server.url), {}, {})
        assert ["Cookie" in asked.headers for asked in server.asked] == [False, False]


async def test_a_rewritten_host_is_served_from_its_base_url() -> None:
    async with (
        serving(fine) as server,
        ToolRunner(rewrites={"tools.stand-in": server.url + "/token/tools/"}) as runner,
    ):
        result = await runner.run(tool("http://tools.stand-in/slots/{{day}}?x=1"), {}, {"day": "a/b"})
        assert (result.status, server.paths) == (200, ["/token/tools/slots/a%2Fb?x=1"])
        assert failed_as(await runner.run(tool(f"http://localhost:{server.port}/"), {}, {}), ToolAddressRefused)


async def test_without_a_rewrite_the_host_is_not_found() -> None:
    async with ToolRunner(resolver=Names({}).resolve) as runner:
        assert failed_as(await runner.run(tool("http://tools.stand-in/slots"), {}, {}), ToolUnreachable)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("ftp://h.example/", ToolAddressRefused),
        ("h.example/", ToolAddressRefused),
        ("http://user:secret@h.example/", ToolAddressRefused),
        ("http://h.example:99999/", ToolMisconfigured),
        ("http://[::1/", ToolMisconfigured),
        ("https://{{host}}.h.example/", ToolMisconfigured),
    ],
)
async def test_a_url_that_cannot_be_asked_is_a_fixed_sentence(url: str, kind: type[ToolFailed]) -> None:
    async with ToolRunner(resolver=Names({}).resolve) as runner:
        assert failed_as(await runner.run(tool(url), {}, {"host": "evil.example/"}), kind)


@pytest.mark.parametrize("headers", [(("X Y", "1"),), (("X-Ü", "1"),), (("X:\r\nHost", "evil"),)])
async def test_a_header_that_is_none_is_a_fixed_sentence(headers: tuple[tuple[str, str], ...]) -> None:
    async with serving(fine) as server:
        assert failed_as(await run(replace(tool(server.url), headers=headers), server), ToolMisconfigured)
        assert server.asked == []


async def test_neither_results_nor_logs_hold_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving(drop) as server:
        made = CustomTool(
            "pay", "Pays.", "POST", server.url + "/canary-path?k=canary-key", headers=(("Authorization", "canary"),)
        )
        result = await run(made, server)
    written: list[Any] = [result.content, *(record.__dict__ for record in caplog.records)]
    assert "canary" not in repr(written)
    assert [(record.msg, record.__dict__["tool"]) for record in caplog.records] == [("tool failed", "pay")]


async def test_cancelling_a_tool_ends_its_request() -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        came.set()
        try:
            await asyncio.sleep(60)
        finally:
            gone.set()
        return web.Response()

    async with serving(hang) as server:
        task = asyncio.create_task(run(tool(server.url), server), name="tool")
        await asyncio.wait_for(came.wait(), 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(gone.wait(), 2)
