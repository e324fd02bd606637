"""What the stand-in voices share: texts of one context in, paced pieces of audio on one clock out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from agent.standins.espeak import Utterance
from agent.standins.resample import resampled
from agent.standins.speech import Speech, TimedWord
from agent.standins.voices import Voices
from audio.frames import RATE, Pcm

PIECE = 0.1
"""Seconds of audio in one piece."""
PACE = 8.0
"""How much faster than real time pieces are sent."""
_PAUSES = {".": 0.3, "!": 0.3, "?": 0.3, "…": 0.3, ",": 0.12, ";": 0.15, ":": 0.15}
"""Seconds of silence after a text that ends so, when more follows in its context."""
_SENTENCE_ENDS = (".", "!", "?", "…", ":", ";")
_LONGEST_HELD = 120
"""Characters after which a text is spoken although its sentence is not whole."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a context's audio."""

    pcm: Pcm
    """At the rate that the client asked for."""
    words: tuple[TimedWord, ...]
    """Those that begin in this piece, in seconds from the start of the context."""
    stray: bytes = b""
    """Bytes after the samples that belong to none."""

    @property
    def data(self) -> bytes:
        """As it is sent."""
        return self.pcm.tobytes() + self.stray


@dataclass(frozen=True, slots=True)
class Manner:
    """How a context speaks."""

    utterance: Utterance
    """With any text."""
    rate: int
    """Samples a second."""
    latency: float
    """Seconds from a text to its first audio."""

    def at(self, speed: float) -> "Manner":
        """The same at another speed."""
        return replace(self, utterance=replace(self.utterance, speed=speed))

    def utter(self, text: str, language: str | None = None) -> Utterance:
        """This text, in this manner."""
        return replace(self.utterance, text=text, language=language or self.utterance.language)


def pieces(speech: Speech, start: float, rate: int) -> Iterator[Piece]:
    """`speech` cut up, its words shifted by `start`; every word is in exactly one piece."""
    pcm = resampled(speech.pcm, RATE, rate)
    step = round(PIECE * rate)
    cuts = range(0, len(pcm), step)
    for cut in cuts:
        until = (cut + step) / rate if cut != cuts[-1] else float("inf")
        words = (word.later(start) for word in speech.words if cut / rate <= word.start < until)
        yield Piece(pcm[cut : cut + step], tuple(words))


class Context:
    """One utterance in the making: texts are spoken in the order in which they come."""

    def __init__(self, voices: Voices, manner: Manner, emit: Callable[[Piece], Awaitable[None]]) -> None:
        self._voices = voices
        self._manner = manner
        self._emit = emit
        self._held = ""
        self._texts: asyncio.Queue[tuple[str, float] | None] = asyncio.Queue()

    def say(self, text: str) -> None:
        """Append a text, held back until a sentence is whole, as a voice does that is given word by word."""
        self._held += text
        if self._held.rstrip().endswith(_SENTENCE_ENDS) or len(self._held) >= _LONGEST_HELD:
            self.flush()

    def flush(self) -> None:
        """Speak what is held back."""
        if self._held.strip():
            self._texts.put_nowait((self._held, asyncio.get_running_loop().time()))
        self._held = ""

    def finish(self) -> None:
        """Speak what is held back; no more texts follow."""
        self.flush()
        self._texts.put_nowait(None)

    async def run(self) -> None:
        """Speak until `finish`; returns when the last piece was emitted."""
        loop = asyncio.get_running_loop()
        clock = 0.0
        before = ""
        async for text, arrived in self._pending():
            speech = await self._voices.say(self._manner.utter(text))
            if not speech.words:
                continue
            if before:
                speech = speech.after(_PAUSES.get(before[-1], 0.02))
            await asyncio.sleep(arrived + self._manner.latency - loop.time())
            due = loop.time()
            for piece in pieces(speech, clock, self._manner.rate):
                await asyncio.sleep(due - loop.time())
                await self._emit(piece)
                due += PIECE / PACE
            clock += speech.length
            before = text.rstrip().rstrip("\"'»”’)")

    async def _pending(self) -> AsyncIterator[tuple[str, float]]:
        while (item := await self._texts.get()) is not None:
            yield item
