import asyncio
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from livekit.agents import inference, vad
from livekit.agents.vad import VADEventType

from agent.detector import Detector
from agent.ears import frame_of
from agent.pipeline import MIN_SILENCE
from agent.standins.config import CallConfig
from agent.standins.process import running
from audio.frames import FRAME, Pcm, samples, silence
from audio.resampling import SPEECH_RATE, Downsampler


async def spoken() -> Pcm:
    """Two sentences with a pause between them and silence around, at 24 kHz."""
    async with running() as stand_ins:
        call = await stand_ins.open_call(CallConfig())
        first = await call.voice("I would like to change my appointment, please.", language="en")
        second = await call.voice("Tuesday.", language="en")
    return np.concatenate([silence(samples(0.8)), first.pcm, silence(samples(0.7)), second.pcm, silence(samples(1.5))])


@pytest.fixture(scope="module")
def sounds() -> Sequence[Pcm]:
    pcm = asyncio.run(spoken())
    downsampler = Downsampler()
    whole = len(pcm) // FRAME * FRAME
    return [downsampler.run(pcm[at : at + FRAME]) for at in range(0, whole, FRAME)]


def found(sounds: Sequence[Pcm]) -> list[vad.VADEvent]:
    told: list[vad.VADEvent] = []
    detection = Detector(MIN_SILENCE).listen(told.append)
    for sound in sounds:
        detection.hear(sound)
    return told


def found_by_the_framework(sounds: Sequence[Pcm]) -> list[vad.VADEvent]:
    async def run() -> list[vad.VADEvent]:
        stream = inference.VAD(model="silero", min_silence_duration=MIN_SILENCE).stream()
        for sound in sounds:
            stream.push_frame(frame_of(sound, SPEECH_RATE))
        stream._input_ch.close()  # without the flush, which begins anew
        events = [event async for event in stream]
        await stream.aclose()
        return events

    return asyncio.run(run())


def facts(event: vad.VADEvent) -> tuple[object, ...]:
    numbers = (event.speech_duration, event.silence_duration, event.probability)
    return event.samples_index, event.speaking, *(round(number, 4) for number in numbers)


def counted(event: vad.VADEvent) -> tuple[float, float]:
    return round(event.raw_accumulated_speech, 4), round(event.raw_accumulated_silence, 4)


def quiet(event: vad.VADEvent) -> bool:
    return event.type is VADEventType.INFERENCE_DONE and not event.speaking and event.raw_accumulated_speech == 0


def windows(events: Sequence[vad.VADEvent]) -> list[vad.VADEvent]:
    return [event for event in events if event.type is VADEventType.INFERENCE_DONE]


def test_what_it_tells_of_speech_is_what_the_framework_tells(sounds: Sequence[Pcm]) -> None:
    ours = found(sounds)
    theirs = found_by_the_framework(sounds)
    kinds = [event.type for event in ours if event.type is not VADEventType.INFERENCE_DONE]
    assert kinds == [VADEventType.START_OF_SPEECH, VADEventType.END_OF_SPEECH] * 2
    told = {event.samples_index: facts(event) for event in windows(theirs)}
    # What a window counts for, the framework tells with the next one.
    late = {now.samples_index: counted(later) for now, later in pairwise(windows(theirs))}
    spoken = [event for event in windows(ours) if not quiet(event)]
    assert {event.samples_index for event in windows(theirs) if event.speaking} <= {e.samples_index for e in spoken}
    assert [facts(event) for event in spoken] == [told[event.samples_index] for event in spoken]
    assert [counted(event) for event in spoken] == [late[event.samples_index] for event in spoken]
    turns = [(event.type, event.samples_index, round(event.speech_duration, 4)) for event in theirs]
    assert {(e.type, e.samples_index, round(e.speech_duration, 4)) for e in ours} <= set(turns)


def test_of_silence_that_goes_on_nothing_is_told(sounds: Sequence[Pcm]) -> None:
    events = found(sounds)
    still = [quiet(event) for event in events]
    assert not any(before and after for before, after in pairwise(still))
    assert still[-1]
