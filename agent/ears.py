"""The ears of a leg: one detector of speech and one recogniser connection, heard by everyone who needs them.

They belong to the leg and not to the session: they tell the supervisor and the report what the callee does, and hand
it on to the conversation only while its gate is open. What began before the gate opened never becomes a turn, unless
it is asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, APIError, stt, vad

from agent import events as e
from audio.frames import RATE, Pcm
from audio.levels import Levels
from audio.resampling import SPEECH_RATE, Downsampler

RECOGNISER_OPTIONS = APIConnectOptions(max_retry=3, retry_interval=0.5, timeout=5.0)
"""A recogniser that is gone for longer than about two seconds ends the call; sound is kept for it meanwhile."""

Hear = Callable[[rtc.AudioFrame], None]

_FINALS = stt.SpeechEventType.FINAL_TRANSCRIPT


def frame_of(pcm: Pcm, rate: int = RATE) -> rtc.AudioFrame:
    """The samples, so many a second, as the framework's own frame."""
    return rtc.AudioFrame(data=pcm.tobytes(), sample_rate=rate, num_channels=1, samples_per_channel=len(pcm))


class Gate:
    """Decides which of the things heard reach the conversation, and keeps them for it."""

    def __init__(self) -> None:
        self.speech: asyncio.Queue[vad.VADEvent] = asyncio.Queue()
        """What the detector found, for the conversation."""
        self.words: asyncio.Queue[stt.SpeechEvent] = asyncio.Queue()
        """What the recogniser found, for the conversation."""
        self._open = False
        self._barred = False
        self._current: list[vad.VADEvent | stt.SpeechEvent] = []

    @property
    def passing(self) -> bool:
        """What is said at this moment gets through."""
        return self._open and not self._barred

    def open(self, *, current: bool) -> None:
        """From now on everything that begins gets through; with `current`, also what is being said at this moment."""
        self._open = True
        self._barred = bool(self._current) and not current
        if current:
            for event in self._current:
                self._hand_on(event)

    def close(self) -> None:
        """Nothing gets through any more."""
        self._open = False

    def pass_on(self, event: vad.VADEvent | stt.SpeechEvent) -> None:
        """Take something that was heard."""
        if isinstance(event, vad.VADEvent) and event.type is vad.VADEventType.START_OF_SPEECH:
            self._current.clear()
            self._barred = False
        if self._open and not self._barred:
            self._hand_on(event)
        if isinstance(event, stt.SpeechEvent) or event.type is not vad.VADEventType.INFERENCE_DONE:
            self._current.append(event)

    def _hand_on(self, event: vad.VADEvent | stt.SpeechEvent) -> None:
        if isinstance(event, vad.VADEvent):
            self.speech.put_nowait(event)
        else:
            self.words.put_nowait(event)


@dataclass(frozen=True, slots=True)
class _Streams:
    speech: vad.VADStream
    words: stt.RecognizeStream
    judge: Hear | None
    downsampler: Downsampler = field(default_factory=Downsampler)
    """Once for all: every one of them wants the same rate."""

    def push(self, pcm: Pcm) -> None:
        frame = frame_of(self.downsampler.run(pcm), SPEECH_RATE)
        if self.judge is not None:
            self.judge(frame)
        with suppress(RuntimeError):  # a stream that failed is closed a moment before `listen` notices
            self.speech.push_frame(frame)
            self.words.push_frame(frame)


class Ears:
    """Hears one leg."""

    def __init__(
        self,
        recogniser: stt.STT[Any],
        detector: vad.VAD,
        tell: Callable[[e.Event], None],
        now: Callable[[], float],
        judge: Hear | None = None,
    ) -> None:
        """`judge` is given the callee's sound, at `SPEECH_RATE`, before detector and recogniser are."""
        self.recogniser = recogniser
        self._judge = judge
        self.gate = Gate()
        self.speaking = False
        """The callee speaks at this moment."""
        self._detector = detector
        self._tell = tell
        self._now = now
        self._finished = asyncio.Event()
        """Everything that was said has been put into words."""
        self._finished.set()
        self._heard_at = 0.0
        """Host time of the last final words."""
        self._settling = False
        self._streams: _Streams | None = None
        self._levels = Levels()

    @property
    def passing(self) -> bool:
        """What the callee says at this moment is handed on to the conversation."""
        return self.gate.passing

    @property
    def loud(self) -> bool:
        """There is sound of the callee's above their background: the detector may yet take it for speech."""
        return self._levels.loud

    async def listen(self) -> None:
        """Hear until cancelled. Raises APIError when the recogniser is lost for good."""
        streams = self._streams = _Streams(
            self._detector.stream(), self.recogniser.stream(conn_options=RECOGNISER_OPTIONS), self._judge
        )
        lost: list[BaseException] = []
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._detect(streams.speech), name="ears.detect")
                tasks.create_task(self._recognise(streams.words), name="ears.recognise")
        except* APIError as errors:
            lost.extend(errors.exceptions)
        finally:
            self._streams = None
            await streams.speech.aclose()
            await streams.words.aclose()
        if lost:
            # Not in the handler: what is raised there comes out as a group on some versions of Python.
            raise lost[0]

    def hear(self, pcm: Pcm) -> None:
        """Take 20 ms of the callee's side; deaf before `listen` runs and after it ended."""
        self._levels.take(pcm)
        if self._streams is not None:
            self._streams.push(pcm)

    async def settle(self, seconds: float) -> None:
        """After the call: wait until the recogniser has said what the last words were, but not longer than this."""
        if self._streams is None or self._finished.is_set():
            return
        self._settling = True
        self._streams.words.flush()
        try:
            await asyncio.wait_for(self._finished.wait(), seconds)
        except TimeoutError:
            return

    async def _detect(self, speech: vad.VADStream) -> None:
        async for event in speech:
            self.gate.pass_on(event)
            heard = event.samples_index / SPEECH_RATE
            if event.type is vad.VADEventType.START_OF_SPEECH:
                self.speaking = True
                self._finished.clear()
                self._tell(
                    e.CalleeStarted(at=self._now(), sample=self._levels.began(_sample(heard - event.speech_duration)))
                )
            elif event.type is vad.VADEventType.END_OF_SPEECH:
                self.speaking = False
                if self._heard_at > self._now() - event.silence_duration:
                    self._finished.set()
                self._tell(
                    e.CalleeStopped(at=self._now(), sample=self._levels.ended(_sample(heard - event.silence_duration)))
                )

    async def _recognise(self, words: stt.RecognizeStream) -> None:
        async for event in words:
            self.gate.pass_on(event)
            if event.type is not _FINALS or not event.alternatives or not event.alternatives[0].text.strip():
                continue
            self._heard_at = self._now()
            if self._settling or not self.speaking:
                self._finished.set()
            self._tell(_heard(self._heard_at, event.alternatives[0]))
        raise APIConnectionError("the recogniser stopped")


def _heard(at: float, words: stt.SpeechData) -> e.CalleeHeard:
    placed = words.end_time > words.start_time
    return e.CalleeHeard(
        at=at,
        text=words.text.strip(),
        start=_sample(words.start_time) if placed else None,
        stop=_sample(words.end_time) if placed else None,
    )


def _sample(seconds: float) -> int:
    return max(0, round(seconds * RATE))


class SharedDetector(vad.VAD):
    """The leg's detector as the session wants it: one of its own, that hears what the ears let through."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=0.032))
        self._gate = gate

    def stream(self) -> vad.VADStream:
        """A stream that ignores the sound it is given: the ears have heard it already."""
        return _SharedStream(self, self._gate)


class _SharedStream(vad.VADStream):
    def __init__(self, detector: vad.VAD, gate: Gate) -> None:
        self._gate = gate
        super().__init__(detector)

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        """The ears have this sound already."""

    async def _main_task(self) -> None:
        while True:
            self._event_ch.send_nowait(await self._gate.speech.get())


async def shared_words(gate: Gate) -> AsyncIterator[stt.SpeechEvent]:
    """What the recogniser found and the gate let through."""
    while True:
        yield await gate.words.get()
