"""What happens when a recogniser's connection fails: what is heard again, and by whom."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError, LanguageCode, stt
from livekit.agents.metrics import STTMetrics

from agent.fallback.doubt import PATIENCE, VOICED
from agent.fallback.recogniser import PAUSES, Recogniser
from agent.fallback.sound import KEPT
from tests.agent.fakes import FakeRecogniser, FakeRecognition
from tests.agent.hurry import hurried

LOST = APIConnectionError()
FRAME = rtc.AudioFrame(np.zeros(320, dtype=np.int16).tobytes(), 16_000, 1, 320)


def final(text: str, start: float, end: float) -> stt.SpeechEvent:
    said = stt.SpeechData(language=LanguageCode("en"), text=text, start_time=start, end_time=end)
    return stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[said])


def used() -> stt.SpeechEvent:
    usage = stt.RecognitionUsage(audio_duration=5.0)
    return stt.SpeechEvent(type=stt.SpeechEventType.RECOGNITION_USAGE, recognition_usage=usage)


class Leg:
    """Recognisers that are told what they hear, and what came of it."""

    def __init__(self, count: int = 1) -> None:
        self.recognisers = [FakeRecogniser() for _ in range(count)]
        self.recogniser = Recogniser(self.recognisers)
        self.speaking = False
        self.recognition = self.recogniser.listen(lambda: self.speaking)
        self.heard: list[str] = []
        self.failure: APIError | None = None
        self.errors: list[Any] = []
        self.recogniser.on("error", self.errors.append)

    def stream(self, place: int = 0) -> FakeRecognition:
        """The latest connection of a recogniser."""
        return self.recognisers[place].streams[-1]

    @property
    def connections(self) -> list[int]:
        return [len(recogniser.streams) for recogniser in self.recognisers]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._listen())
        await asyncio.sleep(0)
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        try:
            async for event in self.recognition.events():
                if event.alternatives:
                    self.heard.append(event.alternatives[0].text)
        except APIError as error:
            self.failure = error

    async def hear(self, seconds: float, *, voice: bool = False) -> None:
        """Sound in real time."""
        self.speaking = voice
        for _ in range(round(seconds / 0.02)):
            self.recognition.push_frame(FRAME)
            await asyncio.sleep(0.02)

    async def find(self, found: stt.SpeechEvent | Exception | None, place: int = 0) -> None:
        self.recognisers[place].found.put_nowait(found)
        await asyncio.sleep(0.001)


def test_what_was_said_since_the_last_final_words_is_heard_again_by_the_next_recogniser() -> None:
    async def scene() -> Leg:
        leg = Leg(2)
        async with leg.listening():
            await leg.hear(3.0)
            await leg.find(final("Hello.", 0.5, 1.5))
            await leg.find(LOST)
            await leg.hear(1.0)
            await leg.find(final("Who is there?", 1.6, 2.6), place=1)
        return leg

    leg = hurried(scene())
    assert leg.heard == ["Hello.", "Who is there?"]
    assert leg.connections == [1, 1]
    assert leg.stream(1).heard == pytest.approx(2.5 / 0.02, abs=1)
    assert leg.stream(1).start_time_offset == pytest.approx(1.5, abs=0.02)
    assert leg.errors == []


def test_one_alone_is_connected_again_and_misses_nothing_that_came_meanwhile() -> None:
    async def scene() -> Leg:
        leg = Leg()
        async with leg.listening():
            await leg.hear(2.0)
            await leg.find(LOST)
            await leg.hear(1.0)
            await leg.find(final("Hello.", 0.5, 1.5))
        return leg

    leg = hurried(scene())
    assert (leg.connections, leg.heard, leg.failure) == ([2], ["Hello."], None)
    assert leg.stream().heard == round(3.0 / 0.02)
    assert leg.stream().start_time_offset == pytest.approx(0.0, abs=0.001)


def test_only_the_last_seconds_are_kept() -> None:
    async def scene() -> Leg:
        leg = Leg()
        async with leg.listening():
            await leg.hear(KEPT + 5.0)
            await leg.find(LOST)
            await asyncio.sleep(0.2)
        return leg

    leg = hurried(scene())
    assert leg.stream().heard == pytest.approx(KEPT / 0.02, abs=1)
    assert leg.stream().start_time_offset == pytest.approx(5.0, abs=0.05)


def test_one_that_hears_nothing_of_voice_is_replaced() -> None:
    async def scene() -> Leg:
        leg = Leg(2)
        async with leg.listening():
            await leg.hear(VOICED, voice=True)
            await leg.find(used())
            await leg.hear(PATIENCE + 0.1)
            assert leg.connections == [1, 1]
            await leg.find(final("Hello.", 0.1, 0.9), place=1)
            await leg.hear(5.0, voice=True)
        return leg

    leg = hurried(scene())
    assert leg.heard == ["Hello."]
    assert leg.failure is not None  # neither says anything about the five seconds


def test_two_connections_that_hear_nothing_of_the_same_voice_are_a_lost_recogniser() -> None:
    async def scene() -> Leg:
        leg = Leg()
        async with leg.listening():
            await leg.hear(VOICED, voice=True)
            await leg.hear(2 * PATIENCE + 0.3)
        return leg

    leg = hurried(scene())
    assert isinstance(leg.failure, APITimeoutError)
    assert leg.connections == [2]


def test_any_sign_of_the_recognisers_is_enough() -> None:
    async def scene() -> Leg:
        leg = Leg()
        async with leg.listening():
            for _ in range(5):
                await leg.hear(2.0, voice=True)
                await leg.find(stt.SpeechEvent(type=stt.SpeechEventType.START_OF_SPEECH))
        return leg

    assert hurried(scene()).connections == [1]


def test_one_that_gives_no_interim_results_is_not_suspect() -> None:
    async def scene() -> Leg:
        leg = Leg()
        leg.recognisers[0].capabilities.interim_results = False
        async with leg.listening():
            await leg.hear(8.0, voice=True)
        return leg

    assert hurried(scene()).connections == [1]


@pytest.mark.parametrize("count", [1, 2])
def test_one_that_cannot_be_connected_any_more_is_lost_soon(count: int) -> None:
    async def scene() -> Leg:
        leg = Leg(count)
        for recogniser in leg.recognisers:
            for _ in range(5):
                recogniser.found.put_nowait(LOST)
        async with leg.listening():
            await leg.hear(2.0)
        return leg

    leg = hurried(scene())
    assert leg.failure is LOST
    assert sum(leg.connections) == len(PAUSES) + 1
    assert leg.errors == []


def test_a_key_that_is_refused_is_not_tried_again() -> None:
    async def scene(count: int) -> Leg:
        leg = Leg(count)
        async with leg.listening():
            await leg.find(APIStatusError("key", status_code=401))
            await leg.hear(0.5)
        return leg

    alone, two = hurried(scene(1)), hurried(scene(2))
    assert (alone.connections, isinstance(alone.failure, APIStatusError)) == ([1], True)
    assert (two.connections, two.failure) == ([1, 1], None)


def test_one_that_is_closed_again_and_again_after_a_while_goes_on() -> None:
    async def scene() -> Leg:
        leg = Leg()
        async with leg.listening():
            for turn in range(8):
                await leg.hear(5.0)
                await leg.find(final(f"{turn}", 0.1, 5.0 * turn + 4.0))
                await leg.find(LOST)
                await asyncio.sleep(0.2)
        return leg

    leg = hurried(scene())
    assert leg.failure is None
    assert leg.heard == [str(turn) for turn in range(8)]


def test_the_last_words_are_asked_for_again_after_a_loss() -> None:
    async def scene() -> Leg:
        leg = Leg()
        async with leg.listening():
            await leg.hear(1.0)
            leg.recognition.flush()
            await leg.find(LOST)
            await asyncio.sleep(0.5)
        return leg

    leg = hurried(scene())
    assert [stream.flushed for stream in leg.recognisers[0].streams] == [1, 1]


def test_whoever_stops_listening_leaves_no_connection_behind() -> None:
    async def scene() -> Leg:
        leg = Leg()
        async with leg.listening():
            await leg.hear(0.5)
        await leg.recogniser.aclose()
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
        return leg

    assert hurried(scene()).stream().closed


def test_what_each_of_them_used_is_counted() -> None:
    async def scene() -> list[STTMetrics]:
        leg, counted = Leg(2), list[STTMetrics]()
        leg.recogniser.on("metrics_collected", counted.append)
        async with leg.listening():
            await leg.find(used())
            await leg.find(LOST)
            await leg.hear(0.2)
            await leg.find(used(), place=1)
        return counted

    assert [figures.audio_duration for figures in hurried(scene())] == [5.0, 5.0]
