"""The lookup before an inbound call is answered."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from agent import settings
from agent.models.assistant import Assistant
from agent.models.parsing import parse
from agent.problems import ErrorCode, InputInvalid, Problem
from agent.worker.lookup import looked_up, lookup_failed
from tests.loopback import served

CALLER = "+33612345678"


@asynccontextmanager
async def directory(answer: object, status: int = 200) -> AsyncIterator[tuple[str, list[str]]]:
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        return web.Response(text=json.dumps(answer), status=status, content_type="application/json")

    app = web.Application()
    app.router.add_get("/callers/{phone}", handle)
    async with served(app) as port:
        yield f"127.0.0.1:{port}", asked


def assistant(host: str) -> Assistant:
    return parse(Assistant, {"prompt": "p", "precall_lookup_url": f"http://{host}/callers/{{{{phone}}}}"}).valid()


async def test_the_caller_is_looked_up_by_number() -> None:
    async with directory({"prompt_variables": {"name": "Sam"}}) as (host, asked):
        found = await looked_up(assistant(host), CALLER, settings.of({"VOICE_WORKER_ALLOWED_HOSTS": host}))
    assert found == {"name": "Sam"}
    assert asked == ["/callers/%2B33612345678"]


async def test_without_a_lookup_nothing_is_known() -> None:
    assert await looked_up(parse(Assistant, {"prompt": "p"}).valid(), CALLER, settings.of({})) == {}


@pytest.mark.parametrize(
    ("answer", "status"),
    [({"prompt_variables": {"n": 1}}, 200), ({"variables": {}}, 200), ([], 200), ({"prompt_variables": {}}, 404)],
)
async def test_any_other_answer_fails_without_being_quoted(answer: object, status: int) -> None:
    async with directory(answer, status) as (host, _):
        with pytest.raises(InputInvalid) as failed:
            await looked_up(assistant(host), CALLER, settings.of({"VOICE_WORKER_ALLOWED_HOSTS": host}))
    assert failed.value.code is ErrorCode.PRECALL_LOOKUP_FAILED
    assert host not in str(failed.value) and CALLER not in str(failed.value)


async def test_a_private_address_is_not_asked() -> None:
    async with directory({"prompt_variables": {}}) as (host, asked):
        with pytest.raises(InputInvalid):
            await looked_up(assistant(host), CALLER, settings.of({}))
    assert asked == []


def test_missing_variables_are_the_lookups_fault() -> None:
    missing = InputInvalid([Problem("assistant.prompt", "expected a value", ErrorCode.UNRESOLVED_VARIABLE)])
    assert lookup_failed(missing).code is ErrorCode.PRECALL_LOOKUP_FAILED
    other = InputInvalid([Problem("assistant.voice", "expected a voice")])
    assert lookup_failed(other) is other
