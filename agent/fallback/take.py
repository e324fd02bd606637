"""A take: one voice's part of an utterance, from a sentence on, for as long as the voice does not fail."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, APITimeoutError, tts
from livekit.agents.types import USERDATA_TTS_STARTED_TIME

from agent.fallback.script import Script
from agent.fallback.sentences import is_sayable, unsaid
from agent.fallback.soundness import is_audible, is_rubbish
from agent.voice import pcm_of, words_of
from audio.frames import Pcm, seconds, silence
from audio.ledger import CHARACTERS_A_SECOND, Word, audible

_CONNECTED = 5.0
"""Seconds after which the plugin itself gives up a socket on which nothing comes: it must bear a model that writes
slowly."""
_CLOSE = 0.02
"""Seconds of a word's end that may be missing: times are rounded."""
_NOTHING = silence(0)

Give = Callable[[Pcm, Sequence[Word]], None]
"""Takes sound, with the words that begin in it, in seconds from the start of the utterance."""


class Take:
    """Says a script from a place on."""

    def __init__(self, script: Script, start: int, offset: float, give: Give, asked: Callable[[float], None]) -> None:
        """`offset` is how many seconds of the utterance were given before.

        `asked` is told, by `time.perf_counter`, when the voice was given something to say.
        """
        self.given = 0.0
        """Seconds of sound."""
        self._asked = asked
        self._script = script
        self._start = start
        self._offset = offset
        self._give = give
        self._words: list[Word] = []
        """All that were told, in seconds from the start of the take."""
        self._told = 0
        """How many of them were given."""
        self._held: list[Pcm] = []
        """Silence before the first sound: it is not worth hearing if nothing follows."""
        self._sounded_at: float | None = None
        """The loop's time of the last sound."""
        self._dropped = 0.0
        """Seconds of silence before the first sound that were not given."""

    @property
    def unsaid(self) -> int:
        """Where in the script the first sentence begins that was not said to its end."""
        return self._start + unsaid(self._rest, self._said())

    @property
    def _rest(self) -> str:
        return self._script.text[self._start :]

    async def run(self, voice: tts.TTS[Any], patience: float) -> None:
        """Say it to the end. Raises APIError when the voice fails or falls silent for longer than `patience`."""
        stream = voice.stream(conn_options=APIConnectOptions(max_retry=0, timeout=_CONNECTED))
        speaking = asyncio.create_task(self._speak(stream), name="take")
        feeding = asyncio.create_task(self._feed(stream), name="take's text")
        watching = asyncio.create_task(self._watch(patience), name="take's silence")
        tasks = speaking, feeding, watching
        try:
            done, _ = await asyncio.wait((speaking, watching), return_when=asyncio.FIRST_COMPLETED)
            (speaking if speaking in done else watching).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await stream.aclose()

    async def _feed(self, stream: tts.SynthesizeStream) -> None:
        async for piece in self._script.pieces(self._start):
            stream.push_text(piece)
        stream.end_input()

    async def _speak(self, stream: tts.SynthesizeStream) -> None:
        async for event in stream:
            self._take(event.frame)
        if self._sounded_at is None:
            raise APIError("the voice gave no sound")
        self._give(_NOTHING, self._due(float("inf")))

    def _take(self, frame: rtc.AudioFrame) -> None:
        pcm = pcm_of(frame)
        if is_rubbish(pcm):
            raise APIError("the voice sent what is no speech")
        # What has no end is a whole sentence, of a voice that does not time its words.
        self._words.extend(self._placed(word) for word in words_of(frame) if word.end > word.start)
        if is_audible(pcm):
            if self._sounded_at is None and USERDATA_TTS_STARTED_TIME in frame.userdata:
                self._asked(frame.userdata[USERDATA_TTS_STARTED_TIME])
            self._sounded_at = asyncio.get_running_loop().time()
        self._held.append(pcm)
        if self._sounded_at is None:
            return
        if not self.given and not self._offset:
            self._begin()
        for each in self._held:
            words = self._due(self.given + seconds(len(each)))
            self.given += seconds(len(each))
            self._give(each, words)
        self._held.clear()

    def _begin(self) -> None:
        """Drop the silence before an utterance: the callee would only wait for it. Its words move with their sound."""
        pcm = np.concatenate(self._held)
        dropped = int(audible(pcm)[0])
        self._dropped, self._held = seconds(dropped), [pcm[dropped:]]
        self._words = [self._placed(word) for word in self._words]

    def _placed(self, word: Word) -> Word:
        return Word(word.text, max(0.0, word.start - self._dropped), max(0.0, word.end - self._dropped))

    def _due(self, until: float) -> list[Word]:
        """The words that begin before so many seconds and were not given yet."""
        told = self._told
        self._told = max(told, sum(1 for word in self._words if word.start < until))
        words = self._words[told : self._told]
        return [Word(word.text, word.start + self._offset, word.end + self._offset) for word in words]

    def _said(self) -> list[str]:
        """The words whose sound was given whole."""
        if not self._words:
            return self._rest[: int(self.given * CHARACTERS_A_SECOND)].split()
        return [word.text for word in self._words if word.end <= self.given + _CLOSE]

    async def _watch(self, patience: float) -> None:
        loop = asyncio.get_running_loop()
        await self._script.until(lambda: self._script.ended or is_sayable(self._rest))
        since = loop.time()
        self._asked(time.perf_counter())
        while True:
            if self._sounded_at is not None and not self._script.ended:
                await self._script.until(lambda: self._script.ended)
                since = loop.time()
            left = max(since, self._sounded_at or since) + patience - loop.time()
            if left <= 0 and self._script.ended and self.unsaid >= len(self._script.text):
                return
            if left <= 0:
                raise APITimeoutError("the voice fell silent")
            await asyncio.sleep(left)
