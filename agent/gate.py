"""The gate between a leg's ears and the conversation: which of the things heard reach it, and in what form."""

import asyncio
from collections.abc import AsyncIterator

from livekit import rtc
from livekit.agents import stt, vad
from livekit.agents.inference.eot.base import MIN_SILENCE_DURATION_MS

from agent.detector import WINDOW

JUDGED = MIN_SILENCE_DURATION_MS / 1000
"""Seconds of silence after which the session asks whether the turn is over."""

_LOOKED = vad.VADEventType.INFERENCE_DONE


class Gate:
    """Decides which of the things heard reach the conversation, and keeps them for it.

    What begins while the agent speaks is withheld until it is decided whether it is a turn.
    """

    def __init__(self) -> None:
        self.speech: asyncio.Queue[vad.VADEvent] = asyncio.Queue()
        """What the detector found, for the conversation."""
        self.words: asyncio.Queue[stt.SpeechEvent] = asyncio.Queue()
        """What the recogniser found, for the conversation."""
        self._open = False
        self._barred = False
        self._withheld = False
        self._current: list[vad.VADEvent | stt.SpeechEvent] = []

    @property
    def passing(self) -> bool:
        """What is said at this moment gets through."""
        return self._open and not self._barred and not self._withheld

    def open(self, *, current: bool) -> None:
        """From now on everything that begins gets through; with `current`, also what is being said at this moment."""
        self._open = True
        self._withheld = False
        self._barred = bool(self._current) and not current
        if current:
            self._replay()

    def close(self) -> None:
        """Nothing gets through any more."""
        self._open = False

    def admit(self) -> None:
        """What was withheld gets through, from its beginning, and what follows it."""
        if self._open and self._withheld:
            self._withheld = False
            self._replay()

    def dismiss(self) -> None:
        """What was withheld never gets through."""
        self._current.clear()

    def pass_on(self, event: vad.VADEvent | stt.SpeechEvent, *, over_agent: bool = False) -> None:
        """Take something that was heard; `over_agent`: speech that begins while the agent speaks."""
        if isinstance(event, vad.VADEvent) and event.type is vad.VADEventType.START_OF_SPEECH:
            if not (self._withheld and over_agent):
                self._current.clear()
            self._barred = False
            self._withheld = over_agent
        if self.passing:
            self._hand_on(event)
        if isinstance(event, stt.SpeechEvent) or event.type is not _LOOKED or event.raw_accumulated_silence >= JUDGED:
            self._current.append(event)

    def _replay(self) -> None:
        for event in self._current:
            self._hand_on(event)

    def _hand_on(self, event: vad.VADEvent | stt.SpeechEvent) -> None:
        if isinstance(event, vad.VADEvent):
            self.speech.put_nowait(event)
        else:
            self.words.put_nowait(event)


class SharedDetector(vad.VAD):
    """The leg's detector as the session wants it: one of its own, that hears what the ears let through."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=WINDOW))
        self._gate = gate

    def stream(self) -> vad.VADStream:
        """A stream that ignores the sound it is given: the ears have heard it already."""
        return _SharedStream(self, self._gate.speech)


class _SharedStream(vad.VADStream):
    """Hands the gate's events on as they are: its own channel would queue and copy each once more."""

    def __init__(self, detector: vad.VAD, events: asyncio.Queue[vad.VADEvent]) -> None:
        super().__init__(detector)
        self._events = events

    async def __anext__(self) -> vad.VADEvent:
        return await self._events.get()

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        """The ears have this sound already."""

    async def _main_task(self) -> None:
        """There is nothing to do until it is closed."""
        async for _ in self._input_ch:
            continue


async def shared_words(gate: Gate) -> AsyncIterator[stt.SpeechEvent]:
    """What the recogniser found and the gate let through."""
    while True:
        yield await gate.words.get()
