"""A callee who follows the steps of a line file, sample by sample, without a clock of their own."""

import re
from collections.abc import Sequence
from typing import assert_never

from agent.rehearsal.callee import CalleeEvent
from agent.rehearsal.clips import Clips
from agent.rehearsal.listening import Listening
from agent.rehearsal.script import After, LineScript, Step
from agent.rehearsal.sending import Sending
from agent.rehearsal.turns import agent_stopped
from audio.frames import Pcm, samples
from audio.ledger import SpokenWord


class ScriptedCallee:
    """Plays a line file's steps; `agent.rehearsal.callee.Callee`."""

    def __init__(self, script: LineScript, clips: Clips, *, delay: int = 0) -> None:
        """`delay` is how many samples the agent's sound takes to the callee's ear."""
        self._script = script
        self._clips = clips
        self._ear = Listening(delay)
        self._sending = Sending(clips.backgrounds, script.noise)
        self._next = 0
        """Step that is waited for."""
        self._step_began = 0
        """Where the last step began; phrases are looked for from here on."""
        self._begun: set[int] = set()
        self._answers = 0
        """How many times an `otherwise` was said."""

    @property
    def left_at(self) -> int | None:
        """Where the callee hung up."""
        return self._sending.left_at

    @property
    def untold(self) -> tuple[Step, ...]:
        """The steps that have not begun: their trigger has not come, or the time of a later step came first."""
        return tuple(step for index, step in enumerate(self._script.callee) if index not in self._begun)

    def turn_over(self, now: int) -> bool:
        """As `Callee.turn_over`."""
        return self._sending.turn_over(now)

    def step(self, now: int, frame: Pcm, words: Sequence[SpokenWord]) -> tuple[Pcm, tuple[CalleeEvent, ...]]:
        """As `Callee.step`."""
        self._ear.take(now, frame, words)
        until = now + len(frame)
        self._sending.begin(now, len(frame))
        while self.left_at is None and self._act(now, until):
            continue
        return self._sending.take()

    def _act(self, now: int, until: int) -> bool:
        """Do the next thing whose time comes before `until`; False when there is nothing."""
        steps = self._script.callee
        for index in range(self._next, len(steps)):
            at = self._due(index)
            if at is None:
                continue
            at = max(at, now)
            if not steps[index].hang_up:
                at = max(at, self._sending.end)
            if at < until:
                self._begin(index, at)
                return True
        return self._answer(now, until)

    def _due(self, index: int) -> int | None:
        """Where step `index` begins as far as its trigger goes; None while that has not come."""
        step = self._script.callee[index]
        if step.at is not None:
            return samples(step.at)
        if index != self._next:
            return None
        wait, trigger = samples(step.waits(index == 0)), step.trigger(index == 0)
        if step.when is not None:
            heard = self._ear.find(re.compile(step.when, re.IGNORECASE), self._step_began)
            if heard is None or trigger is None:
                return None if heard is None else heard + wait
        return None if trigger is None else self._triggered(trigger, wait)

    def _triggered(self, trigger: After, wait: int) -> int | None:
        match trigger:
            case After.ANSWER:
                return wait
            case After.PREVIOUS:
                return self._sending.end + wait
            case After.AGENT_STARTS:
                begun = self._ear.begun_at
                return None if begun is None or begun < self._sending.start else begun + wait
            case After.AGENT_STOPS:
                return self._agent_stopped(wait)
            case _:
                assert_never(trigger)

    def _agent_stopped(self, wait: int) -> int | None:
        """`wait` after the end of speech that the callee would answer."""
        stopped = agent_stopped(self._ear, self._sending)
        return None if stopped is None else stopped + wait

    def _begin(self, index: int, at: int) -> None:
        """Begin step `index` at sample `at`."""
        step, clip = self._script.callee[index], self._clips.steps[index]
        self._begun.add(index)
        self._next = index + 1
        self._step_began = at
        if step.hang_up:
            self._sending.leave(at)
        elif step.noise is not None:
            self._sending.change(step.noise, at)
        elif clip is not None:
            self._sending.send(clip, at)

    def _answer(self, now: int, until: int) -> bool:
        """Say the next `otherwise` where the agent stopped and no step fits."""
        steps, answers = self._script.callee, self._clips.otherwise
        if not answers:
            return False
        if self._next < len(steps) and (steps[self._next].when is None or self._due(self._next) is not None):
            return False
        due = self._agent_stopped(samples(self._script.otherwise_wait))
        at = None if due is None else max(due, now, self._sending.end)
        if at is None or at >= until:
            return False
        self._sending.send(answers[self._answers % len(answers)], at)
        self._answers += 1
        return True
