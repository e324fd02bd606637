"""The stand-in for ElevenLabs, spoken to by the genuine plugin."""

import pytest
from livekit.agents import APIStatusError
from livekit.plugins import elevenlabs

from agent.standins.config import CallConfig
from agent.standins.elevenlabs import alignment
from agent.standins.process import StandInCall, StandIns
from agent.standins.speech import TimedWord
from tests.agent.standins.voicing import TWO_SENTENCES, is_timed, streamed, synthesized

pytestmark = pytest.mark.asyncio(loop_scope="package")


def voice(call: StandInCall, *, speed: float = 1.0, encoding: elevenlabs.TTSEncoding = "pcm_24000") -> elevenlabs.TTS:
    settings = elevenlabs.VoiceSettings(stability=0.5, similarity_boost=0.7, speed=speed)
    return elevenlabs.TTS(
        api_key="any", base_url=call.elevenlabs_url, voice_id="v1", voice_settings=settings, encoding=encoding
    )


async def test_words_are_those_of_the_text_and_their_times_run_on_over_sentences(call: StandInCall) -> None:
    async with voice(call) as tts:
        is_timed(await streamed(tts, TWO_SENTENCES), TWO_SENTENCES)


async def test_a_connection_serves_one_reply_after_another(call: StandInCall) -> None:
    async with voice(call) as tts:
        first, second = await streamed(tts, "One moment."), await streamed(tts, "Here it is.")

    assert first.text.split() == ["One", "moment."]
    assert second.text.split() == ["Here", "it", "is."]


async def test_speed_divides_the_length(call: StandInCall) -> None:
    text = "This sentence is just long enough to measure it."
    async with voice(call) as tts, voice(call, speed=1.2) as quick:
        usual, short = await synthesized(tts, text), await synthesized(quick, text)

    assert usual.length / short.length == pytest.approx(1.2, rel=0.05)


async def test_an_encoding_that_is_not_pcm_is_refused(call: StandInCall) -> None:
    async with voice(call, encoding="mp3_22050_32") as tts:
        with pytest.raises(APIStatusError) as refused:
            await streamed(tts, "Hello.")
    assert refused.value.status_code == 400


@pytest.mark.usefixtures("call")
async def test_an_unknown_token_is_refused(stand_ins: StandIns) -> None:
    closed = await stand_ins.open_call(CallConfig())
    await closed.close()
    async with voice(closed) as tts:
        with pytest.raises(APIStatusError) as refused:
            await streamed(tts, "Hello.")
    assert refused.value.status_code == 404


async def test_alignment_times_every_character() -> None:
    aligned = alignment((TimedWord("Hi,", 0.1, 0.4), TimedWord("Al", 0.5, 0.7)))

    assert aligned is not None
    assert "".join(aligned["chars"]) == "Hi, Al "
    assert aligned["charStartTimesMs"] == [100, 200, 300, 400, 500, 600, 700]
    assert aligned["charDurationsMs"] == [100, 100, 100, 0, 100, 100, 0]
