import asyncio
from unittest.mock import patch

from livekit import rtc

from agent.ears import frame_of
from agent.judge import AcousticJudge
from audio.frames import silence
from audio.resampling import SPEECH_RATE


def test_it_judges_by_what_it_was_given_to_hear() -> None:
    async def run() -> float:
        judge = AcousticJudge()
        judge.hear(frame_of(silence(320), SPEECH_RATE))  # before the session began
        stream = judge.stream()
        for _ in range(60):
            judge.hear(frame_of(silence(320), SPEECH_RATE))
        await asyncio.sleep(0.05)
        verdict = await asyncio.wait_for(stream.predict(), 5)
        await stream.aclose()
        return verdict.end_of_turn_probability

    assert 0.0 <= asyncio.run(run()) <= 1.0


def test_it_hears_at_the_rate_of_its_model() -> None:
    async def run() -> int:
        judge = AcousticJudge()
        stream = judge.stream()
        heard: list[rtc.AudioFrame] = []
        with patch.object(stream._transport, "push_frame", heard.append):
            judge.hear(frame_of(silence(320), SPEECH_RATE))
            await asyncio.sleep(0.05)
        await stream.aclose()
        return sum(frame.samples_per_channel for frame in heard)

    assert asyncio.run(run()) == 320
