"""The ears of a leg: one detector of speech and one recogniser connection, heard by everyone who needs them.

They belong to the leg and not to the session: they tell the supervisor and the report what the callee does, and hand
it on to the conversation only while its gate is open. What began before the gate opened never becomes a turn, unless
it is asked for.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from livekit import rtc
from livekit.agents import stt, vad

from agent import events as e
from agent.backchannels import is_backchannel
from agent.detector import WINDOW, Detection, Detector
from agent.fallback.recogniser import Recogniser, Recognition
from agent.gate import Gate
from agent.judge import Judge
from agent.stretch import Stretch
from audio.frames import RATE, Pcm
from audio.levels import Levels
from audio.resampling import SPEECH_RATE, Downsampler

_FINALS = stt.SpeechEventType.FINAL_TRANSCRIPT


def frame_of(pcm: Pcm, rate: int = RATE) -> rtc.AudioFrame:
    """The samples, so many a second, as the framework's own frame."""
    return rtc.AudioFrame(data=pcm.tobytes(), sample_rate=rate, num_channels=1, samples_per_channel=len(pcm))


class OwnVoice(Protocol):
    """The agent's side of the leg, as far as the ears need it. Samples are counted from the answer."""

    @property
    def speaking(self) -> bool:
        """The agent speaks at this moment."""
        ...

    def echoes(self, start: int, stop: int) -> bool:
        """Whether what was heard between two samples is the agent's own voice coming back."""
        ...

    def echoed(self, seconds: float) -> bool:
        """The same of the last so many seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Instruments:
    """What a leg is heard with."""

    recogniser: Recogniser
    detector: Detector
    judge: Judge


@dataclass(frozen=True, slots=True)
class _Streams:
    speech: Detection
    words: Recognition
    judge: Judge
    downsampler: Downsampler = field(default_factory=Downsampler)
    """Once for all: every one of them wants the same rate."""

    def push(self, pcm: Pcm) -> None:
        sound = self.downsampler.run(pcm)
        frame = frame_of(sound, SPEECH_RATE)
        self.judge.hear(frame)  # before the others: it is asked because of what they make of it
        self.words.push_frame(frame)
        self.speech.hear(sound)


class Ears:
    """Hears one leg."""

    def __init__(
        self,
        instruments: Instruments,
        own: OwnVoice,
        language: str,
        tell: Callable[[e.Event], None],
        now: Callable[[], float],
    ) -> None:
        """`language` is BCP 47, what the callee is expected to speak."""
        self._instruments = instruments
        self.gate = Gate()
        self.speaking = False
        """The callee speaks at this moment."""
        self._own = own
        self._language = language
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
        self._stretch: Stretch | None = None
        """Of a voice over the agent's."""
        self._worded = False
        """What is being said has words."""

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
            self._instruments.detector.listen(self._detected),
            self._instruments.recogniser.listen(lambda: self.speaking),
            self._instruments.judge,
        )
        try:
            await self._recognise(streams.words)
        finally:
            self._streams = None

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

    def _detected(self, event: vad.VADEvent) -> None:
        if event.type is vad.VADEventType.INFERENCE_DONE:
            self.gate.pass_on(event)
            self._window(event.probability)
        elif event.type is vad.VADEventType.START_OF_SPEECH:
            self._began(event)
        else:
            self._ended(event)

    def _window(self, probability: float) -> None:
        verdict = self._stretch.add(WINDOW, probability) if self._stretch is not None else None
        if verdict == "audible":
            self._tell(e.CalleeAudible(at=self._now()))
        elif verdict == "clear":
            self._tell(e.CalleeClear(at=self._now(), words=False))

    def _began(self, event: vad.VADEvent) -> None:
        over_agent = self._own.speaking
        self.gate.pass_on(event, over_agent=over_agent)
        self.speaking, self._worded = True, False
        self._finished.clear()
        self._stretch = Stretch(event.speech_duration, self._own.echoed) if over_agent else None
        began = _sample(event.samples_index / SPEECH_RATE - event.speech_duration)
        self._tell(e.CalleeStarted(at=self._now(), sample=self._levels.began(began), over_agent=over_agent))

    def _ended(self, event: vad.VADEvent) -> None:
        self.gate.pass_on(event)
        self.speaking, self._stretch = False, None
        if self._heard_at > self._now() - event.silence_duration:
            self._finished.set()
        ended = _sample(event.samples_index / SPEECH_RATE - event.silence_duration)
        self._tell(e.CalleeStopped(at=self._now(), sample=self._levels.ended(ended)))

    async def _recognise(self, words: Recognition) -> None:
        async for event in words.events():
            said = event.alternatives[0] if event.alternatives else None
            if said is not None and self._is_own(said):
                continue
            self.gate.pass_on(event)
            if said is not None and said.text.strip():
                self._understood(said, final=event.type is _FINALS)

    def _is_own(self, said: stt.SpeechData) -> bool:
        """Whether the words are the agent's, come back."""
        return _placed(said) and self._own.echoes(_sample(said.start_time), _sample(said.end_time))

    def _understood(self, said: stt.SpeechData, *, final: bool) -> None:
        self._instruments.judge.understood(said.text, final=final)
        backchannel = is_backchannel(said.text, self._language)
        if final:
            self._heard_at = self._now()
            if self._settling or not self.speaking:
                self._finished.set()
            self._tell(_heard(self._heard_at, said, backchannel=backchannel))
        elif self.speaking and not self._worded and not backchannel:
            self._worded = True
            self._tell(e.CalleeClear(at=self._now(), words=True))


def _heard(at: float, said: stt.SpeechData, *, backchannel: bool) -> e.CalleeHeard:
    placed = _placed(said)
    return e.CalleeHeard(
        at=at,
        text=said.text.strip(),
        backchannel=backchannel,
        start=_sample(said.start_time) if placed else None,
        stop=_sample(said.end_time) if placed else None,
    )


def _placed(said: stt.SpeechData) -> bool:
    return said.end_time > said.start_time


def _sample(seconds: float) -> int:
    return max(0, round(seconds * RATE))
