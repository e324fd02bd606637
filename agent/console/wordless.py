"""A recogniser without words, for a model that hears by itself where there is no key for another.

It only tells that something was said, so that turns are taken; what was said stays between the person and the model.
"""

from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, LanguageCode, stt
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr

from audio.frames import dbfs

WORDS = "…"
"""What stands for whatever was said."""
_VOICE = -48.0
"""dBFS above which the microphone, whose noise is taken out already, has a voice in it."""
_LEAST = 0.15
"""Seconds of voice that are something said, not a click."""
_PAUSE = 0.35
"""Seconds of silence after which it is over."""


class Wordless(stt.STT[Any]):
    """The recogniser of one call."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=False))

    async def _recognize_impl(
        self, buffer: Any, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        raise NotImplementedError("it hears streams only")

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        """One stream of the call's sound."""
        return _Stream(self, conn_options)


class _Stream(stt.RecognizeStream):
    def __init__(self, recogniser: Wordless, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=recogniser, conn_options=conn_options)
        self._clock = 0.0
        """Seconds of sound so far."""
        self._began = 0.0
        self._voiced = 0.0
        self._last = 0.0
        """End of the last voice."""

    async def _run(self) -> None:
        async for item in self._input_ch:
            if isinstance(item, rtc.AudioFrame):
                self._hear(item)
            if not isinstance(item, rtc.AudioFrame) or self._clock - self._last >= _PAUSE:
                self._tell()

    def _hear(self, frame: rtc.AudioFrame) -> None:
        if dbfs(np.frombuffer(frame.data, dtype=np.int16)) > _VOICE:
            self._began = self._began if self._voiced else self._clock
            self._voiced += frame.duration
            self._last = self._clock + frame.duration
        self._clock += frame.duration

    def _tell(self) -> None:
        """Something was said, if it was."""
        voiced, self._voiced = self._voiced, 0.0
        if voiced < _LEAST:
            return
        said = stt.SpeechData(language=LanguageCode(""), text=WORDS, start_time=self._began, end_time=self._last)
        self._event_ch.send_nowait(stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[said]))
