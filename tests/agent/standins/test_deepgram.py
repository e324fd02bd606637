"""The stand-in for Deepgram, spoken to by the genuine plugin in real time."""

import numpy as np
import pytest
from livekit.agents import APIStatusError, stt
from livekit.plugins import deepgram

from agent.standins.config import CallConfig, Latencies
from agent.standins.process import StandInCall, StandIns
from audio.frames import Pcm, silence
from tests.agent.standins.listening import LEAD, ONCE, RATE, listened

pytestmark = pytest.mark.asyncio(loop_scope="package")


def recogniser(call: StandInCall) -> deepgram.STT:
    return deepgram.STT(api_key="any", base_url=call.deepgram_url, model="nova-3", sample_rate=RATE)


async def test_words_arrive_as_interim_results_and_a_final_one_at_honest_times(call: StandInCall) -> None:
    speech = await call.voice("Yes, this is Maria.", language="en")

    heard, began = await listened(recogniser(call), call, speech, speech.pcm)

    assert heard.texts(stt.SpeechEventType.FINAL_TRANSCRIPT) == ["Yes, this is Maria."]
    assert heard.texts(stt.SpeechEventType.INTERIM_TRANSCRIPT) == ["Yes,", "Yes, this", "Yes, this is"]
    at, interim = heard.first(stt.SpeechEventType.INTERIM_TRANSCRIPT)
    assert 0.14 < at - began - speech.words[0].end < 0.4
    at, final = heard.first(stt.SpeechEventType.FINAL_TRANSCRIPT)
    assert 0.09 < at - began - speech.words[-1].end < 0.35
    assert heard.first(stt.SpeechEventType.START_OF_SPEECH)[0] < at
    best = final.alternatives[0]
    assert best.confidence > 0.9
    assert best.words is not None
    assert [str(word) for word in best.words] == ["Yes,", "this", "is", "Maria."]
    assert best.start_time == pytest.approx(LEAD, abs=0.06)
    assert best.end_time == pytest.approx(LEAD + speech.words[-1].end, abs=0.06)
    assert interim.alternatives[0].start_time == pytest.approx(LEAD, abs=0.06)
    assert heard.events[-1][1].type is not stt.SpeechEventType.FINAL_TRANSCRIPT


async def test_words_whose_sound_did_not_arrive_are_not_heard(call: StandInCall) -> None:
    speech = await call.voice("Yes, this is Maria.", language="en")
    lost = speech.pcm.copy()
    lost[: round(speech.words[1].start * 24_000)] = 0

    heard, _ = await listened(recogniser(call), call, speech, lost)

    assert heard.texts(stt.SpeechEventType.FINAL_TRANSCRIPT) == ["this is Maria."]


async def test_a_recogniser_that_connects_again_is_still_right(call: StandInCall) -> None:
    speech = await call.voice("Yes, this is Maria.", language="en")

    ears = recogniser(call)

    def reconnect(at: float, stream: stt.RecognizeStream) -> None:
        if at == pytest.approx(0.2):
            ears.update_options(keyterm=["Maria"])

    heard, _ = await listened(ears, call, speech, speech.pcm, during=reconnect)

    assert heard.texts(stt.SpeechEventType.FINAL_TRANSCRIPT) == ["Yes, this is Maria."]


@pytest.fixture
def voice() -> Pcm:
    """A second of a voice nobody announced, as loud as on a phone."""
    return np.random.default_rng(1).normal(0, 2000, 24_000).astype(np.int16)


@pytest.mark.usefixtures("call")
async def test_a_voice_without_marks_gets_plausible_words_at_honest_times(stand_ins: StandIns, voice: Pcm) -> None:
    live = await stand_ins.open_call(CallConfig(unscripted=True, latency=Latencies(stt_final_ms=400)))
    heard, began = await listened(recogniser(live), live, None, np.concatenate([voice, silence(12_000)]))

    assert heard.texts(stt.SpeechEventType.INTERIM_TRANSCRIPT) == ["Yes.", "Yes, all right."]
    assert heard.texts(stt.SpeechEventType.FINAL_TRANSCRIPT) == ["Yes, all right."]
    assert 0.34 < heard.first(stt.SpeechEventType.INTERIM_TRANSCRIPT)[0] - began < 0.55
    assert heard.first(stt.SpeechEventType.START_OF_SPEECH)[0] - began < 0.4
    at, final = heard.first(stt.SpeechEventType.FINAL_TRANSCRIPT)
    assert 1.39 < at - began < 1.6
    best = final.alternatives[0]
    assert best.confidence > 0.9
    assert best.words is not None
    assert [str(word) for word in best.words] == ["Yes,", "all", "right."]
    assert best.start_time == pytest.approx(LEAD, abs=0.06)
    assert best.end_time == pytest.approx(LEAD + 1, abs=0.06)
    await live.close()


@pytest.mark.usefixtures("call")
async def test_where_marks_tell_the_words_none_are_made_up(stand_ins: StandIns) -> None:
    live = await stand_ins.open_call(CallConfig(unscripted=True))
    speech = await live.voice("No, this is Maria.", language="en")

    heard, _ = await listened(recogniser(live), live, speech, speech.pcm)

    assert heard.texts(stt.SpeechEventType.FINAL_TRANSCRIPT) == ["No, this is Maria."]
    assert heard.texts(stt.SpeechEventType.INTERIM_TRANSCRIPT) == ["No,", "No, this", "No, this is"]
    await live.close()


async def test_a_voice_without_marks_is_not_recognised_unless_told(call: StandInCall, voice: Pcm) -> None:
    heard, _ = await listened(recogniser(call), call, None, voice)

    assert heard.texts(stt.SpeechEventType.INTERIM_TRANSCRIPT) == []
    assert heard.texts(stt.SpeechEventType.FINAL_TRANSCRIPT) == []


@pytest.mark.usefixtures("call")
async def test_an_unknown_token_is_refused(stand_ins: StandIns) -> None:
    closed = await stand_ins.open_call(CallConfig())
    await closed.close()
    ears = recogniser(closed)
    stream = ears.stream(conn_options=ONCE)

    with pytest.raises(APIStatusError) as refused:
        await anext(stream)
    assert refused.value.status_code == 404
    await stream.aclose()
    await ears.aclose()


async def test_a_voice_without_known_words_is_told_of(call: StandInCall) -> None:
    speech = await call.voice("Yes, this is Maria.", language="en")
    heard, _ = await listened(recogniser(call), call, None, speech.pcm)
    kinds = [event.type for _, event in heard.events if event.type is not stt.SpeechEventType.RECOGNITION_USAGE]
    assert kinds == [stt.SpeechEventType.START_OF_SPEECH, stt.SpeechEventType.END_OF_SPEECH]
