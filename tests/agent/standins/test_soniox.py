"""The stand-in for Soniox, spoken to by the genuine plugin in real time."""

import json
from typing import Any

import aiohttp
import pytest
from livekit.agents import APIStatusError, stt
from livekit.agents.utils import http_context
from livekit.plugins import soniox
from pydantic import SecretStr

from agent.plan import Endpoint, RecogniserPlan
from agent.soniox import Recogniser
from agent.standins.config import CallConfig, Errors, Latencies
from agent.standins.process import StandInCall, StandIns
from tests.agent.standins.listening import LEAD, ONCE, listened

pytestmark = pytest.mark.asyncio(loop_scope="package")

FINAL = stt.SpeechEventType.FINAL_TRANSCRIPT
INTERIM = stt.SpeechEventType.INTERIM_TRANSCRIPT
CONFIG = {"model": "stt-rt-v5", "audio_format": "pcm_s16le", "sample_rate": 16_000, "num_channels": 1}


def plan(call: StandInCall, model: str = "stt-rt-v5") -> RecogniserPlan:
    return RecogniserPlan("soniox", model, Endpoint(SecretStr("any"), call.soniox_url))


async def asked(call: StandInCall, *messages: str | bytes, key: str | None = "any") -> list[Any]:
    """What the stand-in answers to these messages, until it closes the socket."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with http_context.http_session().ws_connect(call.soniox_url, headers=headers) as socket:
        for message in messages:
            await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
        return [json.loads(message.data) async for message in socket if message.type is aiohttp.WSMsgType.TEXT]


async def test_words_arrive_as_interim_results_and_a_final_one_at_honest_times(call: StandInCall) -> None:
    speech = await call.voice("Yes, this is Maria.", language="en")

    heard, began = await listened(Recogniser(plan(call), "en"), call, speech, speech.pcm)

    assert heard.texts(FINAL) == ["Yes, this is Maria."]
    assert heard.texts(INTERIM) == ["Yes,", "Yes, this", "Yes, this is"]
    at, interim = heard.first(INTERIM)
    assert 0.14 < at - began - speech.words[0].end < 0.4
    at, final = heard.first(FINAL)
    assert 0.09 < at - began - speech.words[-1].end < 0.35
    assert heard.first(stt.SpeechEventType.START_OF_SPEECH)[0] < at <= heard.first(stt.SpeechEventType.END_OF_SPEECH)[0]
    best = final.alternatives[0]
    assert best.confidence > 0.9
    assert best.language == "en"
    assert best.start_time == pytest.approx(LEAD, abs=0.06)
    assert best.end_time == pytest.approx(LEAD + speech.words[-1].end, abs=0.06)
    assert interim.alternatives[0].start_time == pytest.approx(LEAD, abs=0.06)
    usage = [event.recognition_usage for _, event in heard.events if event.recognition_usage is not None]
    assert sum(each.audio_duration for each in usage) == pytest.approx(LEAD + speech.length, abs=0.3)


async def test_words_whose_sound_did_not_arrive_are_not_heard(call: StandInCall) -> None:
    speech = await call.voice("Yes, this is Maria.", language="en")
    lost = speech.pcm.copy()
    lost[: round(speech.words[1].start * 24_000)] = 0

    heard, _ = await listened(Recogniser(plan(call, "stt-rt-v4"), "en"), call, speech, lost)

    assert heard.texts(FINAL) == ["this is Maria."]


@pytest.mark.usefixtures("call")
async def test_latency_and_errors_are_those_of_the_line_file(stand_ins: StandIns) -> None:
    config = CallConfig(latency=Latencies(stt_final_ms=700), errors=Errors(words=1.0))
    slow = await stand_ins.open_call(config)
    speech = await slow.voice("Yes, this is Maria.", language="en")

    heard, began = await listened(Recogniser(plan(slow), "en"), slow, speech, speech.pcm, after=1.2)

    at, final = heard.first(FINAL)
    assert 0.69 < at - began - speech.words[-1].end < 0.95
    assert set(final.alternatives[0].text.split()).isdisjoint(["Yes,", "this", "is", "Maria."])
    assert final.alternatives[0].confidence < 0.7
    await slow.close()


@pytest.mark.usefixtures("call")
async def test_words_that_are_held_back_come_when_they_are_asked_for(stand_ins: StandIns) -> None:
    slow = await stand_ins.open_call(CallConfig(latency=Latencies(stt_final_ms=5000)))
    speech = await slow.voice("Yes, this is Maria.", language="en")

    def flush(at: float, stream: stt.RecognizeStream) -> None:
        if at == pytest.approx(round(LEAD + speech.length, 2) // 0.02 * 0.02 + 0.3):
            stream.flush()

    heard, began = await listened(Recogniser(plan(slow), "en"), slow, speech, speech.pcm, during=flush, after=0.8)

    assert heard.texts(FINAL) == ["Yes, this is Maria."]
    assert heard.first(FINAL)[0] - began < speech.length + 0.7
    await slow.close()


async def test_the_end_of_the_stream_finishes_what_was_said(call: StandInCall) -> None:
    assert (await asked(call, json.dumps(CONFIG), b"\0\0" * 1600, b""))[-1] == {
        "tokens": [],
        "final_audio_proc_ms": 0,
        "total_audio_proc_ms": 100,
        "finished": True,
    }
    finalized = await asked(call, json.dumps(CONFIG), '{"type": "keepalive"}', '{"type": "finalize"}', "")
    assert finalized[0]["tokens"] == [{"text": "<fin>", "is_final": True}]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"model": "stt-rt-v99"}, 400),
        ({"audio_format": "mp3"}, 400),
        ({"max_endpoint_delay_ms": 100}, 400),
        ({"model": "stt-rt-v4", "endpoint_sensitivity": 0.5}, 400),
        ({"context": {"terms": ["x" * 10_001]}}, 400),
        ({"context": {"general": ["not a pair"]}}, 400),
    ],
)
async def test_a_configuration_that_soniox_refuses_is_refused(
    call: StandInCall, changes: dict[str, Any], code: int
) -> None:
    [error] = await asked(call, json.dumps({**CONFIG, **changes}))
    assert error["error_code"] == code
    assert "x" * 20 not in error["error_message"]


async def test_a_missing_key_and_a_message_of_another_kind_are_refused(call: StandInCall) -> None:
    [error] = await asked(call, json.dumps(CONFIG), key=None)
    assert error["error_code"] == 401
    [error] = await asked(call, "hello")
    assert error["error_code"] == 400


async def test_the_plugin_gives_up_on_what_is_refused(call: StandInCall) -> None:
    ears = soniox.STT(api_key="any", base_url=call.soniox_url, params=soniox.STTOptions(model="stt-rt-v99"))
    stream = ears.stream(conn_options=ONCE)

    with pytest.raises(APIStatusError) as refused:
        await anext(stream)
    assert refused.value.status_code == 400
    await stream.aclose()
    await ears.aclose()


@pytest.mark.usefixtures("call")
async def test_an_unknown_token_is_refused(stand_ins: StandIns) -> None:
    closed = await stand_ins.open_call(CallConfig())
    await closed.close()
    ears = Recogniser(plan(closed), "en")
    stream = ears.stream(conn_options=ONCE)

    with pytest.raises(APIStatusError) as refused:
        await anext(stream)
    assert refused.value.status_code == 404
    await stream.aclose()
    await ears.aclose()
