"""What the tests of both recognisers share: speech played to a genuine plugin in real time, and what it made of it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, stt

from agent.standins.process import StandInCall
from agent.standins.resample import resampled
from agent.standins.speech import Mark, Speech
from audio.frames import Pcm, silence

ONCE = APIConnectOptions(max_retry=0, timeout=5.0)
RATE = 16_000
LEAD = 0.3
"""Seconds of silence before the speech."""


@dataclass
class Heard:
    """Events of a recogniser, with the time of each."""

    events: list[tuple[float, stt.SpeechEvent]] = field(default_factory=list)

    def texts(self, kind: stt.SpeechEventType) -> list[str]:
        return [event.alternatives[0].text for _, event in self.events if event.type is kind]

    def first(self, kind: stt.SpeechEventType) -> tuple[float, stt.SpeechEvent]:
        return next((at, event) for at, event in self.events if event.type is kind)


def marks(speech: Speech, at: float) -> list[Mark]:
    last = len(speech.words) - 1
    return [
        Mark(word.text, at + word.start, at + word.end, last=index == last) for index, word in enumerate(speech.words)
    ]


async def listened(
    ears: stt.STT[Any],
    call: StandInCall,
    speech: Speech | None,
    sound: Pcm,
    *,
    during: Callable[[float, stt.RecognizeStream], None] = lambda at, stream: None,
    after: float = 0.5,
) -> tuple[Heard, float]:
    """Play `sound` to the recogniser after a lead, marked as `speech` if it is; what was heard, and when it began.

    `during` is called before each 20 ms with the time since the beginning; `after` is the silence behind the sound.
    """
    heard = Heard()
    pcm = np.concatenate([silence(round(LEAD * 24_000)), sound, silence(round(after * 24_000))])
    pcm = resampled(pcm, 24_000, RATE)
    stream = ears.stream(conn_options=ONCE)
    collecting = asyncio.create_task(_collect(stream, heard))
    began = time.monotonic()
    if speech is not None:
        await call.mark(marks(speech, began + LEAD))
    for index in range(0, len(pcm), RATE // 50):
        await asyncio.sleep(began + (index + RATE // 50) / RATE - time.monotonic())
        during(index / RATE, stream)
        block = pcm[index : index + RATE // 50]
        stream.push_frame(rtc.AudioFrame(block.tobytes(), RATE, 1, len(block)))
    await stream.aclose()
    await collecting
    await ears.aclose()
    return heard, began + LEAD


async def _collect(stream: stt.RecognizeStream, heard: Heard) -> None:
    async for event in stream:
        heard.events.append((time.monotonic(), event))
