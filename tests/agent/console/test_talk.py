"""Answers in writing, against a model on loopback that behaves as a real provider may."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from agent import events as e
from agent import settings
from agent.console.subject import key_of_model, read
from agent.console.talk import Answer, Talk, opened
from agent.plan import Plan
from agent.providers import Providers, Source

CHUNK = '{"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%s}]}'


async def _answer(request: web.Request) -> web.StreamResponse:
    mode = request.match_info["mode"]
    await request.read()
    if mode.isdigit():
        return web.json_response({"error": {"message": "canary sk-123"}}, status=int(mode))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    if mode == "hangs":
        await asyncio.sleep(60)
    if mode == "slow":
        for number in range(20):
            await response.write(b"data: " + (CHUNK % f'{{"content":"word{number} "}}').encode() + b"\n\n")
            await asyncio.sleep(0.1)
    await response.write(b"data: " + (CHUNK % "{}").encode() + b"\n\ndata: [DONE]\n\n")
    return response


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/{mode}/chat/completions", _answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def planned(folder: Path, base_url: str, **more: str) -> Plan:
    (folder / "a.yaml").write_text("prompt: You are Emma.\n" + "".join(f"{k}: {v}\n" for k, v in more.items()))
    given = settings.of({"OPENAI_API_KEY": "sk-canary", "OPENAI_BASE_URL": base_url})
    return read(folder / "a.yaml", given, {}).plan(given, Providers(llm=Source.REAL), datetime.now(UTC))


@asynccontextmanager
async def talking(plan: Plan, said: list[str] | None = None) -> AsyncIterator[Talk]:
    def ignored(event: e.Event) -> None:
        return

    async with opened(plan, frozenset(), {}, ignored, (said if said is not None else []).append) as talk:
        yield talk


@pytest.mark.parametrize(
    ("mode", "error", "refused"),
    [
        ("401", "the model's provider refused the key", True),
        ("403", "the model's provider refused the key", True),
        ("404", "the model's provider does not know this model", False),
        ("429", "the model's provider takes no more requests: too many, or no credit left", False),
        ("500", "the model answered with an error (500)", False),
        ("empty", "", False),
    ],
)
async def test_what_went_wrong_is_a_sentence_of_our_own(tmp_path: Path, mode: str, error: str, refused: bool) -> None:
    async with served() as url, talking(planned(tmp_path, f"{url}/{mode}")) as talk:
        answer = await talk.answer("Hello?")
        assert (answer.error, answer.refused, answer.text, answer.first) == (error, refused, "", None)
        # A session that has failed goes on: the next turn is asked again.
        again: Answer = await talk.answer("Are you there?")
        assert again.error == error


async def test_a_model_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    async with served() as url:
        plan = planned(tmp_path, f"{url}/hangs")
        plan = replace(plan, patience=replace(plan.patience, reply=0.5))
        async with talking(plan) as talk:
            began = time.monotonic()
            answer = await talk.answer("Hello?")
            assert answer.error == "no answer came within 0.5 s"
            assert time.monotonic() - began < 2


async def test_an_opening_that_never_comes_is_given_up(tmp_path: Path) -> None:
    async with served() as url:
        plan = planned(tmp_path, f"{url}/hangs", first_sentence_mode="generated")
        plan = replace(plan, patience=replace(plan.patience, reply=0.5))
        async with talking(plan) as talk:
            assert (await talk.opening()).error == "no answer came within 0.5 s"
        async with talking(planned(tmp_path, f"{url}/empty", first_sentence_mode="generated")) as talk:
            assert (await talk.opening()).error == "the model wrote nothing"


async def test_an_answer_comes_word_by_word_and_can_be_stopped(tmp_path: Path) -> None:
    said: list[str] = []
    async with served() as url, talking(planned(tmp_path, f"{url}/slow"), said) as talk:
        answering = asyncio.create_task(talk.answer("Count."))
        await asyncio.sleep(0.7)
        assert 2 <= len(said) <= 8
        talk.stop()
        answer = await answering
        assert answer.stopped and not answer.error
        assert answer.text == "".join(said)
        assert answer.first is not None and answer.first < 0.5


def test_whose_key_was_refused_is_known(tmp_path: Path) -> None:
    plan = planned(tmp_path, "http://127.0.0.1:9")
    given = settings.of({"OPENAI_API_KEY": "k"})
    assert key_of_model(read(tmp_path / "a.yaml", given, {}), plan, given) == "OPENAI_API_KEY"
