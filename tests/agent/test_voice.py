"""The agent's voice: rendering, and the mouth against the framework's contract for audio outputs."""

import asyncio
import random
from collections.abc import AsyncIterator

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString
from livekit.agents.voice import io

from agent.voice import UTTERANCE, Microphone, Mouth, SilentVoice, Sound, new_id, pcm_of, render, voiced, words_of
from audio.frames import FRAME, Pcm, samples, silence
from audio.ledger import Utterance, Word
from audio.mixer import WORD_LONGEST, Mixer
from tests.agent.fakes import FakeVoice, frame

NOW_UTC = 1_773_000_000.0


def loud(seconds: float) -> Pcm:
    return np.full(samples(seconds), 5000, dtype=np.int16)


class Booth:
    """A mouth on a mixer, and what the framework is told."""

    def __init__(self) -> None:
        self.mixer = Mixer(started=lambda utterance: self.mouth.began(), stopped=self._stopped)
        self.mouth = Mouth(self.mixer, lambda: NOW_UTC)
        self.finished: list[io.PlaybackFinishedEvent] = []
        self.started: list[io.PlaybackStartedEvent] = []
        self.mouth.on("playback_finished", self._finished)
        self.mouth.on("playback_started", self._started)

    def _stopped(self, utterance: Utterance) -> None:
        self.mouth.ended(utterance)

    def _finished(self, event: io.PlaybackFinishedEvent) -> None:
        self.finished.append(event)

    def _started(self, event: io.PlaybackStartedEvent) -> None:
        self.started.append(event)

    async def say(self, seconds: float, text: str = "", *, each: float = 0.5, flush: bool = True) -> None:
        """A segment, frame by frame, with its words at their times."""
        utterance = Utterance(new_id(), "reply", text=text)
        for index, tick in enumerate(loud(seconds).reshape(-1, FRAME)):
            carried = frame(tick)
            carried.userdata[UTTERANCE] = utterance
            if index == 0:
                carried.userdata[USERDATA_TIMED_TRANSCRIPT] = [
                    TimedString(word, start_time=number * each, end_time=(number + 1) * each)
                    for number, word in enumerate(text.split())
                ]
            await self.mouth.capture_frame(carried)
        if flush:
            self.mouth.flush()

    def tick(self, seconds: float) -> Pcm:
        return np.concatenate([self.mixer.tick() for _ in range(round(seconds / 0.02))])


async def test_a_segment_that_is_played_whole_is_finished_once_and_not_interrupted() -> None:
    booth = Booth()
    await booth.say(1.0, "Hello there.")
    booth.tick(0.5)
    assert booth.finished == []
    booth.tick(0.5)
    [event] = booth.finished
    assert (event.playback_position, event.interrupted, event.synchronized_transcript) == (1.0, False, None)
    assert [event.created_at for event in booth.started] == [NOW_UTC]


async def test_an_interrupted_segment_carries_what_was_heard_of_it() -> None:
    booth = Booth()
    await booth.say(2.0, "Nine is free, really.")
    booth.tick(1.0)
    booth.mouth.clear_buffer()
    [event] = booth.finished
    assert (event.playback_position, event.interrupted) == (1.0, True)
    assert event.synchronized_transcript == "Nine is"
    booth.tick(0.02)
    assert not booth.tick(2.0).any()


async def test_a_segment_that_never_sounded_was_heard_by_nobody() -> None:
    booth = Booth()
    await booth.say(1.0, "Hello.")
    booth.mouth.clear_buffer()
    [event] = booth.finished
    assert (event.playback_position, event.interrupted, event.synchronized_transcript) == (0.0, True, "")
    assert booth.started == []


async def test_frames_of_a_segment_that_was_interrupted_are_dropped() -> None:
    booth = Booth()
    await booth.say(0.5, "One two three", flush=False)
    booth.tick(0.2)
    booth.mouth.clear_buffer()
    for tick in loud(0.5).reshape(-1, FRAME):
        await booth.mouth.capture_frame(frame(tick))
    booth.mouth.flush()
    booth.tick(0.02)
    assert not booth.tick(1.0).any()
    assert len(booth.finished) == 1
    await booth.say(0.5, "Four")
    assert booth.tick(0.5).all()
    assert len(booth.finished) == 2


async def test_a_voice_that_is_held_loses_nothing() -> None:
    booth = Booth()
    await booth.say(1.0)
    booth.tick(0.4)
    booth.mixer.hold(True)
    assert not booth.mouth.can_pause
    assert not booth.tick(3.0)[samples(0.005) :].any()
    assert booth.finished == []
    booth.mixer.hold(False)
    assert booth.tick(0.6).all()
    [event] = booth.finished
    assert (event.playback_position, event.interrupted) == (1.0, False)


async def test_nothing_gets_out_of_a_mouth_that_was_shut_and_the_framework_never_waits_for_it() -> None:
    booth = Booth()
    await booth.say(1.0, "One", flush=False)
    booth.tick(0.1)
    booth.mouth.shut()
    booth.mouth.flush()
    await booth.say(1.0, "Two")
    await booth.say(1.0, "Three")
    booth.tick(WORD_LONGEST)
    assert not booth.tick(1.0).any()
    assert [event.interrupted for event in booth.finished] == [True] * 3
    await asyncio.wait_for(booth.mouth.wait_for_playout(), 0.05)


async def test_waiting_for_the_playout_ends_with_the_last_segment() -> None:
    booth = Booth()
    await booth.say(0.2)
    await booth.say(0.2)
    waiting = asyncio.create_task(booth.mouth.wait_for_playout())
    for _ in range(3):
        await asyncio.sleep(0)
    booth.tick(0.3)
    await asyncio.sleep(0)
    assert not waiting.done()
    booth.tick(0.1)
    event = await asyncio.wait_for(waiting, 0.05)
    assert event.playback_position == 0.2


async def test_a_segment_without_an_utterance_of_its_own_is_a_reply_all_the_same() -> None:
    booth = Booth()
    await booth.mouth.capture_frame(frame(loud(0.02)))
    booth.mouth.flush()
    booth.tick(0.04)
    [said] = booth.mixer.ledger
    assert said.kind == "reply"
    assert len(booth.finished) == 1


@pytest.mark.parametrize("seed", range(40))
async def test_every_segment_is_finished_exactly_once_whatever_is_done_in_whichever_order(seed: int) -> None:
    booth, chance = Booth(), random.Random(seed)
    for _ in range(200):
        match chance.choice(["capture", "capture", "capture", "flush", "clear", "hold", "go on", "tick", "shut"]):
            case "capture":
                await booth.mouth.capture_frame(frame(loud(chance.choice([0.005, 0.02, 0.1]))))
            case "flush":
                booth.mouth.flush()
            case "clear":
                booth.mouth.clear_buffer()
            case "hold":
                booth.mixer.hold(True)
            case "go on":
                booth.mixer.hold(False)
            case "tick":
                booth.tick(0.02 * chance.randint(1, 10))
            case "shut" if chance.random() < 0.05:
                booth.mouth.shut()
        assert len(booth.finished) <= booth.mouth.captured_playout_segments
    booth.mouth.flush()
    booth.mixer.hold(False)
    booth.tick(30.0)
    assert len(booth.finished) == booth.mouth.captured_playout_segments
    assert booth.mixer.speech.idle


async def test_a_sentence_is_rendered_without_silence_around_it_and_its_words_move_along() -> None:
    sound = np.concatenate([silence(samples(0.5)), loud(1.0), silence(samples(0.8))])
    words = [TimedString("Hello", start_time=0.4, end_time=1.0), TimedString("there.", start_time=1.0, end_time=1.5)]
    made = await render(FakeVoice(sound, words), "Hello there.")
    assert made.text == "Hello there."
    assert made.seconds == pytest.approx(1.06, abs=0.001)
    assert made.pcm[0] == 5000
    assert [word.text for word in made.words] == ["Hello", "there."]
    assert [(word.start, word.end) for word in made.words] == [pytest.approx((0.0, 0.5)), pytest.approx((0.5, 1.0))]


async def test_a_voice_without_sound_is_told() -> None:
    with pytest.raises(SilentVoice):
        await render(FakeVoice(silence(samples(1.0))), "Hello.")


async def test_a_voice_that_fails_is_an_error_of_the_framework() -> None:
    with pytest.raises(APIConnectionError):
        await render(FakeVoice(loud(1.0), error=APIConnectionError(retryable=False)), "Hello.")


def test_a_rendered_sentence_can_be_said_more_than_once() -> None:
    sound = Sound("Hello there.", loud(0.1), (Word("Hello", 0.0, 0.05), Word("there.", 0.05, 0.1)))
    first, second = sound.utterance("opening"), sound.utterance("opening")
    first.take(samples(0.05), 0)
    first.stop()
    assert first.id != second.id
    assert (first.heard(), second.left) == ("Hello", samples(0.1))
    assert second.complete


def test_sound_of_any_rate_and_number_of_channels_comes_to_24_khz_mono() -> None:
    stereo = np.stack([loud(0.1), -loud(0.1)], axis=1).reshape(-1)
    assert np.array_equal(pcm_of(frame(stereo, channels=2)), loud(0.1))
    low = pcm_of(frame(np.full(1600, 5000, dtype=np.int16), rate=16_000))
    assert np.array_equal(low, loud(0.1))
    high = pcm_of(frame(np.full(4800, 5000, dtype=np.int16), rate=48_000))
    assert np.array_equal(high, loud(0.1))
    assert len(pcm_of(frame(silence(0)))) == 0


def test_halving_the_rate_leaves_no_joints_between_frames_and_folds_little_back() -> None:
    def heard(pitch: float) -> Pcm:
        wave = 10_000 * np.sin(2 * np.pi * pitch * np.arange(48_000) / 48_000)
        pieces = np.split(np.rint(wave).astype(np.int16), 50)
        return np.concatenate([pcm_of(frame(piece, rate=48_000)) for piece in pieces])

    voice = heard(1000)
    spectrum = np.abs(np.fft.rfft(voice * np.hanning(len(voice))))
    assert spectrum[[*range(990), *range(1010, len(spectrum))]].max() < spectrum.max() / 1000
    assert np.abs(heard(22_000)).max() < 2000


def test_only_words_with_times_are_taken_and_one_without_an_end_is_a_moment() -> None:
    source = frame(silence())
    assert words_of(source) == []
    source.userdata[USERDATA_TIMED_TRANSCRIPT] = [
        TimedString("one", start_time=0.0, end_time=0.5),
        TimedString("untimed"),
        TimedString("open", start_time=1.0),
        TimedString("backwards", start_time=2.0, end_time=1.0),
        "plain",
    ]
    assert words_of(source) == [Word("one", 0.0, 0.5), Word("open", 1.0, 1.0), Word("backwards", 2.0, 2.0)]


async def test_frames_carry_their_utterance() -> None:
    async def frames() -> AsyncIterator[rtc.AudioFrame]:
        for _ in range(3):
            yield frame(silence())

    utterance = Utterance("a1", "reply")
    carried = [passed.userdata[UTTERANCE] async for passed in voiced(frames(), utterance)]
    assert carried == [utterance] * 3


async def test_the_microphone_gives_frames_in_their_order() -> None:
    microphone = Microphone()
    frames = [frame(silence()) for _ in range(3)]
    for given in frames:
        microphone.push(given)
    assert [await anext(microphone) for _ in frames] == frames


def test_ids_of_utterances_are_all_different() -> None:
    assert len({new_id() for _ in range(100)}) == 100
