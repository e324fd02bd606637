"""The stand-in for Gradium, spoken to by the genuine plugin."""

import json
from dataclasses import replace
from typing import Any

import aiohttp
import numpy as np
import pytest
from livekit.agents import APIError, APIStatusError
from livekit.agents.utils import http_context
from livekit.plugins import gradium
from pydantic import SecretStr

from agent.gradium import Voice
from agent.plan import Endpoint, VoicePlan
from agent.standins.config import CallConfig, Latencies
from agent.standins.process import StandInCall, StandIns
from agent.standins.resample import resampled
from tests.agent.standins.voicing import ONCE, TWO_SENTENCES, Spoken, is_timed, streamed, synthesized

pytestmark = pytest.mark.asyncio(loop_scope="package")

SETUP = {"type": "setup", "model_name": "default", "voice_id": "v1", "output_format": "pcm"}


def voice(call: StandInCall, voice_id: str = "v1", *, speed: float = 1.0) -> Voice:
    endpoint = Endpoint(SecretStr("any"), call.gradium_url)
    return Voice(VoicePlan("gradium", voice_id, "default", endpoint, speed))


def halved(spoken: Spoken) -> Spoken:
    """At 24 kHz, as the other voices speak."""
    return replace(spoken, pcm=resampled(spoken.pcm, 48_000, 24_000))


async def asked(call: StandInCall, *messages: dict[str, Any], key: str | None = "any") -> tuple[list[Any], int | None]:
    """What the stand-in answers to these messages, and the code it closes the socket with."""
    headers = {"x-api-key": key} if key else {}
    async with http_context.http_session().ws_connect(call.gradium_url, headers=headers) as socket:
        for message in messages:
            await socket.send_json(message)
        answers = [json.loads(message.data) async for message in socket if message.type is aiohttp.WSMsgType.TEXT]
        return answers, socket.close_code


async def test_words_are_those_of_the_text_and_their_times_run_on_over_sentences(call: StandInCall) -> None:
    async with voice(call) as tts:
        is_timed(halved(await streamed(tts, TWO_SENTENCES)), TWO_SENTENCES)


async def test_the_plugin_as_it_is_speaks_to_it_too_but_tells_no_times(call: StandInCall) -> None:
    plain = gradium.TTS(api_key="any", model_endpoint=call.gradium_url, voice_id="v1")
    async with plain as tts, voice(call) as ours:
        spoken, same = await streamed(tts, TWO_SENTENCES), await streamed(ours, TWO_SENTENCES)
        whole = await synthesized(tts, TWO_SENTENCES)

    assert spoken.words == []
    assert np.array_equal(spoken.pcm, same.pcm)
    assert whole.length == pytest.approx(same.length, rel=0.05)


@pytest.mark.usefixtures("call")
async def test_audio_begins_after_the_latency_and_comes_faster_than_it_is_heard(stand_ins: StandIns) -> None:
    slow = await stand_ins.open_call(CallConfig(latency=Latencies(tts_ms=300)))
    async with voice(slow) as tts:
        await streamed(tts, "Warm.")
        spoken = halved(await streamed(tts, "Could you tell me what this is all about, please?"))

    assert 0.3 <= spoken.first_after < 0.7
    assert spoken.whole_after < 0.6 * spoken.length
    await slow.close()


@pytest.mark.parametrize("speed", [0.6, 0.8, 1.25, 1.5])
async def test_speed_divides_the_length(call: StandInCall, speed: float) -> None:
    text = "This sentence is just long enough to measure it."
    async with voice(call) as tts, voice(call, speed=speed) as other:
        usual, changed = await streamed(tts, text), await streamed(other, text)

    assert usual.length / changed.length == pytest.approx(speed, rel=0.05)


async def test_another_voice_id_is_another_speaker(call: StandInCall) -> None:
    async with voice(call, "v1") as one, voice(call, "v2") as other:
        first, second = await streamed(one, "Hello."), await streamed(other, "Hello.")

    assert len(first.pcm) != len(second.pcm) or (first.pcm != second.pcm).any()


async def test_a_stream_is_answered_as_gradium_does(call: StandInCall) -> None:
    texts = [{"type": "text", "text": "Hello "}, {"type": "text", "text": "there. "}, {"type": "end_of_stream"}]
    answers, code = await asked(call, {**SETUP, "output_format": "pcm_16000"}, *texts)

    kinds = [answer["type"] for answer in answers]
    assert (kinds[0], kinds[-1], code) == ("ready", "end_of_stream", 1000)
    assert (answers[0]["sample_rate"], answers[0]["frame_size"]) == (16_000, 1280)
    assert [answer["text"] for answer in answers if answer["type"] == "text"] == ["Hello", "there."]
    assert set(kinds[1:-1]) == {"text", "audio"}


@pytest.mark.parametrize(
    ("messages", "key", "code"),
    [
        ([SETUP], None, 1008),
        ([{"type": "text", "text": "Hello."}], "any", 1002),
        ([SETUP, SETUP], "any", 1002),
        ([{**SETUP, "output_format": "mp3"}], "any", 1003),
        ([{**SETUP, "json_config": {"padding_bonus": 4.1}}], "any", 1003),
        ([{**SETUP, "json_config": "{"}], "any", 1003),
        ([{"type": "sing"}], "any", 1003),
    ],
)
async def test_what_gradium_refuses_is_refused(
    call: StandInCall, messages: list[dict[str, Any]], key: str | None, code: int
) -> None:
    answers, closed = await asked(call, *messages, key=key)

    assert (answers[-1]["type"], answers[-1]["code"], closed) == ("error", code, code)


async def test_the_plugin_gives_up_on_what_is_refused(call: StandInCall) -> None:
    tts = voice(call)
    tts.update_options(json_config={"padding_bonus": 9})

    with pytest.raises(APIError, match="json_config"):
        await streamed(tts, "Hello.")
    await tts.aclose()


@pytest.mark.usefixtures("call")
async def test_an_unknown_token_is_refused(stand_ins: StandIns) -> None:
    closed = await stand_ins.open_call(CallConfig())
    await closed.close()
    tts = voice(closed)

    with pytest.raises(APIStatusError) as refused:
        await streamed(tts, "Hello.")
    assert refused.value.status_code == 404
    with pytest.raises(APIStatusError) as refused:
        async with tts.synthesize("Hello.", conn_options=ONCE) as stream:
            await stream.collect()
    assert refused.value.status_code == 404
    await tts.aclose()
