"""Providers that do what a test tells them, behind the framework's own base classes."""

import asyncio
from collections.abc import Sequence
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectOptions, LanguageCode, llm, stt, tts, vad
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr, TimedString

from agent.detector import Detection, Detector, Tell
from audio.frames import RATE, Pcm


def frame(pcm: Pcm, rate: int = RATE, channels: int = 1) -> rtc.AudioFrame:
    """The samples as the framework has them."""
    return rtc.AudioFrame(
        data=pcm.tobytes(), sample_rate=rate, num_channels=channels, samples_per_channel=len(pcm) // channels
    )


class FakeVoice(tts.TTS[Any]):
    """Speaks every text as the same sound, in pieces; or fails."""

    def __init__(self, sound: Pcm, words: Sequence[TimedString] = (), error: Exception | None = None) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False, aligned_transcript=True), sample_rate=RATE, num_channels=1
        )
        self.sound = sound
        self.words = list(words)
        self.error = error
        self.asked: list[str] = []

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _FakeRendering(tts=self, input_text=text, conn_options=conn_options)

    def say(self, text: str, output_emitter: tts.AudioEmitter) -> None:
        """Speak into the emitter. Raises its error."""
        self.asked.append(text)
        if self.error is not None:
            raise self.error
        output_emitter.push_timed_transcript(self.words)
        output_emitter.push(self.sound.tobytes())


class _FakeRendering(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        assert isinstance(self._tts, FakeVoice)
        output_emitter.initialize(request_id="r1", sample_rate=RATE, num_channels=1, mime_type="audio/pcm")
        self._tts.say(self._input_text, output_emitter)


class FakeModel(llm.LLM[Any]):
    """Answers with the pieces it was given."""

    def __init__(self, *pieces: str) -> None:
        super().__init__()
        self.pieces = pieces
        self.asked: list[list[str]] = []
        """Texts of each request's messages."""

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        self.asked.append([message.text_content or "" for message in chat_ctx.messages()])
        return _FakeWriting(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _FakeWriting(llm.LLMStream):
    async def _run(self) -> None:
        assert isinstance(self._llm, FakeModel)
        for piece in self._llm.pieces:
            delta = llm.ChoiceDelta(role="assistant", content=piece)
            self._event_ch.send_nowait(llm.ChatChunk(id="c1", delta=delta))
        self._event_ch.send_nowait(llm.ChatChunk(id="c1"))


class FakeDetector(Detector):
    """Finds what it is told to have found."""

    def __init__(self) -> None:
        super().__init__(min_silence=0.25)
        self.listening: list[FakeDetection] = []

    def listen(self, tell: Tell) -> Detection:
        self.listening.append(FakeDetection(0.25, tell))
        return self.listening[-1]


class FakeDetection(Detection):
    def __init__(self, min_silence: float, tell: Tell) -> None:
        super().__init__(min_silence, tell)
        self.find = tell
        self.heard = 0

    def hear(self, sound: Pcm) -> None:
        self.heard += 1


class FakeRecogniser(stt.STT[Any]):
    """Recognises what it is told to have recognised; an error in its place makes it fail, None makes it stop."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.found: asyncio.Queue[stt.SpeechEvent | Exception | None] = asyncio.Queue()
        self.streams: list[FakeRecognition] = []

    async def _recognize_impl(
        self, buffer: Any, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        raise NotImplementedError

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        stream = FakeRecognition(self, conn_options)
        self.streams.append(stream)
        return stream


class FakeRecognition(stt.RecognizeStream):
    def __init__(self, recogniser: FakeRecogniser, conn_options: APIConnectOptions) -> None:
        self.heard = 0
        self.flushed = 0
        self.closed = False
        self._found = recogniser.found
        super().__init__(stt=recogniser, conn_options=conn_options)

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        super().push_frame(frame)
        self.heard += 1

    def flush(self) -> None:
        super().flush()
        self.flushed += 1

    async def aclose(self) -> None:
        self.closed = True
        await super().aclose()

    async def _run(self) -> None:
        while (found := await self._found.get()) is not None:
            if isinstance(found, Exception):
                raise found
            self._event_ch.send_nowait(found)


def voice_began(at: float, noticed_after: float = 0.1) -> vad.VADEvent:
    """The detector noticed a voice that began at so many seconds."""
    return _found(vad.VADEventType.START_OF_SPEECH, at + noticed_after, speech=noticed_after)


def voice_ended(at: float, noticed_after: float = 0.25) -> vad.VADEvent:
    """The detector noticed that a voice had ended at so many seconds."""
    return _found(vad.VADEventType.END_OF_SPEECH, at + noticed_after, silence=noticed_after)


def looked(at: float) -> vad.VADEvent:
    """The detector looked at a window of sound."""
    return _found(vad.VADEventType.INFERENCE_DONE, at)


def _found(kind: vad.VADEventType, at: float, speech: float = 0.0, silence: float = 0.0) -> vad.VADEvent:
    return vad.VADEvent(
        type=kind, samples_index=round(at * 16_000), timestamp=at, speech_duration=speech, silence_duration=silence
    )


def recognised(text: str, kind: stt.SpeechEventType = stt.SpeechEventType.FINAL_TRANSCRIPT) -> stt.SpeechEvent:
    """The recogniser has settled on a text, or has done something else."""
    return stt.SpeechEvent(type=kind, alternatives=[stt.SpeechData(language=LanguageCode("en"), text=text)])
