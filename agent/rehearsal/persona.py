"""A callee whose words nobody wrote: they hear the agent, think of a reply as who they are, and say it."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from agent.rehearsal.callee import CalleeEvent
from agent.rehearsal.listening import Listening
from agent.rehearsal.mind import Speaker, Turn
from agent.rehearsal.script import Step
from agent.rehearsal.sending import Sending
from agent.rehearsal.thinking import Speak, Thinking, Thought
from agent.rehearsal.turns import agent_stopped
from agent.standins.process import StandInsFailed
from audio.frames import Pcm, samples
from audio.ledger import SpokenWord

_GREETS = samples(0.5)
"""After the answer."""
_THINKS = samples(0.4)
"""The agent has been silent for this long: thinking of an answer begins."""
_PAUSE = (0.6, 1.2)
"""Seconds of the agent's silence before a reply, drawn anew for each; a slow mind takes longer."""
_WONDERS = samples(7.0)
"""Nobody has spoken for this long: the callee may say something unasked."""
_LEAVES = samples(0.4)
"""After the last word."""


@dataclass(slots=True)
class _Pending:
    """A reply that is thought of."""

    to: int | None
    """Where the speech it answers ended; None: it answers silence."""
    due: int
    """The callee does not reply before."""
    turn: Turn
    task: "asyncio.Task[Thought]"


class PersonaCallee:
    """Converses as a mind has it; `agent.rehearsal.callee.Callee`."""

    def __init__(
        self, greeting: Thought, sending: Sending, ear: Listening, *, thinking: Thinking, speak: Speak, seed: int
    ) -> None:
        """`seed` is that of the pauses."""
        self._greeting: Thought | None = greeting
        self._sending = sending
        self._ear = ear
        self._thinking = thinking
        self._speak = speak
        self._draw = random.Random(seed)
        self._turns: list[Turn] = []
        """Taken so far."""
        self._answered = 0
        """What was heard up to here is in `_turns`."""
        self._pending: _Pending | None = None
        self._leaves_at: int | None = None

    @property
    def untold(self) -> tuple[Step, ...]:
        """None: there are no steps."""
        return ()

    def turn_over(self, now: int) -> bool:
        """As `Callee.turn_over`."""
        return self._sending.turn_over(now)

    def step(self, now: int, frame: Pcm, words: Sequence[SpokenWord]) -> tuple[Pcm, tuple[CalleeEvent, ...]]:
        """As `Callee.step`."""
        self._ear.take(now, frame, words)
        until = now + len(frame)
        self._sending.begin(now, len(frame))
        if self._sending.left_at is None:
            self._act(now, until)
        return self._sending.take()

    def _act(self, now: int, until: int) -> None:
        if self._leaves_at is not None:
            if self._leaves_at < until:
                self._sending.leave(max(self._leaves_at, now))
        elif self._greeting is not None:
            if until > _GREETS:
                self._say(self._greeting, _GREETS)
                self._greeting = None
        elif not self._thinking.failed.is_set():
            self._consider(until)
            self._reply(now, until)

    def _consider(self, until: int) -> None:
        """Begin to think of a reply where one is due; give up one to something that the agent goes on with."""
        stopped, pending = agent_stopped(self._ear, self._sending), self._pending
        if pending is not None and pending.to != stopped:
            pending.task.cancel()
            self._pending = pending = None
        if pending is not None:
            return
        if stopped is not None and stopped > self._answered:
            if until >= stopped + _THINKS:
                self._think(stopped, stopped + samples(self._draw.uniform(*_PAUSE)))
        elif until >= max(self._sending.end, self._ear.stopped_at or 0, self._answered) + _WONDERS:
            self._think(stopped, until)

    def _think(self, to: int | None, due: int) -> None:
        turn = Turn(Speaker.AGENT, self._ear.said(self._answered))
        task = self._thinking.begin((*self._turns, turn), self._speak)
        self._pending = _Pending(to, due, turn, task)

    def _reply(self, now: int, until: int) -> None:
        """Say what was thought of, once it is there and its time has come."""
        pending = self._pending
        if pending is None or not pending.task.done():
            return
        try:
            thought = pending.task.result()
        except StandInsFailed:
            return  # told to whoever watches; the call is ended from there
        at = max(pending.due, now)
        if at >= until:
            return
        self._turns.append(pending.turn)
        self._answered = at
        self._pending = None
        self._say(thought, at)

    def _say(self, thought: Thought, at: int) -> None:
        self._turns.append(Turn(Speaker.CALLEE, thought.reply.text))
        end = at
        if thought.clip is not None:
            self._sending.send(thought.clip, at)
            end = self._sending.end
        if thought.reply.hangs_up:
            self._leaves_at = end + _LEAVES
