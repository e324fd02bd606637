"""Models and voices that answer, fall silent and fail as they are told, request by request."""

import asyncio
from dataclasses import dataclass
from typing import Any

from livekit.agents import APIConnectOptions, APITimeoutError, llm, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, TimedString

from audio.frames import RATE, Pcm


@dataclass(frozen=True)
class Writing:
    """What becomes of one request to a model."""

    after: float = 0.0
    """Seconds to the first thing."""
    text: str = ""
    error: Exception | None = None
    """After the text."""
    silent: bool = False
    """Nothing comes until the request's timeout."""


class ScriptedModel(llm.LLM[Any]):
    """Does one thing after the other; the last again and again."""

    def __init__(self, name: str, *script: Writing) -> None:
        super().__init__()
        self._name = name
        self.script = list(script)
        self.asked: list[float] = []
        """Loop times of the requests."""
        self.running = 0

    @property
    def model(self) -> str:
        return self._name

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        self.asked.append(asyncio.get_running_loop().time())
        writing = self.script[min(len(self.asked), len(self.script)) - 1]
        return _Writing(self, writing, chat_ctx, tools or [], conn_options)


class _Writing(llm.LLMStream):
    def __init__(
        self,
        model: ScriptedModel,
        writing: Writing,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
    ) -> None:
        self._model, self._writing = model, writing
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)

    async def _run(self) -> None:
        self._model.running += 1
        try:
            if self._writing.silent:
                await asyncio.sleep(self._conn_options.timeout)
                raise APITimeoutError
            await asyncio.sleep(self._writing.after)
            for piece in self._writing.text.split():
                delta = llm.ChoiceDelta(role="assistant", content=f"{piece} ")
                self._event_ch.send_nowait(llm.ChatChunk(id="c1", delta=delta))
                await asyncio.sleep(0.01)
            if self._writing.error is not None:
                raise self._writing.error
            usage = llm.CompletionUsage(completion_tokens=5, prompt_tokens=10, total_tokens=15)
            self._event_ch.send_nowait(llm.ChatChunk(id="c1", usage=usage))
        finally:
            self._model.running -= 1


@dataclass(frozen=True)
class Saying:
    """What becomes of one utterance of a voice."""

    after: float = 0.05
    """Seconds from the end of the text to the first sound."""
    most: float = float("inf")
    """Seconds of sound after which the error comes, or nothing more."""
    error: Exception | None = None
    level: int = 4000
    """Of the sound, as a constant sample."""
    pcm: Pcm | None = None
    """The sound, if it is none of ours."""
    lead: float = 0.0
    """Seconds of silence before the first word."""


PER_WORD = 0.3
"""Seconds a scripted voice takes for a word."""


class ScriptedVoice(tts.TTS[Any]):
    """Says each word in `PER_WORD` seconds of a constant sample, a tenth of a second at a time."""

    def __init__(self, *script: Saying, timed: bool = True) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True, aligned_transcript=timed), sample_rate=RATE, num_channels=1
        )
        self.script = list(script)
        self.timed = timed
        self.asked: list[str] = []
        """What it was to say, by utterance."""

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        raise NotImplementedError

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> tts.SynthesizeStream:
        self.asked.append("")
        return _Saying(self, self.script[min(len(self.asked), len(self.script)) - 1], len(self.asked) - 1, conn_options)


class _Saying(tts.SynthesizeStream):
    def __init__(self, voice: ScriptedVoice, saying: Saying, place: int, conn_options: APIConnectOptions) -> None:
        self._voice, self._saying, self._place = voice, saying, place
        super().__init__(tts=voice, conn_options=conn_options)

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(request_id="r1", sample_rate=RATE, num_channels=1, mime_type="audio/pcm", stream=True)
        output_emitter.start_segment(segment_id="s1")
        async for piece in self._input_ch:
            if isinstance(piece, str):
                self._voice.asked[self._place] += piece
        self._mark_started()
        await asyncio.sleep(self._saying.after)
        given = 0.0
        if self._saying.pcm is not None:
            output_emitter.push(self._saying.pcm.tobytes())
            return
        output_emitter.push(_tone(self._saying.lead, 0))
        for place, word in enumerate(self._voice.asked[self._place].split()):
            if self._voice.timed:
                start = self._saying.lead + place * PER_WORD
                output_emitter.push_timed_transcript(
                    TimedString(f"{word} ", start_time=start, end_time=start + PER_WORD)
                )
            for _ in range(3):
                if given >= self._saying.most:
                    await self._stop()
                output_emitter.push(_tone(PER_WORD / 3, self._saying.level))
                given += PER_WORD / 3
                await asyncio.sleep(0.01)

    async def _stop(self) -> None:
        if self._saying.error is None:
            await asyncio.Event().wait()
        else:
            # What was pushed before is on its way.
            await asyncio.sleep(0.05)
            raise self._saying.error


def _tone(seconds: float, level: int) -> bytes:
    return level.to_bytes(2, "little") * round(seconds * RATE)
