"""The callee of a rehearsal: follows the script sample by sample, without a clock of their own.

`step` is called once a frame with what reached the callee's ear during it, and gives what the callee sent meanwhile.
Positions are samples since the answer, on the callee's side of the network.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from agent.line import SpokenWord
from agent.rehearsal.clips import Clip, Clips, PlacedWord
from agent.rehearsal.listening import Listening
from agent.rehearsal.script import After, LineScript, Step
from audio.frames import Pcm, samples, silence
from audio.noise import Loop

_OVERHANG = samples(0.6)
"""Speech that was already under way when the callee began is theirs to answer if it outlasts them by this."""
_DEFAULT_WAIT = {After.ANSWER: 0.5, After.AGENT_STARTS: 1.0, After.AGENT_STOPS: 0.8, After.PREVIOUS: 0.5}
"""Seconds."""
_NOTHING = Clip(silence(0))


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """A stretch of the callee's speech begins: all its words, placed on the callee's clock."""

    words: tuple[PlacedWord, ...]


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The callee pressed a key."""

    at: int
    digit: str


@dataclass(frozen=True, slots=True)
class Left:
    """The callee hung up; nothing but silence follows."""

    at: int


CalleeEvent = SpeechBegan | KeyPressed | Left


@dataclass(frozen=True, slots=True)
class _Sending:
    """A clip on its way out."""

    clip: Clip
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.clip.pcm)


class Callee:
    """Plays a line file's callee."""

    def __init__(self, script: LineScript, clips: Clips, *, delay: int = 0) -> None:
        """`delay` is how many samples the agent's sound takes to the callee's ear."""
        self._script = script
        self._clips = clips
        self._ear = Listening(delay)
        self._next = 0
        """Step that is waited for."""
        self._step_began = 0
        """Where the last step began; phrases are looked for from here on."""
        self._last = _Sending(_NOTHING, 0)
        """What the callee does, or did last."""
        self._begun: set[int] = set()
        self._answers = 0
        """How many times an `otherwise` was said."""
        self._background = Loop(clips.backgrounds[script.noise])
        self._left_at: int | None = None

    @property
    def left_at(self) -> int | None:
        """Where the callee hung up."""
        return self._left_at

    @property
    def untold(self) -> tuple[Step, ...]:
        """The steps that have not begun: their trigger has not come, or the time of a later step came first."""
        return tuple(step for index, step in enumerate(self._script.callee) if index not in self._begun)

    def turn_over(self, now: int) -> bool:
        """Whether at sample `now` the callee has nothing more to say in their present turn."""
        words = self._last.clip.words
        return self._left_at is not None or not words or now >= self._last.start + words[-1].end

    def step(self, now: int, frame: Pcm, words: Sequence[SpokenWord]) -> tuple[Pcm, tuple[CalleeEvent, ...]]:
        """Live through the frame that begins at sample `now`.

        `frame` is what reached the ear meanwhile, `words` every word of the agent's so far, placed where the agent
        said it. Returns as many samples as `frame` has, and what began in them.
        """
        self._ear.take(now, frame, words)
        until = now + len(frame)
        sent = self._background.take(len(frame)) if self._left_at is None else silence(len(frame))
        events: list[CalleeEvent] = []
        events += self._send(sent, now, until)
        while self._left_at is None and (began := self._fire(now, until, sent)) is not None:
            events += self._send(sent, began, until)
        if self._left_at is not None and now <= self._left_at < until:
            sent[self._left_at - now :] = 0
            events.append(Left(self._left_at))
        return sent, tuple(events)

    def _send(self, sent: Pcm, now: int, until: int) -> list[CalleeEvent]:
        """Mix what the present clip has between `now` and `until` into the frame that ends there."""
        clip, start = self._last.clip, self._last.start
        first, end = max(now, start), min(until, self._last.end)
        if first >= end:
            return []
        offset = len(sent) - until
        _add(sent[first + offset : end + offset], clip.pcm[first - start : end - start])
        stretches = [words for words in _stretches(clip.words) if first <= words[0].start + start < end]
        events: list[CalleeEvent] = [
            SpeechBegan(tuple(PlacedWord(w.text, w.start + start, w.end + start, w.last) for w in words))
            for words in stretches
        ]
        return events + [KeyPressed(k.start + start, k.digit) for k in clip.keys if first <= k.start + start < end]

    def _fire(self, now: int, until: int, sent: Pcm) -> int | None:
        """Do the next thing whose time comes before `until`; returns where, None when there is nothing."""
        steps = self._script.callee
        for index in range(self._next, len(steps)):
            at = self._due(index)
            if at is None:
                continue
            at = max(at, now)
            if not steps[index].hang_up:
                at = max(at, self._last.end)
            if at < until:
                self._begin(index, at, sent[len(sent) - (until - at) :])
                return at
        return self._answer(now, until)

    def _due(self, index: int) -> int | None:
        """Where step `index` begins as far as its trigger goes; None while that has not come."""
        step = self._script.callee[index]
        if step.at is not None:
            return samples(step.at)
        if index != self._next:
            return None
        if step.when is None:
            return self._triggered(step, step.after or (After.AGENT_STOPS if index else After.ANSWER))
        heard = self._ear.find(re.compile(step.when, re.IGNORECASE), self._step_began)
        if heard is None or step.after is None:
            return None if heard is None else heard + samples(step.wait or 0.0)
        return self._triggered(step, step.after)

    def _triggered(self, step: Step, trigger: After) -> int | None:
        wait = samples(_DEFAULT_WAIT[trigger] if step.wait is None else step.wait)
        match trigger:
            case After.ANSWER:
                return wait
            case After.PREVIOUS:
                return self._last.end + wait
            case After.AGENT_STARTS:
                begun = self._ear.begun_at
                return None if begun is None or begun < self._last.start else begun + wait
            case After.AGENT_STOPS:
                return self._agent_stopped(wait)
            case _:
                assert_never(trigger)

    def _agent_stopped(self, wait: int) -> int | None:
        """`wait` after the end of speech that the callee would answer: not a rest of what they interrupted."""
        begun, stopped = self._ear.begun_at, self._ear.stopped_at
        if begun is None or stopped is None or stopped <= self._last.end:
            return None
        if begun < self._last.start and stopped < self._last.end + _OVERHANG:
            return None
        return stopped + wait

    def _begin(self, index: int, at: int, rest: Pcm) -> None:
        """Begin step `index` at sample `at`; `rest` is what is left of the frame from there."""
        step, clip = self._script.callee[index], self._clips.steps[index]
        self._begun.add(index)
        self._next = index + 1
        self._step_began = at
        self._last = _Sending(clip or _NOTHING, at)
        if step.hang_up:
            self._left_at = at
        elif step.noise is not None:
            self._background = Loop(self._clips.backgrounds[step.noise])
            rest[:] = self._background.take(len(rest))

    def _answer(self, now: int, until: int) -> int | None:
        """Say the next `otherwise` where the agent stopped and no step fits."""
        steps, answers = self._script.callee, self._clips.otherwise
        if not answers:
            return None
        if self._next < len(steps) and (steps[self._next].when is None or self._due(self._next) is not None):
            return None
        due = self._agent_stopped(samples(self._script.otherwise_wait))
        at = None if due is None else max(due, now, self._last.end)
        if at is None or at >= until:
            return None
        self._last = _Sending(answers[self._answers % len(answers)], at)
        self._answers += 1
        return at


def _stretches(words: Sequence[PlacedWord]) -> list[tuple[PlacedWord, ...]]:
    found: list[tuple[PlacedWord, ...]] = []
    begun = 0
    for index, word in enumerate(words):
        if word.last:
            found.append(tuple(words[begun : index + 1]))
            begun = index + 1
    return found


def _add(target: Pcm, pcm: Pcm) -> None:
    target[:] = np.clip(target.astype(np.int32) + pcm, -32768, 32767)
