"""The genuine plugins over stand-ins that fail: what still comes out, after how long, and after how many requests."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from livekit import rtc
from livekit.agents import APIError, llm, stt
from livekit.agents.utils import http_context
from pydantic import SecretStr

from agent import settings
from agent.fallback.model import Model
from agent.fallback.race import MOST_TRIES
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.pipeline import PROVIDER_OPTIONS, Pipeline, build
from agent.plan import Endpoint, Plan
from agent.prepare import prepare
from agent.providers import STAND_INS
from agent.standins.config import CallConfig, ModelScript, ProviderFault, Rule
from agent.standins.pointing import pointed_at
from agent.standins.process import StandInCall, StandIns
from agent.standins.resample import resampled
from agent.voice import Sound, render
from audio.frames import silence
from tests.agent.standins.listening import marks
from tests.loopback import served

pytestmark = pytest.mark.asyncio(loop_scope="session")

RESERVE = {
    "VOICE_WORKER_FALLBACK_MODEL": '{"type": "dedicated-instance", "name": "ministral-3-8b-instruct"}',
    "VOICE_WORKER_FALLBACK_VOICE": '{"provider": "elevenlabs", "id": "v2"}',
    "VOICE_WORKER_FALLBACK_RECOGNISER": "soniox",
}
ALONE: Mapping[str, str] = {}
ANSWER = "Monday at nine in the morning is free."
TEXT = "Good morning to you, this is Emma. Could you tell me when you are free?"


def plan(reserve: Mapping[str, str], **assistant: Any) -> Plan:
    raw = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+33612345678", "language": "en"}
    attempt = parse(Attempt, {**raw, "assistant": assistant}).valid()
    given = settings.of({**reserve})
    return prepare(attempt, attempt.assistant or Assistant(), given, STAND_INS, datetime(2026, 3, 9, tzinfo=UTC))


@asynccontextmanager
async def piped(
    stand_ins: StandIns, made: Plan, *faults: dict[str, Any]
) -> AsyncIterator[tuple[Pipeline, StandInCall]]:
    """The plan's pipeline, with stand-ins that fail."""
    model = ModelScript(script=(Rule(reply=ANSWER, repeat=True),))
    failing = tuple(ProviderFault.model_validate(fault) for fault in faults)
    call = await stand_ins.open_call(CallConfig(model=model, faults=failing))
    async with http_context.open():
        pipeline = build(pointed_at(made, call, STAND_INS))
        try:
            yield pipeline, call
        finally:
            await pipeline.aclose()
            await call.close()


async def written(model: Model) -> str:
    history = llm.ChatContext.empty()
    history.add_message(role="user", content="Is there a slot?")
    async with model.chat(chat_ctx=history, conn_options=PROVIDER_OPTIONS) as stream:
        return "".join([chunk.delta.content or "" async for chunk in stream if chunk.delta])


def model_of(pipeline: Pipeline) -> Model:
    assert isinstance(pipeline.model, Model)
    return pipeline.model


@pytest.mark.parametrize("kind", ["refused", "unauthorised", "limited", "down", "silent", "malformed"])
async def test_whatever_is_wrong_with_a_model_the_one_in_reserve_answers(stand_ins: StandIns, kind: str) -> None:
    fault = {"provider": "llm", "name": "gpt-4.1", "kind": kind}
    async with piped(stand_ins, plan(RESERVE), fault) as (pipeline, _):
        began = time.monotonic()
        assert await written(model_of(pipeline)) == ANSWER
        assert pipeline.writer == "ministral-3-8b-instruct"
        assert time.monotonic() - began < 3.0


@pytest.mark.parametrize(("status", "headers"), [(503, {}), (429, {"Retry-After": "1"}), (200, {})])
async def test_requests_of_a_failing_answer_are_counted_at_the_server(status: int, headers: dict[str, str]) -> None:
    """200 is a stream that opens and stays silent."""
    requests: list[float] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        requests.append(time.monotonic())
        if status != 200:
            return web.Response(status=status, headers=headers)
        await web.StreamResponse(headers={"Content-Type": "text/event-stream"}).prepare(request)
        await asyncio.Event().wait()
        raise AssertionError("nobody waits for ever")

    application = web.Application()
    application.add_routes([web.post("/v1/chat/completions", answer)])
    made = plan(ALONE)
    async with served(application) as port, http_context.open():
        there = Endpoint(SecretStr("any"), f"http://127.0.0.1:{port}/v1")
        pipeline = build(replace(made, model=replace(made.model, endpoint=there)))
        began = time.monotonic()
        with pytest.raises(APIError):
            await written(model_of(pipeline))
        took = time.monotonic() - began
        await pipeline.aclose()
    assert len(requests) == (1 if status == 200 else MOST_TRIES)
    assert took < 5.0
    if status == 429:
        assert requests[1] - requests[0] >= 1.0


@pytest.mark.parametrize("name", ["cartesia", "elevenlabs", "gradium"])
@pytest.mark.parametrize(
    "kind", ["refused", "unauthorised", "limited", "down", "silent", "cut", "empty", "garbage", "malformed"]
)
async def test_whatever_is_wrong_with_a_voice_everything_is_said(stand_ins: StandIns, name: str, kind: str) -> None:
    other = "elevenlabs" if name != "elevenlabs" else "cartesia"
    reserve = {"VOICE_WORKER_FALLBACK_VOICE": f'{{"provider": "{other}", "id": "v2"}}'}
    fault = {"provider": "tts", "name": name, "kind": kind, "seconds": 2.4 if kind == "cut" else None}
    async with piped(stand_ins, plan(reserve, voice={"provider": name, "id": "v1"}), fault) as (pipeline, _):
        async with asyncio.timeout(5.0):
            sound = await render(pipeline.voice, TEXT)
    assert said(sound) == TEXT.split()
    assert sound.seconds > 3.0
    assert abs(sound.words[-1].end - sound.seconds) < 0.3


def said(sound: Sound) -> list[str]:
    return " ".join(word.text for word in sound.words).split()


async def heard(pipeline: Pipeline, call: StandInCall, text: str) -> list[stt.SpeechData]:
    """The final words of a text said to the recogniser in real time."""
    speech = await call.voice(text, language="en")
    pcm = resampled(np.concatenate([silence(7200), speech.pcm, silence(24_000)]), 24_000, 16_000)
    speaking, finals = False, list[stt.SpeechData]()
    recognition = pipeline.recogniser.listen(lambda: speaking)

    async def collect() -> None:
        async for event in recognition.events():
            if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                finals.append(event.alternatives[0])

    collecting = asyncio.create_task(collect())
    began = time.monotonic()
    await call.mark(marks(speech, began + 0.3))
    for start in range(0, len(pcm), 320):
        await asyncio.sleep(began + (start + 320) / 16_000 - time.monotonic())
        speaking = 0.3 < start / 16_000 < 0.3 + speech.length
        block = pcm[start : start + 320]
        recognition.push_frame(rtc.AudioFrame(block.tobytes(), 16_000, 1, len(block)))
    await asyncio.sleep(3.0)
    collecting.cancel()
    await asyncio.gather(collecting, return_exceptions=True)
    first, last = speech.words[0].start + 0.3, speech.words[-1].end + 0.3
    assert finals[0].start_time == pytest.approx(first, abs=0.15)
    assert finals[-1].end_time == pytest.approx(last, abs=0.15)
    return finals


LONG = "I would like to come on Monday, or else on Tuesday, because on Wednesday I am away for the whole week."


@pytest.mark.parametrize("recogniser", ["deepgram", "soniox"])
@pytest.mark.parametrize("seconds", [1.1, 1.3, 2.2])
async def test_a_connection_that_is_closed_in_mid_word_loses_and_doubles_no_word(
    stand_ins: StandIns, recogniser: str, seconds: float
) -> None:
    fault = {"provider": "stt", "kind": "closes", "seconds": seconds}
    made = plan({"VOICE_WORKER_RECOGNISER": recogniser})
    async with piped(stand_ins, made, fault) as (pipeline, call):
        finals = await heard(pipeline, call, LONG)
    assert " ".join(final.text for final in finals).split() == LONG.split()


@pytest.mark.parametrize("kind", ["refused", "unauthorised", "limited", "down", "silent", "malformed", "closes"])
async def test_whatever_is_wrong_with_a_recogniser_the_one_in_reserve_hears_it(stand_ins: StandIns, kind: str) -> None:
    fault = {"provider": "stt", "name": "deepgram", "kind": kind, "seconds": 1.5 if kind == "closes" else None}
    async with piped(stand_ins, plan(RESERVE), fault) as (pipeline, call):
        finals = await heard(pipeline, call, LONG)
    assert " ".join(final.text for final in finals).split() == LONG.split()
