"""The stand-in for Cartesia, spoken to by the genuine plugin."""

import pytest
from livekit.agents import APIStatusError
from livekit.plugins import cartesia

from agent.standins.config import CallConfig, Latencies
from agent.standins.process import StandInCall, StandIns
from tests.agent.standins.voicing import ONCE, TWO_SENTENCES, is_timed, streamed, synthesized

pytestmark = pytest.mark.asyncio(loop_scope="package")


def voice(
    call: StandInCall, voice_id: str = "v1", *, speed: float | None = None, volume: float | None = None
) -> cartesia.TTS:
    return cartesia.TTS(api_key="any", base_url=call.cartesia_url, voice=voice_id, speed=speed, volume=volume)


async def test_words_are_those_of_the_text_and_their_times_run_on_over_sentences(call: StandInCall) -> None:
    async with voice(call) as tts:
        is_timed(await streamed(tts, TWO_SENTENCES), TWO_SENTENCES)


@pytest.mark.usefixtures("call")
async def test_audio_begins_after_the_latency_and_comes_faster_than_it_is_heard(stand_ins: StandIns) -> None:
    slow = await stand_ins.open_call(CallConfig(latency=Latencies(tts_ms=300)))
    async with voice(slow) as tts:
        await streamed(tts, "Warm.")
        spoken = await streamed(tts, "Could you tell me what this is all about, please?")

    assert 0.3 <= spoken.first_after < 0.6
    assert spoken.whole_after < 0.6 * spoken.length
    await slow.close()


async def test_speed_divides_the_length_and_volume_multiplies_the_level(call: StandInCall) -> None:
    text = "This sentence is just long enough to measure it."
    async with voice(call) as tts, voice(call, speed=1.5) as quick, voice(call, speed=0.6, volume=0.5) as slow:
        usual, short, long = await synthesized(tts, text), await synthesized(quick, text), await synthesized(slow, text)

    assert usual.length / short.length == pytest.approx(1.5, rel=0.05)
    assert usual.length / long.length == pytest.approx(0.6, rel=0.05)
    assert abs(usual.pcm).mean() / abs(long.pcm).mean() == pytest.approx(2.0, rel=0.25)


async def test_another_voice_id_is_another_speaker(call: StandInCall) -> None:
    async with voice(call, "v1") as one, voice(call, "v2") as other:
        first, second = await synthesized(one, "Hello."), await synthesized(other, "Hello.")

    assert len(first.pcm) != len(second.pcm) or (first.pcm != second.pcm).any()


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
