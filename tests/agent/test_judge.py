"""The judge of turn ends: what it hears, and for whom it waits."""

import asyncio
from unittest.mock import patch

import pytest
from livekit import rtc
from livekit.agents.voice.turn import _StreamingTurnDetector, _StreamingTurnDetectorStream

from agent.ears import frame_of
from agent.judge import PATIENCE, AcousticJudge, Judge
from agent.standins.config import Errors
from agent.standins.judge import ScriptedJudge
from agent.standins.speech import Pause
from audio.frames import silence
from audio.resampling import SPEECH_RATE
from tests.agent.hurry import hurried, now

LATENCY = 0.05


def judge(*, over: bool = True, language: str = "en") -> Judge:
    return Judge(ScriptedJudge(lambda: Pause(1, over), LATENCY, Errors()), language)


async def asked(judge: Judge) -> tuple[bool, float]:
    """Whether the turn is taken to be over, and after how many seconds, in hundredths."""
    stream, began = judge.stream(), now()
    verdict = await asyncio.wait_for(stream.predict(), stream.prediction_timeout)
    threshold = await stream.unlikely_threshold(None)
    assert threshold is not None
    return verdict.end_of_turn_probability >= threshold, round(now() - began, 2)


def after(*words: str, over: bool = True) -> tuple[bool, float]:
    """The same after words, of which the last are not final yet."""

    async def run() -> tuple[bool, float]:
        made = judge(over=over)
        for text in words[:-1]:
            made.understood(text, final=True)
        made.understood(words[-1], final=False)
        return await asked(made)

    return hurried(run())


def test_the_session_takes_it_for_a_judge_that_listens() -> None:
    async def run() -> None:
        assert isinstance(judge(), _StreamingTurnDetector)
        assert isinstance(judge().stream(), _StreamingTurnDetectorStream)

    hurried(run())


def test_who_may_have_finished_is_answered_at_once() -> None:
    assert after("I can come on Tuesday.") == (True, LATENCY)


@pytest.mark.parametrize("words", [("My number is four", "seven one"), ("Well, um",), ("Forty four,", "ninety")])
def test_who_has_announced_more_is_given_time(words: tuple[str, ...]) -> None:
    assert after(*words) == (True, LATENCY + PATIENCE)


def test_words_that_come_late_end_the_wait_when_they_announce_no_more() -> None:
    async def run() -> tuple[bool, float]:
        made = judge()
        made.understood("It is on Monday and", final=False)
        asyncio.get_running_loop().call_later(LATENCY + 0.1, lambda: made.understood("It is on Monday and", final=True))
        asyncio.get_running_loop().call_later(LATENCY + 0.2, lambda: made.understood("Tuesday.", final=True))
        return await asked(made)

    assert hurried(run()) == (True, LATENCY + 0.2)


def test_who_goes_on_anyway_is_not_said_to_have_finished() -> None:
    over, _ = after("seven one", over=False)
    assert not over


def test_the_words_of_a_turn_that_is_over_count_no_more() -> None:
    async def run() -> tuple[bool, float]:
        made = judge()
        made.understood("four seven one", final=True)
        made.stream().flush("turn committed")
        return await asked(made)

    assert hurried(run()) == (True, LATENCY)


def test_speech_that_goes_on_ends_the_wait() -> None:
    async def run() -> float:
        made = judge()
        made.understood("four seven one", final=True)
        stream = made.stream()
        verdict = stream.predict()
        await asyncio.sleep(LATENCY + PATIENCE / 2)
        assert not verdict.done()
        stream.cancel_inference()
        await asyncio.sleep(PATIENCE)
        assert len(asyncio.all_tasks()) == 1
        return verdict.result().end_of_turn_probability

    assert hurried(run()) == 0.0


def test_the_acoustic_one_judges_by_what_it_was_given_to_hear() -> None:
    async def run() -> float:
        made = Judge(AcousticJudge(), "en")
        made.hear(frame_of(silence(320), SPEECH_RATE))  # before the session began
        stream = made.stream()
        for _ in range(60):
            made.hear(frame_of(silence(320), SPEECH_RATE))
        await asyncio.sleep(0.05)
        verdict = await asyncio.wait_for(stream.predict(), 5)
        await stream.aclose()
        return verdict.end_of_turn_probability

    assert 0.0 <= asyncio.run(run()) <= 1.0


def test_it_hears_once_at_the_rate_of_its_model() -> None:
    async def run() -> int:
        acoustic = AcousticJudge()
        made = Judge(acoustic, "en")
        stream = made.stream()
        assert acoustic._hearing is not None
        heard: list[rtc.AudioFrame] = []
        with patch.object(acoustic._hearing._transport, "push_frame", heard.append):
            frame = frame_of(silence(320), SPEECH_RATE)
            made.hear(frame)
            stream.push_audio(frame)  # the session's copy
            await asyncio.sleep(0.05)
        await stream.aclose()
        return sum(frame.samples_per_channel for frame in heard)

    assert asyncio.run(run()) == 320
