"""The simulated line: an `agent.line.Line` that rings, answers and talks after a line file.

At tick k the callee lives through frame k - 1, which the worker then hears, and the worker is asked for frame k. So
sample n of either direction was on the line n samples after the answer, wherever the host was late.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import assert_never

import numpy as np

from agent.line import Answered, Dropped, HungUp, Leg, LineEvent, Pressed, Rang, Refused
from agent.rehearsal.callee import CalleeEvent, KeyPressed, Left, SpeechBegan
from agent.rehearsal.casting import Cast, cast
from agent.rehearsal.clips import PlacedWord
from agent.rehearsal.clock import Clock, HostClock
from agent.rehearsal.echo import Speakerphone
from agent.rehearsal.network import Delay, Path, hiss
from agent.rehearsal.rendering import Voice
from agent.rehearsal.script import Answer, LineScript, Step
from agent.rehearsal.thinking import Thinking
from agent.standins.speech import Mark, Pause
from audio.frames import FRAME, RATE, Pcm, silence

_log = logging.getLogger(__name__)

_LONG = 15.0
"""Seconds of ringing after which 480 means that nobody came to the phone, not that the phone was away."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The same stretch of a call from both ends: 24 kHz from the answer on, equally long."""

    callee: Pcm
    agent: Pcm


@dataclass(frozen=True, slots=True)
class _Refusal:
    dial_error: str
    sip_code: int | None
    sip_text: str


_REFUSALS = {
    Answer.BUSY: _Refusal("busy", 486, "Busy Here"),
    Answer.DECLINES: _Refusal("busy", 603, "Decline"),
    Answer.NOT_FOUND: _Refusal("number_non_attributed", 404, "Not Found"),
    Answer.UNAVAILABLE: _Refusal("temporarily_unavailable", 480, "Temporarily Unavailable"),
    Answer.NO_ANSWER: _Refusal("no_answer", None, "sip request timed out"),
}
_WITHDRAWN = _Refusal("no_answer", 487, "Request Terminated")


class Takes:
    """What each side sent and heard, kept to the sample."""

    def __init__(self) -> None:
        self._said: tuple[list[Pcm], list[Pcm]] = ([], [])
        self._heard: tuple[list[Pcm], list[Pcm]] = ([], [])

    def keep(self, *, said: tuple[Pcm, Pcm], heard: tuple[Pcm, Pcm]) -> None:
        """One frame of each: the callee's first, then the agent's."""
        for side in (0, 1):
            self._said[side].append(said[side])
            self._heard[side].append(heard[side])

    @property
    def said(self) -> Sides:
        """What each side sent."""
        return _sides(self._said)

    @property
    def heard(self) -> Sides:
        """What reached each side's ear."""
        return _sides(self._heard)


def _sides(frames: tuple[list[Pcm], list[Pcm]]) -> Sides:
    callee, agent = (np.concatenate([silence(0), *side]) for side in frames)
    return Sides(callee, agent)


class _Talk:
    """An answered call: both directions, one tick at a time."""

    def __init__(self, script: LineScript, bring: Cast, leg: Leg, answered_at: float) -> None:
        self.answered_at = answered_at
        self.takes = Takes()
        self.to_agent = Path(script.network, name="to agent", noise_dbfs=script.network.noise_dbfs)
        self._to_callee = Path(script.network, name="to callee", noise_dbfs=None)
        self._speakerphone = None if script.network.echo is None else Speakerphone(script.network.echo)
        self._voice = Delay(self._to_callee.delay)
        """The agent's voice on its way to the callee, who tells it from all other sound."""
        self.callee = bring(self._to_callee.delay)
        self._leg = leg
        self._spoken: Pcm | None = None
        """The agent's frame that is on the line now; None before the first."""
        self.position = 0
        """Samples both sides have lived through."""
        self.stretches = 0
        """Of the callee's speech, begun so far."""

    def tick(self) -> tuple[CalleeEvent, ...]:
        """Let both sides live through the last frame, then take the agent's next."""
        events = self._live(self._spoken) if self._spoken is not None else ()
        self._spoken = self._leg.speak()
        return events

    def _live(self, spoken: Pcm) -> tuple[CalleeEvent, ...]:
        reached = self._to_callee.carry(spoken)
        voice = self._voice.carry(self._leg.voice())
        said, events = self.callee.step(self.position, voice, self._leg.spoken())
        taken = said if self._speakerphone is None else self._speakerphone.add(said, reached)
        heard = self.to_agent.carry(taken)
        self._leg.hear(heard)
        self.takes.keep(said=(said, spoken), heard=(reached, heard))
        self.position += FRAME
        return events

    @property
    def due_at(self) -> float:
        """Host time of the next tick."""
        return self.answered_at + (self.position + (0 if self._spoken is None else FRAME)) / RATE

    def arrival(self, sent: int) -> float:
        """Host time at which sample `sent` of the callee's reaches the worker."""
        return self.answered_at + (sent + self.to_agent.delay) / RATE

    def mark(self, word: PlacedWord) -> Mark:
        """A word of the callee's as the recogniser is told of it."""
        return Mark(word.text, self.arrival(word.start), self.arrival(word.end), word.last)

    def echoed(self) -> list[Mark]:
        """Words of the agent's that come back, as the recogniser is told of them."""
        if self._speakerphone is None:
            return []
        delay = self._to_callee.delay + self._speakerphone.delay
        words = self._speakerphone.new_words(self._leg.spoken())
        return [self.mark(PlacedWord(word.text, word.start + delay, word.end + delay, last=True)) for word in words]

    def run_out(self) -> None:
        """Let the callee hear what was on its way when the worker hung up; the worker hears nothing more."""
        spoken = silence() if self._spoken is None else self._spoken
        for frame in (spoken, *repeat(silence(), -(-self._to_callee.delay // FRAME))):
            self.takes.keep(said=(silence(), frame), heard=(self._to_callee.carry(frame), silence()))


class SimulatedLine:
    """A line for one call; `agent.line.Line`."""

    def __init__(
        self,
        script: LineScript,
        *,
        language: str,
        voice: Voice,
        mark: Callable[[Sequence[Mark]], None],
        ringing_timeout: float,
        clock: Clock | None = None,
        thinking: Thinking | None = None,
    ) -> None:
        """`language` is the attempt's; `mark` is told each stretch of the callee's speech as it begins.

        `ringing_timeout` is in seconds. `mark` must not block: it is called between two frames. `thinking` is that of
        a callee with a persona.
        """
        self.script = script
        self._language = language
        self._voice = voice
        self._mark = mark
        self._ringing_timeout = ringing_timeout
        self._clock = clock or HostClock()
        self._thinking = thinking
        self._cast: Cast | None = None
        self._withdrawn = False
        self._task: asyncio.Task[None] | None = None
        """Rings, then ticks."""
        self._talk: _Talk | None = None

    @property
    def said(self) -> Sides:
        """What each side sent, from the answer on."""
        return self._talk.takes.said if self._talk else Takes().said

    @property
    def heard(self) -> Sides:
        """What reached each side's ear; at the end what was still under way to the callee."""
        return self._talk.takes.heard if self._talk else Takes().heard

    @property
    def untold(self) -> tuple[Step, ...]:
        """The callee's steps that have not begun."""
        return self._talk.callee.untold if self._talk else self.script.callee

    def pause(self) -> Pause:
        """What there is to know of the callee's present silence: what the stand-in judge asks."""
        talk = self._talk
        return Pause(0, over=True) if talk is None else Pause(talk.stretches, talk.callee.turn_over(talk.position))

    @property
    def latency(self) -> float:
        """None: the moments of a rehearsal are the line's own."""
        return 0.0

    async def prepare(self) -> None:
        """Make the callee ready; `dial` does it otherwise, before it rings."""
        if self._cast is None:
            self._cast = await cast(self.script, self._language, self._voice, self._thinking)
            if self.script.network.noise_dbfs is not None:
                await asyncio.to_thread(hiss, self.script.network.noise_dbfs, self.script.network.seed)

    async def dial(self, leg: Leg, notify: Callable[[LineEvent], None]) -> None:
        """As `Line.dial`. What `voice` raises is raised before anything rings."""
        await self.prepare()
        assert self._cast is not None
        refusal = await self._ring(notify)
        at = self._clock.now()
        if refusal is not None:
            notify(Refused(at, refusal.dial_error, refusal.sip_code, refusal.sip_text))
            return
        self._talk = talk = _Talk(self.script, self._cast, leg, at)
        notify(Answered(at))
        if not self._withdrawn:
            self._task = asyncio.create_task(self._run(talk, notify), name="simulated line")
            self._task.add_done_callback(lambda task: _report_failure(task, self._clock, notify))

    async def _ring(self, notify: Callable[[LineEvent], None]) -> _Refusal | None:
        """Ring as long as the script and the worker's patience have it; None when the callee picks up."""
        unanswered = self.script.answer is Answer.NO_ANSWER or self.script.ring >= self._ringing_timeout
        seconds = self._ringing_timeout if unanswered else self.script.ring
        answer = Answer.NO_ANSWER if unanswered else self.script.answer
        if seconds and not self._withdrawn:
            began = self._clock.now()
            notify(Rang(began))
            self._task = asyncio.create_task(self._clock.sleep_until(began + seconds), name="simulated ringing")
            try:
                await asyncio.wait([self._task])
            finally:
                self._task.cancel()
        if self._withdrawn:
            return _WITHDRAWN
        return None if answer is Answer.PICKS_UP else _refusal(answer, seconds)

    async def _run(self, talk: _Talk, notify: Callable[[LineEvent], None]) -> None:
        """Tick until the callee is gone. A tick that comes late is made up for, none is left out."""
        arriving: list[tuple[int, LineEvent]] = []
        while True:
            await self._clock.sleep_until(talk.due_at)
            for event in talk.tick():
                arriving += self._told(talk, event)
            if echoed := talk.echoed():
                self._mark(echoed)
            while arriving and arriving[0][0] <= talk.position:
                told = arriving.pop(0)[1]
                notify(told)
                if isinstance(told, HungUp):
                    return

    def _told(self, talk: _Talk, event: CalleeEvent) -> list[tuple[int, LineEvent]]:
        """What the worker is told of the callee's doings, with the sample at which it reaches the worker."""
        match event:
            case SpeechBegan(words):
                talk.stretches += 1
                self._mark([talk.mark(word) for word in words])
                return []
            case KeyPressed(at, digit):
                return [(at + talk.to_agent.delay, Pressed(talk.arrival(at), digit))]
            case Left(at):
                return [(at + talk.to_agent.delay, HungUp(talk.arrival(at)))]
            case _:
                assert_never(event)

    async def hang_up(self) -> None:
        """As `Line.hang_up`; while it rings the dial ends as `Refused`."""
        if self._withdrawn:
            return
        self._withdrawn = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._talk is not None:
            self._talk.run_out()


def _refusal(answer: Answer, rang: float) -> _Refusal:
    refusal = _REFUSALS[answer]
    if answer is Answer.UNAVAILABLE and rang >= _LONG:
        return replace(refusal, dial_error="no_answer")
    return refusal


def _report_failure(task: "asyncio.Task[None]", clock: Clock, notify: Callable[[LineEvent], None]) -> None:
    """A line that breaks off must not look like one that is silent."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("the simulated line failed", exc_info=error)
        notify(Dropped(clock.now(), "connection_timeout"))
