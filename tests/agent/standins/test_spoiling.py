"""Every fault of every kind of provider, as the genuine plugins see it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import numpy as np
import pytest
from livekit.agents import (
    APIConnectionError,
    APIConnectOptions,
    APIError,
    APIStatusError,
    APITimeoutError,
    llm,
    stt,
    tts,
)
from livekit.plugins import cartesia, deepgram, elevenlabs, openai
from pydantic import SecretStr

from agent import gradium, soniox
from agent.plan import Endpoint, RecogniserPlan, VoicePlan
from agent.standins.config import CallConfig, FaultKind, ModelScript, ProviderFault, Rule
from agent.standins.process import StandInCall, StandIns
from tests.agent.standins.listening import listened
from tests.agent.standins.voicing import streamed

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.usefixtures("call")]

BRIEFLY = APIConnectOptions(max_retry=0, timeout=0.7)
SENTENCE = "Could you tell me what this is all about, please?"
ANSWER = "One two three four five six seven eight nine ten eleven twelve."


@asynccontextmanager
async def struck(stand_ins: StandIns, **fault: Any) -> AsyncIterator[StandInCall]:
    """A call with one fault."""
    model = ModelScript(script=(Rule(reply=ANSWER, repeat=True),))
    call = await stand_ins.open_call(CallConfig(model=model, faults=(ProviderFault(**fault),)))
    try:
        yield call
    finally:
        await call.close()


async def written(call: StandInCall) -> str:
    history = llm.ChatContext.empty()
    history.add_message(role="user", content="Hello?")
    async with openai.LLM(model="gpt-4.1", api_key="any", base_url=call.openai_url) as model:
        pieces: list[str] = []
        try:
            async with model.chat(chat_ctx=history, conn_options=BRIEFLY) as stream:
                pieces = [chunk.delta.content async for chunk in stream if chunk.delta and chunk.delta.content]
        except APIError as error:
            error.add_note("".join(pieces))
            raise
        return "".join(pieces)


@pytest.mark.parametrize(
    ("kind", "status"), [(FaultKind.UNAUTHORISED, 401), (FaultKind.LIMITED, 429), (FaultKind.DOWN, 503)]
)
async def test_a_model_answers_with_a_status(stand_ins: StandIns, kind: FaultKind, status: int) -> None:
    async with struck(stand_ins, provider="llm", kind=kind, count=1, seconds=3) as call:
        with pytest.raises(APIStatusError) as refused:
            await written(call)
        assert refused.value.status_code == status
        assert await written(call) == ANSWER


async def test_a_model_that_is_asked_too_often_says_when_to_come_back(stand_ins: StandIns) -> None:
    async with (
        struck(stand_ins, provider="llm", kind=FaultKind.LIMITED, seconds=3) as call,
        aiohttp.ClientSession() as client,
        client.post(f"{call.openai_url}/chat/completions") as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.REFUSED, APIConnectionError),
        (FaultKind.SILENT, APITimeoutError),
        (FaultKind.CUT, APIConnectionError),
        (FaultKind.MALFORMED, APIConnectionError),
    ],
)
async def test_a_models_connection_fails(stand_ins: StandIns, kind: FaultKind, error: type[APIError]) -> None:
    async with struck(stand_ins, provider="llm", name="gpt-4.1", kind=kind, count=1, seconds=0.1) as call:
        with pytest.raises(error):
            await written(call)
        assert await written(call) == ANSWER


async def test_a_model_of_another_name_is_not_struck(stand_ins: StandIns) -> None:
    async with struck(stand_ins, provider="llm", name="other", kind=FaultKind.REFUSED) as call:
        assert await written(call) == ANSWER


Voice = Callable[[StandInCall], tts.TTS[Any]]


def cartesia_voice(call: StandInCall) -> tts.TTS[Any]:
    return cartesia.TTS(api_key="any", base_url=call.cartesia_url, voice="v1")


def elevenlabs_voice(call: StandInCall) -> tts.TTS[Any]:
    return elevenlabs.TTS(api_key="any", base_url=call.elevenlabs_url, voice_id="v1", encoding="pcm_24000")


def gradium_voice(call: StandInCall) -> tts.TTS[Any]:
    return gradium.Voice(VoicePlan("gradium", "v1", "default", Endpoint(SecretStr("any"), call.gradium_url)))


VOICES = {"cartesia": cartesia_voice, "elevenlabs": elevenlabs_voice, "gradium": gradium_voice}


@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize(
    ("kind", "status"), [(FaultKind.UNAUTHORISED, 401), (FaultKind.LIMITED, 429), (FaultKind.DOWN, 503)]
)
async def test_a_voice_answers_with_a_status(stand_ins: StandIns, name: str, kind: FaultKind, status: int) -> None:
    async with struck(stand_ins, provider="tts", name=name, kind=kind) as call, VOICES[name](call) as voice:
        with pytest.raises(APIStatusError) as refused:
            await streamed(voice, SENTENCE)
    assert refused.value.status_code == status


@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize("kind", [FaultKind.REFUSED, FaultKind.CUT, FaultKind.EMPTY, FaultKind.MALFORMED])
async def test_a_voice_fails(stand_ins: StandIns, name: str, kind: FaultKind) -> None:
    async with struck(stand_ins, provider="tts", name=name, kind=kind) as call, VOICES[name](call) as voice:
        with pytest.raises(APIError):
            async with asyncio.timeout(3):
                await streamed(voice, SENTENCE)


@pytest.mark.parametrize("name", VOICES)
async def test_a_voice_opens_and_stays_silent(stand_ins: StandIns, name: str) -> None:
    async with struck(stand_ins, provider="tts", name=name, kind=FaultKind.SILENT) as call, VOICES[name](call) as voice:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await streamed(voice, SENTENCE)


@pytest.mark.parametrize("name", VOICES)
async def test_a_voice_speaks_rubbish_once(stand_ins: StandIns, name: str) -> None:
    fault = {"provider": "tts", "name": name, "kind": FaultKind.GARBAGE, "count": 1}
    async with struck(stand_ins, **fault) as call, VOICES[name](call) as voice:
        rubbish, sound = await streamed(voice, SENTENCE), await streamed(voice, SENTENCE)
    assert loudness(rubbish.pcm) > 4 * loudness(sound.pcm)


def loudness(pcm: Any) -> float:
    return float(np.sqrt(np.mean(np.square(pcm.astype(np.float64)))))


def deepgram_ears(call: StandInCall) -> stt.STT[Any]:
    return deepgram.STT(api_key="any", base_url=call.deepgram_url, sample_rate=16_000)


def soniox_ears(call: StandInCall) -> stt.STT[Any]:
    plan = RecogniserPlan("soniox", "stt-rt-v5", Endpoint(SecretStr("any"), call.soniox_url))
    return soniox.Recogniser(plan, "en")


RECOGNISERS = {"deepgram": deepgram_ears, "soniox": soniox_ears}


async def heard(stream: stt.RecognizeStream) -> list[str]:
    return [event.alternatives[0].text async for event in stream if event.alternatives]


@pytest.mark.parametrize("name", RECOGNISERS)
@pytest.mark.parametrize(
    "kind", [FaultKind.UNAUTHORISED, FaultKind.LIMITED, FaultKind.DOWN, FaultKind.REFUSED, FaultKind.CLOSES]
)
async def test_a_recognisers_connection_fails(stand_ins: StandIns, name: str, kind: FaultKind) -> None:
    fault = {"provider": "stt", "name": name, "kind": kind, "seconds": 0.2}
    async with struck(stand_ins, **fault) as call, RECOGNISERS[name](call) as ears:
        stream = ears.stream(conn_options=BRIEFLY)
        with pytest.raises(APIError):
            await asyncio.wait_for(heard(stream), 3)
        await stream.aclose()


@pytest.mark.parametrize("name", RECOGNISERS)
@pytest.mark.parametrize("kind", [FaultKind.SILENT, FaultKind.MALFORMED])
async def test_a_recogniser_tells_nothing_that_is_of_use(stand_ins: StandIns, name: str, kind: FaultKind) -> None:
    async with struck(stand_ins, provider="stt", name=name, kind=kind) as call:
        speech = await call.voice("Good morning.", language="en")
        found, _ = await listened(RECOGNISERS[name](call), call, speech, speech.pcm)
    assert [event for _, event in found.events if event.alternatives] == []
