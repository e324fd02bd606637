"""The ears: what is told, what gets through the gate, and how they end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import numpy as np
import pytest
from livekit.agents import APIConnectionError, APIError, LanguageCode, stt, vad

from agent import events as e
from agent.ears import Ears, Instruments
from agent.fallback.recogniser import Recogniser
from agent.gate import Gate, SharedDetector, shared_words
from agent.judge import AcousticJudge, Judge
from audio.frames import FRAME, Pcm, samples, silence
from audio.levels import STEP
from tests.agent.fakes import (
    FakeDetection,
    FakeDetector,
    FakeRecogniser,
    FakeRecognition,
    frame,
    looked,
    recognised,
    voice_began,
    voice_ended,
)
from tests.agent.hurry import hurried, now


def through(gate: Gate) -> list[vad.VADEvent | stt.SpeechEvent]:
    """What came through the gate since the last look, detector first."""
    passed: list[vad.VADEvent | stt.SpeechEvent] = []
    while not gate.speech.empty():
        passed.append(gate.speech.get_nowait())
    while not gate.words.empty():
        passed.append(gate.words.get_nowait())
    return passed


def give(gate: Gate, *events: vad.VADEvent | stt.SpeechEvent) -> None:
    for event in events:
        gate.pass_on(event)


BEGAN, ENDED, WORDS = voice_began(1.0), voice_ended(2.0), recognised("Hello?")


def test_nothing_gets_through_a_gate_that_was_never_opened() -> None:
    gate = Gate()
    give(gate, BEGAN, looked(1.1), WORDS, ENDED)
    assert through(gate) == []


def test_what_begins_after_the_gate_was_opened_gets_through() -> None:
    gate = Gate()
    gate.open(current=False)
    window = looked(0.5)
    give(gate, window, BEGAN, WORDS, ENDED)
    assert through(gate) == [window, BEGAN, ENDED, WORDS]


@pytest.mark.parametrize("before", [1, 2, 3])
def test_what_began_before_the_gate_was_opened_never_gets_through(before: int) -> None:
    gate = Gate()
    late = recognised("This is Ben.")
    greeting: list[vad.VADEvent | stt.SpeechEvent] = [BEGAN, WORDS, ENDED]
    give(gate, *greeting[:before])
    gate.open(current=False)
    give(gate, *greeting[before:], looked(2.1), late)
    assert through(gate) == []
    again = voice_began(3.0)
    give(gate, again)
    assert through(gate) == [again]


def test_what_is_being_said_is_replayed_from_its_beginning_where_it_is_asked_for() -> None:
    gate = Gate()
    give(gate, voice_began(0.1), recognised("Hm."), voice_ended(0.5))
    give(gate, BEGAN, looked(1.2), WORDS)
    gate.open(current=True)
    assert through(gate) == [BEGAN, WORDS]
    give(gate, ENDED)
    assert through(gate) == [ENDED]


def test_nothing_is_replayed_twice() -> None:
    gate = Gate()
    gate.open(current=True)
    give(gate, BEGAN)
    assert through(gate) == [BEGAN]
    give(gate, WORDS)
    assert through(gate) == [WORDS]


def test_nothing_gets_through_a_gate_that_was_closed() -> None:
    gate = Gate()
    gate.open(current=False)
    give(gate, BEGAN)
    gate.close()
    give(gate, WORDS, ENDED, voice_began(3.0))
    assert through(gate) == [BEGAN]


def over(gate: Gate, *events: vad.VADEvent | stt.SpeechEvent) -> None:
    """What is heard while the agent speaks."""
    for event in events:
        gate.pass_on(event, over_agent=event is BEGAN or event is AGAIN)


AGAIN = voice_began(3.0)


def test_what_begins_over_the_agent_is_withheld_until_it_is_admitted() -> None:
    gate = Gate()
    gate.open(current=False)
    over(gate, BEGAN, looked(1.1), WORDS)
    assert not gate.passing
    assert through(gate) == []
    gate.admit()
    assert through(gate) == [BEGAN, WORDS]
    give(gate, ENDED)
    assert through(gate) == [ENDED]


def test_what_is_dismissed_never_gets_through_and_neither_do_its_late_words() -> None:
    gate = Gate()
    gate.open(current=False)
    over(gate, BEGAN, WORDS, ENDED)
    gate.dismiss()
    give(gate, recognised("Mhm."))
    assert through(gate) == []
    give(gate, AGAIN)
    assert through(gate) == [AGAIN]


def test_two_voices_over_the_agent_are_admitted_together() -> None:
    gate = Gate()
    gate.open(current=False)
    over(gate, BEGAN, WORDS, ENDED, AGAIN)
    gate.admit()
    assert through(gate) == [BEGAN, ENDED, AGAIN, WORDS]


def test_a_closed_gate_admits_nothing() -> None:
    gate = Gate()
    over(gate, BEGAN, WORDS)
    gate.admit()
    assert through(gate) == []


@dataclass
class FakeOwnVoice:
    """The agent's voice as the test has it."""

    speaking: bool = False
    is_echo: bool = False

    def echoes(self, start: int, stop: int) -> bool:
        return self.is_echo

    def echoed(self, seconds: float) -> bool:
        return self.is_echo


class Pair:
    """Ears between a fake detector and a fake recogniser."""

    def __init__(self) -> None:
        self.detector, self.recogniser = FakeDetector(), FakeRecogniser()
        self.told: list[e.Event] = []
        self.own = FakeOwnVoice()
        instruments = Instruments(Recogniser([self.recogniser]), self.detector, Judge(AcousticJudge(), "en"))
        self.ears = Ears(instruments, self.own, "en", self.told.append, now)

    @property
    def detection(self) -> FakeDetection:
        [detection] = self.detector.listening
        return detection

    @property
    def recognition(self) -> FakeRecognition:
        [stream] = self.recogniser.streams
        return stream

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.ears.listen())
        await settled()
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, APIError):
                await task

    async def find(self, *found: vad.VADEvent | stt.SpeechEvent) -> None:
        for event in found:
            if isinstance(event, vad.VADEvent):
                self.detection.find(event)
            else:
                self.recogniser.found.put_nowait(event)
            await settled()

    def hear(self, pcm: Pcm) -> None:
        for tick in pcm[: len(pcm) // FRAME * FRAME].reshape(-1, FRAME):
            self.ears.hear(tick)


async def settled() -> None:
    """Let everything that can happen happen."""
    for _ in range(30):
        await asyncio.sleep(0)


def voice(seconds: float) -> Pcm:
    return np.random.default_rng(3).normal(0, 3000, samples(seconds)).astype(np.int16)


def test_speech_is_told_where_it_really_began_and_ended() -> None:
    async def scene() -> list[e.Event]:
        pair, speaking = Pair(), list[bool]()
        async with pair.listening():
            pair.hear(np.concatenate([silence(samples(1.0)), voice(0.6), silence(samples(0.4))]))
            for found in (voice_began(1.06), voice_ended(1.68)):
                await pair.find(found)
                speaking.append(pair.ears.speaking)
        assert speaking == [True, False]
        return pair.told

    started, stopped = hurried(scene())
    assert isinstance(started, e.CalleeStarted)
    assert isinstance(stopped, e.CalleeStopped)
    assert abs(started.sample - samples(1.0)) <= STEP
    assert abs(stopped.sample - samples(1.6)) <= STEP


def test_only_final_words_are_told_and_only_where_there_are_any() -> None:
    async def scene() -> list[e.Event]:
        pair = Pair()
        async with pair.listening():
            await pair.find(
                recognised("Hel", stt.SpeechEventType.INTERIM_TRANSCRIPT),
                recognised("  "),
                stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT),
                stt.SpeechEvent(type=stt.SpeechEventType.END_OF_SPEECH),
                recognised(" Hello. "),
            )
        return pair.told

    [heard] = hurried(scene())
    assert isinstance(heard, e.CalleeHeard)
    assert heard.text == "Hello."


INTERIM = stt.SpeechEventType.INTERIM_TRANSCRIPT


def test_a_voice_over_the_agents_is_told_as_it_becomes_certain() -> None:
    async def scene() -> list[e.Event]:
        pair = Pair()
        async with pair.listening():
            pair.own.speaking = True
            await pair.find(voice_began(1.0))
            for window in range(30):
                await pair.find(replace(looked(1.1 + window * 0.032), probability=0.9))
            await pair.find(recognised("Mhm", INTERIM), recognised("Wait", INTERIM), recognised("Wait a", INTERIM))
        return pair.told

    started, *rest = hurried(scene())
    assert isinstance(started, e.CalleeStarted) and started.over_agent
    assert [(type(event), getattr(event, "words", None)) for event in rest] == [
        (e.CalleeAudible, None),
        (e.CalleeClear, False),
        (e.CalleeClear, True),
    ]


def test_the_agents_own_words_reach_nobody() -> None:
    async def scene() -> None:
        pair = Pair()
        async with pair.listening():
            pair.ears.gate.open(current=False)
            pair.own.is_echo = True
            await pair.find(placed_words("Hello there."))
            assert pair.told == []
            assert through(pair.ears.gate) == []

    hurried(scene())


def placed_words(text: str) -> stt.SpeechEvent:
    data = stt.SpeechData(language=LanguageCode("en"), text=text, start_time=1.0, end_time=2.0)
    return stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[data])


def test_windows_without_news_are_not_told_and_still_reach_the_conversation() -> None:
    async def scene() -> None:
        pair = Pair()
        async with pair.listening():
            pair.ears.gate.open(current=False)
            window = looked(0.1)
            await pair.find(window)
            assert pair.told == []
            assert through(pair.ears.gate) == [window]

    hurried(scene())


def test_both_are_given_every_frame_while_the_ears_listen_and_none_after() -> None:
    async def scene() -> Pair:
        pair = Pair()
        pair.hear(silence(5 * FRAME))
        async with pair.listening():
            pair.hear(silence(3 * FRAME))
        pair.hear(silence(5 * FRAME))
        return pair

    pair = hurried(scene())
    assert (pair.detection.heard, pair.recognition.heard) == (3, 3)


def test_ears_that_stop_listening_close_what_they_opened() -> None:
    async def scene() -> Pair:
        pair = Pair()
        async with pair.listening() as task:
            pass
        assert task.cancelled()
        return pair

    assert hurried(scene()).recognition.closed


@pytest.mark.parametrize("found", [[APIConnectionError(retryable=False)], [None] * 4])
def test_a_recogniser_that_is_lost_or_stops_by_itself_is_a_failure_of_the_provider(
    found: list[APIError | None],
) -> None:
    async def scene() -> Pair:
        pair = Pair()
        async with pair.listening() as task:
            for each in found:
                pair.recogniser.found.put_nowait(each)
            with pytest.raises(APIConnectionError):
                await task
            pair.hear(silence(5 * FRAME))
        return pair

    assert hurried(scene()).detection.heard == 0


def test_sound_that_comes_while_a_lost_recogniser_is_cleared_away_is_passed_over() -> None:
    async def scene() -> None:
        pair = Pair()
        async with pair.listening() as task:
            pair.recogniser.found.put_nowait(APIConnectionError(retryable=False))
            while not task.done():
                pair.hear(silence())
                await asyncio.sleep(0)

    hurried(scene())


def test_a_recogniser_that_comes_back_goes_on() -> None:
    async def scene() -> Pair:
        pair = Pair()
        async with pair.listening() as task:
            pair.recogniser.found.put_nowait(APIConnectionError())
            await settled()
            pair.hear(silence(3 * FRAME))
            await asyncio.sleep(1)
            await pair.find(recognised("Still here."))
            assert not task.done()
        return pair

    pair = hurried(scene())
    assert [event.text for event in pair.told if isinstance(event, e.CalleeHeard)] == ["Still here."]


def test_the_last_words_are_waited_for() -> None:
    async def scene() -> float:
        pair = Pair()
        async with pair.listening():
            await pair.find(voice_began(1.0), voice_ended(2.0))
            began = now()
            asyncio.get_running_loop().call_later(0.3, pair.recogniser.found.put_nowait, recognised("Bye."))
            await pair.ears.settle(1.0)
            assert pair.recognition.flushed == 1
            assert isinstance(pair.told[-1], e.CalleeHeard)
            return now() - began

    assert hurried(scene()) == pytest.approx(0.3, abs=0.01)


def test_the_last_words_are_waited_for_only_so_long() -> None:
    async def scene() -> float:
        pair = Pair()
        async with pair.listening():
            await pair.find(voice_began(1.0))
            began = now()
            await pair.ears.settle(1.0)
            return now() - began

    assert hurried(scene()) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("found", [[], [BEGAN, ENDED, WORDS]])
def test_nothing_is_waited_for_when_every_word_is_known(found: list[vad.VADEvent | stt.SpeechEvent]) -> None:
    async def scene() -> float:
        pair = Pair()
        await pair.ears.settle(1.0)
        async with pair.listening():
            await pair.find(*found)
            began = now()
            await pair.ears.settle(1.0)
            return now() - began

    assert hurried(scene()) == 0.0


def test_the_sessions_detector_finds_what_the_gate_lets_through_and_does_not_listen_itself() -> None:
    async def scene() -> list[vad.VADEvent]:
        gate = Gate()
        gate.open(current=False)
        stream = SharedDetector(gate).stream()
        for _ in range(100):
            stream.push_frame(frame(silence()))
        give(gate, BEGAN, ENDED)
        found = [await anext(stream), await anext(stream)]
        await stream.aclose()
        return found

    assert hurried(scene()) == [BEGAN, ENDED]


def test_the_sessions_words_are_those_that_the_gate_lets_through() -> None:
    async def scene() -> stt.SpeechEvent:
        gate = Gate()
        gate.open(current=False)
        give(gate, BEGAN, WORDS)
        return await anext(shared_words(gate))

    assert hurried(scene()) == WORDS
