"""An honest stand-in recogniser, without I/O: it knows what the callee says, and reports only what it received.

A word is reported if sound for its time came in; its marks are in host time, so the audio of a socket is laid on the
host's clock first (`Hearing`). A recogniser that connects again in the middle of a call is therefore still right.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.standins.config import Errors, Latencies
from agent.standins.speech import Mark

BLOCK = 0.01
"""Seconds whose level is measured at once."""
_GAP = 0.3
"""Seconds by which audio may be late before it counts as a new stretch."""
_SAME = 0.03
"""Seconds within which two stretches are one."""
_SETTLING = 0.2
"""Seconds in which nothing is decided: after the beginning of a stretch, and while what was held back comes in."""
_KEPT = 30.0
"""Seconds of levels kept."""
AUDIBLE = -50.0
"""dBFS below which nothing is recognised."""
_ABOVE_NOISE = 3.0
"""dB that a word's loudest moment must be above the noise."""
_ABANDONED = 1.0
"""Seconds after a word without a follower at which a stretch without a marked end is over."""
_STARTED = 0.1
"""Seconds of speech before it is said to have started."""
_WRONG = ("and", "the", "was", "four", "sand", "lane", "mole", "tin", "hat", "rain", "bell", "cork")


class Hearing:
    """Levels of the audio received, on the host's clock.

    Audio is made in real time, so no moment of it can be later than the arrival of any later moment allows: the
    smallest delay seen in a stretch is taken for all of it. Bursts after a stall or a reconnection thus fall into
    place.
    """

    def __init__(self, rate: int) -> None:
        self._size = round(rate * BLOCK)
        self._rest = np.zeros(0, dtype=np.int16)
        self._levels: list[float] = []
        self._dropped = 0
        self._runs: list[tuple[int, float]] = []
        """First block of each stretch, and what to add to stream time there for host time."""
        self._settled = -math.inf
        """When the newest stretch may be trusted: until then what was held back may still be coming in."""

    @property
    def position(self) -> float:
        """Stream time: seconds of audio received."""
        return (self._dropped + len(self._levels)) * BLOCK

    def feed(self, data: bytes, now: float) -> None:
        """Take linear16 audio that arrived at `now`."""
        audio = np.concatenate([self._rest, np.frombuffer(data[: len(data) // 2 * 2], dtype=np.int16)])
        blocks = len(audio) // self._size
        self._rest = audio[blocks * self._size :]
        before = self._dropped + len(self._levels)
        for block in audio[: blocks * self._size].astype(np.float64).reshape(blocks, self._size):
            self._levels.append(10 * math.log10(max(float(np.mean(np.square(block))), 1e-3) / 32768**2))
        offset = now - self.position
        if not self._runs or offset > self._runs[-1][1] + _GAP:
            self._runs.append((before, offset))
            self._settled = now + _SETTLING
        elif offset < self._runs[-1][1]:
            self._runs[-1] = (self._runs[-1][0], offset)
            if len(self._runs) > 1 and offset < self._runs[-2][1] + _SAME:
                self._runs.pop()  # it was late, and nothing is missing
            if now < self._settled:  # it comes faster than it was made: more is held back
                self._settled = now + _SETTLING
        excess = len(self._levels) - round(_KEPT / BLOCK)
        if excess > 0:
            del self._levels[:excess]
            self._dropped += excess

    def settled(self, now: float) -> bool:
        """Whether no audio is known to be held back."""
        return now >= self._settled

    def settle(self) -> None:
        """Nothing is held back, says whoever sends."""
        self._settled = -math.inf

    def forget(self) -> None:
        """What came in so far counts for nothing."""
        self._dropped += len(self._levels)
        self._levels.clear()
        self._runs.clear()

    def heard_until(self, now: float) -> float:
        """Host time of the newest sample; minus infinity while that cannot be told."""
        return self.position + self._runs[-1][1] if self._runs and self.settled(now) else -math.inf

    def stream_time(self, host: float) -> float:
        """Where in the stream a moment of the host is."""
        return min(max(host - self._run_at(host)[1], 0.0), self.position)

    def host_time(self, stream: float) -> float:
        """When a moment of the stream arrived on the host's clock."""
        block = round(stream / BLOCK)
        return stream + next((offset for first, offset in reversed(self._runs) if first <= block), 0.0)

    def since(self, block: int) -> tuple[int, Sequence[float]]:
        """The levels in dBFS from a block of the stream on, and the number of the first that is still kept."""
        first = max(block, self._dropped)
        return first, self._levels[first - self._dropped :]

    def loudest(self, start: float, end: float) -> float | None:
        """Highest level in dBFS between two moments of the host; None if less than half of it was received."""
        first_block, offset = self._run_at(end)
        begin = round((start - offset) / BLOCK)
        until = max(round((end - offset) / BLOCK), begin + 1)
        low = max(begin, first_block, self._dropped)
        high = min(until, self._dropped + len(self._levels))
        if high - low < (until - begin) / 2 or high <= low:
            return None
        return max(self._levels[low - self._dropped : high - self._dropped])

    def noise(self) -> float:
        """Level of the background in dBFS: what nine tenths of the last seconds exceed."""
        return float(np.percentile(self._levels[-1000:], 10)) if self._levels else -120.0

    def _run_at(self, host: float) -> tuple[int, float]:
        for first, offset in reversed(self._runs):
            if first * BLOCK + offset <= host:
                return first, offset
        return self._runs[0] if self._runs else (0, host)


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as the recogniser understood it."""

    text: str
    """With its punctuation."""
    start: float
    """Stream seconds."""
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Started:
    """The callee began to speak."""

    at: float
    """Stream seconds."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was said in this stretch so far."""

    words: tuple[HeardWord, ...]
    final: bool
    flushed: bool = False
    """Final because the client asked for it."""


class Recogniser:
    """One connection: marks and audio in, results out; the caller keeps the time."""

    def __init__(self, hearing: Hearing, latency: Latencies, errors: Errors) -> None:
        self._hearing = hearing
        self._interim = latency.stt_interim_ms / 1000
        self._final = latency.stt_final_ms / 1000
        self._errors = errors
        self._waiting: list[tuple[int, Mark]] = []
        self._stretch: list[HeardWord] = []
        self._ending: float | None = None
        """Host time at which the stretch's final result is due."""
        self._until = math.inf
        """Host time from which on a word belongs to the next stretch."""
        self._started = False

    def mark(self, marks: Sequence[tuple[int, Mark]]) -> None:
        """The callee says these words, each with its number in the call."""
        self._waiting.extend(marks)

    def due(self, now: float) -> list[Started | Result]:
        """What is to be reported at `now`."""
        out: list[Started | Result] = []
        while self._waiting:
            number, mark = self._waiting[0]
            if self._ending is not None and mark.start > self._until:
                if now < self._ending:
                    break
                out.extend(self._finish())
            out.extend(self._start(mark, now))
            if now < mark.end + self._patience(mark) or self._hearing.heard_until(now) < mark.end:
                break
            del self._waiting[0]
            out.extend(self._hear(number, mark))
        if self._ending is not None and now >= self._ending and self._hearing.settled(now):
            out.extend(self._finish())
        return out

    def next_at(self, now: float) -> float:
        """When `due` may have something to say, if nothing comes in before; never later than a second."""
        times = [now + 1.0]
        if self._ending is not None:
            times.append(self._ending)
        if self._waiting:
            mark = self._waiting[0][1]
            times.append(mark.end + self._patience(mark))
            if not self._started:
                times.append(mark.start + _STARTED)
        later = [time for time in times if time > now]
        return min(later)

    def flush(self) -> list[Started | Result]:
        """The final result of what was heard so far."""
        return [Result(tuple(words), final=True, flushed=True) for words in [self._take()] if words]

    def _patience(self, mark: Mark) -> float:
        """The last word of a stretch is reported with the final result, unless the interim is quicker."""
        return min(self._interim, self._final) if mark.last else self._interim

    def _start(self, mark: Mark, now: float) -> list[Started | Result]:
        moment = min(mark.start + _STARTED, mark.end)
        if self._started or now < moment or self._hearing.heard_until(now) < moment:
            return []
        if not self._audible(mark.start, moment):
            return []
        self._started = True
        return [Started(self._hearing.stream_time(mark.start))]

    def _hear(self, number: int, mark: Mark) -> list[Started | Result]:
        self._until = mark.end + (0.0 if mark.last else _ABANDONED)
        self._ending = mark.end + (self._final if mark.last else _ABANDONED)
        if not self._audible(mark.start, mark.end):
            return []
        self._stretch.append(self._understood(number, mark))
        if mark.last and self._final <= self._interim:
            return []
        return [Result(tuple(self._stretch), final=False)]

    def _audible(self, start: float, end: float) -> bool:
        level = self._hearing.loudest(start, end)
        return level is not None and level > max(AUDIBLE, self._hearing.noise() + _ABOVE_NOISE)

    def _understood(self, number: int, mark: Mark) -> HeardWord:
        begin, end = self._hearing.stream_time(mark.start), self._hearing.stream_time(mark.end)
        return understood(mark.text, begin, end, self._errors, str(number))

    def _finish(self) -> list[Started | Result]:
        return [Result(tuple(words), final=True) for words in [self._take()] if words]

    def _take(self) -> list[HeardWord]:
        words, self._stretch, self._ending, self._started = self._stretch, [], None, False
        return words


def understood(text: str, start: float, end: float, errors: Errors, number: str) -> HeardWord:
    """A word as it is understood; `number`, its own in the call, decides whether wrongly."""
    draw = random.Random(f"{errors.seed} {number}")
    wrong = draw.random() < errors.words
    heard = _mistaken(text, draw) if wrong else text
    confidence = round(draw.uniform(0.35, 0.6) if wrong else draw.uniform(0.92, 0.99), 3)
    return HeardWord(heard, round(start, 3), round(end, 3), confidence)


def _mistaken(word: str, draw: random.Random) -> str:
    """Another word, with the punctuation of the right one."""
    tail = word[len(word.rstrip(".,;:!?…")) :]
    return draw.choice([wrong for wrong in _WRONG if wrong != word.rstrip(".,;:!?…").casefold()]) + tail
