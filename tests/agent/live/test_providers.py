import asyncio

import pytest
from aiohttp import web
from pydantic import SecretStr

from agent.live.finding import Findings, well, wrong
from agent.live.providers import answers
from agent.live.questions import Question
from tests.tools.server import Handler, serving


def question(url: str, **more: object) -> Question:
    given: dict[str, object] = {"who": "X", "key_from": "X_API_KEY", "header": "Authorization", "scheme": "Bearer "}
    return Question(url=url, key=SecretStr("k-1"), **{**given, **more})  # type: ignore[arg-type]


def answering(status: int, text: str = "") -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    return answer


async def found(status: int, text: str = "", **more: object) -> Findings:
    async with serving(answering(status, text)) as server:
        asked = question(f"{server.url}/models", **more)
        return (await answers([asked]))[asked]


async def test_the_key_goes_in_its_header() -> None:
    async with serving(answering(200)) as server:
        asked = question(f"{server.url}/voices/1", header="X-API-Key", scheme="", version="2025-04-16")
        assert (await answers([asked]))[asked] == well("X: the key works")
    [request] = server.asked
    assert (request.method, request.path) == ("GET", "/voices/1")
    assert (request.headers["X-API-Key"], request.headers["Cartesia-Version"]) == ("k-1", "2025-04-16")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, wrong("X_API_KEY", "expected a key that X accepts")),
        (403, wrong("X_API_KEY", "expected a key that X accepts")),
        (500, wrong("X_API_KEY", "expected X to answer with 200, not 500")),
        (302, wrong("X_API_KEY", "expected X to answer with 200, not 302")),
        (404, wrong("X_API_KEY", "expected X to answer with 200, not 404")),
        (400, wrong("X_API_KEY", "expected X to answer with 200, not 400")),
        (429, well("X: the key is not refused, though there are too many requests just now")),
    ],
)
async def test_every_answer_is_a_sentence(status: int, expected: Findings) -> None:
    assert await found(status) == expected


async def test_a_voice_that_is_not_there_is_told_from_a_bad_key() -> None:
    assert await found(404, voice_from="assistant.voice.id") == wrong(
        "assistant.voice.id", "expected a voice that X has"
    )
    assert await found(200, voice_from="assistant.voice.id") == well("X: the key works, the voice is there")


async def test_a_model_that_is_not_there_is_told_from_a_bad_key() -> None:
    place = "llm_model.realtime_model_id"
    assert await found(404, model_from=place) == wrong(place, "expected a model that X has")
    assert await found(200, model_from=place) == well("X: the key works, the model is there")
    assert await found(403, model_from=place) == wrong("X_API_KEY", "expected a key that X accepts")


async def test_google_refuses_a_key_in_its_own_way() -> None:
    text = '{"error": {"code": 400, "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}}'
    refused = wrong("X_API_KEY", "expected a key that X accepts")
    assert await found(400, text, model_from="llm_model.realtime_model_id") == refused


async def test_a_good_key_that_may_not_read_voices_is_good() -> None:
    text = '{"detail": {"status": "missing_permissions"}}'
    assert await found(401, text) == well("X: the key works, though it may not look up voices")


async def test_an_endpoint_may_do_without_a_list_of_models() -> None:
    assert await found(404, may_lack=True) == well("X: it answers; whether the key works cannot be asked there")
    assert (await found(401, may_lack=True)).problems


async def test_what_cannot_be_reached_or_does_not_answer_is_said() -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with serving(hang) as server:
        silent, absent, odd = question(server.url), question("http://127.0.0.1:9"), question("http://[")
        said = await answers([silent, absent, odd], longest=0.3)
    assert said[silent] == wrong("X_API_KEY", "expected X to answer within 0.3 seconds")
    assert said[absent] == said[odd] == wrong("X_API_KEY", "expected X to be reachable")


async def test_a_key_that_no_header_can_carry_is_no_crash() -> None:
    asked = Question("X", "X_API_KEY", "http://127.0.0.1:9", "Authorization", SecretStr("ключ\n"))
    assert (await answers([asked]))[asked].problems


async def test_all_are_asked_at_once_and_each_once() -> None:
    both = asyncio.Barrier(2)

    async def wait_for_the_other(request: web.Request) -> web.Response:
        await both.wait()
        return web.Response()

    async with serving(wait_for_the_other) as server:
        one, other = question(f"{server.url}/1"), question(f"{server.url}/2")
        said = await answers([one, other, one])
    assert said == {one: well("X: the key works"), other: well("X: the key works")}
    assert sorted(server.paths) == ["/1", "/2"]
