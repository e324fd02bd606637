"""The other side of the comparison: a plain LiveKit agent session, as one writes it after the framework's own guide.

It has the same plugins, stand-ins, line and judge of turn ends as the worker's. Nothing else of the worker is in it: no
shared ears, no ledger, no supervisor, no recording. Its endpointing is pinned to the framework's defaults for a judge
that streams, 0.3 and 2.5 s; the rest is the framework's default.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import numpy as np
from livekit import rtc
from livekit.agents import Agent, AgentSession, inference
from livekit.agents.utils import http_context
from livekit.agents.voice import io
from livekit.plugins import cartesia, deepgram, openai

from agent.line import Dropped, HungUp, Leg, LineEvent, Refused
from agent.rehearsal.line import Sides, SimulatedLine
from agent.rehearsal.marks import marking
from agent.rehearsal.script import LineScript
from agent.standins.judge import ScriptedJudge
from agent.standins.process import StandInCall, StandIns
from audio.frames import FRAME, RATE, Pcm, seconds, silence
from audio.ledger import SpokenWord
from bench.ours import PROMPT, CallFailed
from bench.scripts import LANGUAGE

_LONGEST = 180.0
"""Seconds a call may take."""
_VOICE_ID = "f786b574-daa5-4673-aa0c-cbe3e8534c02"
_KEY = "stand-in"


async def talked(stand_ins: StandIns, script: LineScript) -> Sides:
    """Conduct a call on the line; what each side sent. Raises `CallFailed` when it does not end as the line says."""
    async with AsyncExitStack() as stack:
        call, line = await stack.enter_async_context(reached(stand_ins, script))
        session = _session(call, line, script)
        stack.push_async_callback(session.aclose)
        leg = _Leg()
        session.input.audio = leg.microphone
        session.output.audio = leg.speaker
        await session.start(Agent(instructions=PROMPT), record=False)
        await until_over(line, leg)
    return line.said


@asynccontextmanager
async def reached(stand_ins: StandIns, script: LineScript) -> AsyncIterator[tuple[StandInCall, SimulatedLine]]:
    """The stand-ins of one call and its line, ready to be dialled."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(http_context.open())
        call = await stand_ins.open_call(script.config(LANGUAGE))
        stack.push_async_callback(call.close)
        mark = await stack.enter_async_context(marking(call.mark))
        line = SimulatedLine(script, language=LANGUAGE, voice=call.voice, mark=mark, ringing_timeout=30.0)
        await line.prepare()
        yield call, line


def _session(call: StandInCall, line: SimulatedLine, script: LineScript) -> AgentSession[None]:
    return AgentSession(
        stt=deepgram.STT(
            model="nova-3", language=LANGUAGE, sample_rate=16_000, api_key=_KEY, base_url=call.deepgram_url
        ),
        vad=inference.VAD(model="silero"),
        llm=openai.LLM(model="gpt-4.1", api_key=_KEY, base_url=call.openai_url),
        tts=cartesia.TTS(model="sonic-3", voice=_VOICE_ID, language=LANGUAGE, api_key=_KEY, base_url=call.cartesia_url),
        turn_handling={
            "turn_detection": ScriptedJudge(line.pause, script.latency.judge_ms / 1000, script.errors),
            "endpointing": {"min_delay": 0.3, "max_delay": 2.5},
        },
        aec_warmup_duration=None,
    )


async def until_over(line: SimulatedLine, leg: Leg) -> None:
    """Dial and stay until the callee hangs up. Raises `CallFailed` when that does not happen."""
    over: asyncio.Future[LineEvent] = asyncio.get_running_loop().create_future()

    def notified(event: LineEvent) -> None:
        if isinstance(event, HungUp | Refused | Dropped) and not over.done():
            over.set_result(event)

    try:
        await line.dial(leg, notified)
        ended = await asyncio.wait_for(over, _LONGEST)
    except TimeoutError:
        raise CallFailed("the plain session's call did not end") from None
    finally:
        await line.hang_up()
    if not isinstance(ended, HungUp):
        raise CallFailed("the plain session's call broke off")


class _Leg:
    """The session's end of the line."""

    def __init__(self) -> None:
        self.microphone = _Microphone()
        self.speaker = _Speaker()
        self._played = silence()

    def speak(self) -> Pcm:
        """The next 20 ms for the callee."""
        self._played = self.speaker.play()
        return self._played

    def voice(self) -> Pcm:
        """The same: there is no sound under it."""
        return self._played

    def hear(self, pcm: Pcm) -> None:
        """Take 20 ms of the callee's."""
        self.microphone.push(pcm)

    def spoken(self) -> Sequence[SpokenWord]:
        """No words are known; the line follows the sound."""
        return ()


class _Microphone(io.AudioInput):
    def __init__(self) -> None:
        super().__init__(label="line")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    def push(self, pcm: Pcm) -> None:
        self._frames.put_nowait(rtc.AudioFrame(pcm.tobytes(), RATE, 1, len(pcm)))

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()


@dataclass(slots=True)
class _Segment:
    """What is played between two flushes."""

    sound: Pcm
    played: int = 0
    complete: bool = False
    cut: bool = False

    @property
    def left(self) -> int:
        return len(self.sound) - self.played

    def play_into(self, target: Pcm) -> int:
        """Fill the beginning of `target`; how many samples that took."""
        piece = self.sound[self.played : self.played + len(target)]
        target[: len(piece)] = piece
        self.played += len(piece)
        return len(piece)


class _Speaker(io.AudioOutput):
    """Plays what it is given at the pace of the line, and tells when a segment began and ended."""

    def __init__(self) -> None:
        super().__init__(label="line", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=RATE)
        self._segments: deque[_Segment] = deque()
        self._open: _Segment | None = None
        self._paused = False

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._open is None:
            self._open = _Segment(silence(0))
            self._segments.append(self._open)
        if not self._open.cut:
            self._open.sound = np.concatenate([self._open.sound, np.frombuffer(frame.data, dtype=np.int16)])

    def flush(self) -> None:
        super().flush()
        if self._open is not None:
            self._open.complete = True
            self._open = None

    def clear_buffer(self) -> None:
        self._paused = False
        while self._segments:
            segment = self._segments.popleft()
            segment.cut = True
            self.on_playback_finished(playback_position=seconds(segment.played), interrupted=True)

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def play(self) -> Pcm:
        """The next 20 ms."""
        frame = silence()
        filled = 0
        while self._segments and not self._paused and filled < FRAME:
            segment = self._segments[0]
            if segment.played == 0 and segment.left:
                self.on_playback_started(created_at=time.time())
            filled += segment.play_into(frame[filled:])
            if segment.left:
                continue
            if not segment.complete:
                break
            self._segments.popleft()
            self.on_playback_finished(playback_position=seconds(segment.played), interrupted=False)
        return frame
