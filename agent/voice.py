"""The agent's voice: sound and words from a provider into utterances for the mixer."""

import asyncio
import itertools
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, tts
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString
from livekit.agents.voice import io

from agent.realtime.wording import placed
from audio.frames import RATE, Pcm, samples, seconds
from audio.ledger import Utterance, Word, audible
from audio.mixer import Channel, Mixer

UTTERANCE = "voice_worker.utterance"
"""Key of a frame's userdata under which its utterance is found."""

_TAIL = 0.06
"""Seconds kept after the last audible sample of a fixed sentence, so that it does not end abruptly."""

_ONCE = APIConnectOptions(max_retry=0, timeout=5.0)
"""Per request to a voice: what is tried again is the voice's own affair."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Sound:
    """A sentence rendered to memory."""

    text: str
    pcm: Pcm
    words: tuple[Word, ...]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return seconds(len(self.pcm))

    def utterance(self, kind: str) -> Utterance:
        """A new utterance of it, ready to be played once."""
        fresh = Utterance(id=new_id(), kind=kind, text=self.text, words=list(self.words))
        fresh.add(self.pcm)
        fresh.complete = True
        return fresh


class SilentVoice(Exception):
    """The voice gave no sound for a sentence."""


def new_id() -> str:
    """A fresh utterance id; unique in this process."""
    return f"a{next(_numbers)}"


async def render(voice: tts.TTS[Any], text: str) -> Sound:
    """The sentence as the voice speaks it, without silence at either end. Raises `SilentVoice`, livekit's APIError."""
    pieces: list[Pcm] = []
    words: list[Word] = []
    async with voice.synthesize(text, conn_options=_ONCE) as stream:
        async for event in stream:
            pieces.append(pcm_of(event.frame))
            words.extend(words_of(event.frame))
    pcm = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)
    sound = trimmed(text, pcm, words or placed(text, pcm))
    if not len(sound.pcm):
        raise SilentVoice("the voice gave no sound")
    return sound


def trimmed(text: str, pcm: Pcm, words: Sequence[Word]) -> Sound:
    """The sentence without silence at either end; empty if it is all silence."""
    loud = audible(pcm)
    if not len(loud):
        return Sound(text, pcm[:0], ())
    first, last = int(loud[0]), min(len(pcm), int(loud[-1]) + 1 + samples(_TAIL))
    shift = seconds(first)
    moved = tuple(Word(word.text, max(0.0, word.start - shift), max(0.0, word.end - shift)) for word in words)
    return Sound(text, pcm[first:last], moved)


def pcm_of(frame: rtc.AudioFrame) -> Pcm:
    """The frame's samples at 24 kHz mono, whatever it came in."""
    pcm = np.frombuffer(frame.data, dtype=np.int16).reshape(-1, frame.num_channels)[:, 0]
    if frame.sample_rate == RATE:
        return pcm.copy()
    if frame.sample_rate % RATE == 0:
        # By averages, and not between samples: the joints of frames are not heard, and less is folded back.
        each = frame.sample_rate // RATE
        averages: Pcm = np.rint(pcm[: len(pcm) // each * each].reshape(-1, each).mean(axis=1)).astype(np.int16)
        return averages
    length = round(len(pcm) * RATE / frame.sample_rate)
    positions = np.linspace(0, len(pcm) - 1, length)
    return np.interp(positions, np.arange(len(pcm)), pcm).astype(np.int16)


def words_of(frame: rtc.AudioFrame) -> list[Word]:
    """The timed words that travel with a frame, in seconds from the start of its utterance."""
    timed = frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, [])
    return [_word(text) for text in timed if isinstance(text, TimedString) and isinstance(text.start_time, float | int)]


def _word(text: TimedString) -> Word:
    start = float(text.start_time)  # type: ignore[arg-type]  # NotGiven was ruled out by the caller
    end = float(text.end_time) if isinstance(text.end_time, float | int) else start
    return Word(str(text), start, max(start, end))


async def voiced(frames: AsyncIterable[rtc.AudioFrame], utterance: Utterance) -> AsyncIterator[rtc.AudioFrame]:
    """The frames, each carrying the utterance it belongs to."""
    async for frame in frames:
        frame.userdata[UTTERANCE] = utterance
        yield frame


class Mouth(io.AudioOutput):
    """Where the session's speech goes: into the mixer's speech channel.

    The session is not offered a pause: what it would pause for is decided before it hears of it.
    """

    def __init__(self, mixer: Mixer, now_utc: Callable[[], float]) -> None:
        super().__init__(
            label="mixer", capabilities=io.AudioOutputCapabilities(pause=False), next_in_chain=None, sample_rate=None
        )
        self._mixer = mixer
        self._now_utc = now_utc
        self._open: Utterance | None = None
        self.is_shut = False
        """Nothing gets out any more."""

    @property
    def _channel(self) -> Channel:
        return self._mixer.speech

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Take sound of the segment that is being spoken."""
        await super().capture_frame(frame)
        if self._open is None:
            carried = frame.userdata.get(UTTERANCE)
            self._open = carried if isinstance(carried, Utterance) else Utterance(id=new_id(), kind="reply")
            if self.is_shut:
                self._open.stop()
                self.ended(self._open)
            else:
                self._channel.queue.append(self._open)
        if self._open.cut:
            return
        self._open.add(pcm_of(frame))
        self._open.words.extend(words_of(frame))

    def flush(self) -> None:
        """The segment is complete."""
        super().flush()
        if self._open is not None:
            self._open.complete = True
            self._open = None

    def clear_buffer(self) -> None:
        """Stop what is being said and drop what waits."""
        if not self.is_shut:
            self._mixer.cut(self._channel)

    def shut(self, *, at_once: bool = False) -> None:
        """End what is being said, with its present word or `at_once`, and let nothing more out: the call is closing."""
        self.is_shut = True
        if at_once:
            self._mixer.cut(self._channel)
        else:
            self._mixer.conclude(self._channel)

    def began(self) -> None:
        """The mixer played the first audible sample of an utterance of this channel."""
        self.on_playback_started(created_at=self._now_utc())

    def ended(self, utterance: Utterance) -> None:
        """The mixer is done with an utterance of this channel."""
        if self._pending_playback_count:
            self.on_playback_finished(
                playback_position=seconds(utterance.played),
                interrupted=utterance.cut,
                synchronized_transcript=utterance.heard() if utterance.partial else None,
            )


class Microphone(io.AudioInput):
    """The callee's side as the session wants to have it."""

    def __init__(self) -> None:
        super().__init__(label="line")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    def push(self, frame: rtc.AudioFrame) -> None:
        """Take 20 ms of the callee's side."""
        self._frames.put_nowait(frame)

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()
