"""What the stand-in recogniser makes of a voice that nobody announced, without I/O: plausible words at honest times.

On a real phone there are no marks. A stretch of voice then becomes words that fit its length in the call's language;
that there was voice, when it began and when it ended is what the audio says. Where marks tell the words, nothing is
made up. Of a scripted callee's line only that is said, for recognisers that tell of a voice they do not understand.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from agent.standins.config import Errors, Latencies
from agent.standins.phrases import phrases
from agent.standins.recogniser import AUDIBLE, BLOCK, HeardWord, Hearing, Result, Started, understood
from agent.standins.speech import Mark

_VOICED = 0.2
"""Seconds of voice without which a sound is none."""
_PAUSE = 0.25
"""Seconds of silence that end a stretch."""
_LENGTHS = (_VOICED, 0.7, 1.5)
"""Seconds from which a stretch has the first, the second and the third sentence."""
_REMEMBERED = 100
"""Marks kept."""
_ABOVE_NOISE = 10.0
"""dB above the background that count as voice."""
_PLAIN = -35.0
"""dBFS above which a sound is voice whatever the background."""


@dataclass(slots=True)
class _Stretch:
    """Voice without a pause, in blocks of the stream."""

    number: int
    """Of the stretches of this connection."""
    first: int
    end: int
    """Behind the last voiced block."""
    voiced: int = 0
    over: bool = False
    started: bool = False
    """It was said that there is speech."""
    told: int = 0
    """Interim results sent of it."""
    finished: bool = False
    """Its final result was sent."""

    @property
    def counts(self) -> bool:
        """Whether it is speech, not a click or a cough."""
        return self.voiced * BLOCK > _VOICED - BLOCK / 2

    @property
    def length(self) -> float:
        """Seconds."""
        return (self.end - self.first) * BLOCK


class Unscripted:
    """One connection: audio in, results out; the caller keeps the time."""

    def __init__(self, hearing: Hearing, latency: Latencies, errors: Errors, language: str | None) -> None:
        """`language` is that of the words, BCP 47; None: there are none."""
        self._hearing = hearing
        self._interim = latency.stt_interim_ms / 1000
        self._final = latency.stt_final_ms / 1000
        self._errors = errors
        self._sentences = tuple(sentence.split() for sentence in phrases(language).assents) if language else ()
        self._stretches: list[_Stretch] = []
        """Those without a final result, in order; only the last may not be over."""
        self._count = 0
        self._block = 0
        """Of the stream, the next to be looked at."""
        self._marked: list[tuple[float, float]] = []
        """Host times of the words that marks tell."""

    def mark(self, marks: Sequence[tuple[int, Mark]]) -> None:
        """These words are known: the voice at their time is left to them."""
        self._marked = [*self._marked, *((mark.start, mark.end) for _, mark in marks)][-_REMEMBERED:]

    def due(self, now: float) -> list[Started | Result]:
        """What is to be reported at `now`."""
        self._listen()
        out: list[Started | Result] = []
        for stretch in self._stretches:
            out.extend(self._report(stretch, now))
        self._stretches = [stretch for stretch in self._stretches if not stretch.finished]
        return out

    def next_at(self, now: float) -> float:
        """When `due` may have something to say, if nothing comes in before; never later than a second."""
        times = [self._final_at(stretch) for stretch in self._stretches if stretch.over]
        times += [self._interim_at(stretch) for stretch in self._stretches]
        return min((time for time in times if now < time < now + 1.0), default=now + 1.0)

    def flush(self) -> list[Started | Result]:
        """The final result of what was heard so far."""
        self._listen()
        heard = [stretch for stretch in self._stretches if stretch.counts and not self._told_by_marks(stretch)]
        self._stretches = []
        return [self._result(stretch, len(_LENGTHS), final=True, flushed=True) for stretch in heard]

    def _listen(self) -> None:
        """Find the voice in the audio that came in."""
        first, levels = self._hearing.since(self._block)
        self._block = first + len(levels)
        threshold = max(AUDIBLE, min(self._hearing.noise() + _ABOVE_NOISE, _PLAIN))
        for block, level in enumerate(levels, start=first):
            latest = self._stretches[-1] if self._stretches and not self._stretches[-1].over else None
            if level > threshold:
                if latest is None:
                    self._count += 1
                    latest = _Stretch(self._count, block, block)
                    self._stretches.append(latest)
                latest.voiced += 1
                latest.end = block + 1
            elif latest is not None and (block + 1 - latest.end) * BLOCK > _PAUSE - BLOCK / 2:
                latest.over = True

    def _report(self, stretch: _Stretch, now: float) -> list[Started | Result]:
        if not stretch.counts or self._told_by_marks(stretch):
            stretch.finished = stretch.over
            return []
        out: list[Started | Result] = []
        if not stretch.started:
            stretch.started = True
            out.append(Started(stretch.first * BLOCK))
        if stretch.over and now >= self._final_at(stretch):
            stretch.finished = True
            out.append(self._result(stretch, len(_LENGTHS), final=True))
        elif now >= self._interim_at(stretch):
            out.append(self._result(stretch, stretch.told, final=False))
            stretch.told += 1
        return out

    def _final_at(self, stretch: _Stretch) -> float:
        return self._hearing.host_time(stretch.end * BLOCK) + self._final

    def _interim_at(self, stretch: _Stretch) -> float:
        """When the next longer sentence has been heard, if the voice has gone on so long."""
        if not self._sentences or stretch.told == len(_LENGTHS) or stretch.length < _LENGTHS[stretch.told]:
            return math.inf
        return self._hearing.host_time(stretch.first * BLOCK + _LENGTHS[stretch.told]) + self._interim

    def _result(self, stretch: _Stretch, most: int, *, final: bool, flushed: bool = False) -> Result:
        """The sentence of the stretch's length, no longer than the one numbered `most`."""
        if not self._sentences:
            return Result((), final=final, flushed=flushed)
        index = min(sum(stretch.length >= longer for longer in _LENGTHS[1:]), most)
        start, end = stretch.first * BLOCK, stretch.end * BLOCK
        if not final:
            end = start + _LENGTHS[index]
        return Result(self._spread(self._sentences[index], start, end, stretch.number), final=final, flushed=flushed)

    def _spread(self, words: Sequence[str], start: float, end: float, number: int) -> tuple[HeardWord, ...]:
        """The words over the time of the voice, each as long as its letters."""
        letters = sum(len(word) for word in words)
        ends = [start + (end - start) * said / letters for said in accumulate(len(word) for word in words)]
        return tuple(
            understood(word, begin, until, self._errors, f"{number}.{index}")
            for index, (word, begin, until) in enumerate(zip(words, [start, *ends], ends, strict=False))
        )

    def _told_by_marks(self, stretch: _Stretch) -> bool:
        start, end = self._hearing.host_time(stretch.first * BLOCK), self._hearing.host_time(stretch.end * BLOCK)
        return any(begin < end and start < until for begin, until in self._marked)
