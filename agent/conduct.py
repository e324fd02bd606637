"""Conducting one call: from a plan and a line to the last event of the journal.

plan → studio (mixer, ears, voice, session) ⇄ line
                 ⇅ events, commands
                call (supervisor) → journal
"""

import asyncio
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from livekit.agents import APIError

from agent import events as e
from agent.ambience import Ambience
from agent.announcer import Announcer, sentences, written_opening
from agent.call import HANG_UP_LONGEST, INTERNAL, Call
from agent.conversation import Caller, Conversation, Observer, session_for
from agent.courtesy import Courtesy
from agent.ears import Ears, Instruments
from agent.headset import Headset, LateLeg, OwnVoice
from agent.journal import Journal
from agent.judge import AcousticJudge
from agent.lag import LagMeter, TickMeter
from agent.line import Line
from agent.meter import Meter
from agent.pipeline import Pipeline
from agent.plan import Plan
from agent.realtime.caller import RealtimeCaller
from agent.realtime.feed import Feed
from agent.realtime.opening import composed
from agent.realtime.talker import Talker
from agent.state import Terms
from agent.tape import Recording, Tape
from agent.toolbox import Toolbox
from agent.voice import Mouth, SilentVoice
from audio.echo import EchoMeter
from audio.frames import samples
from audio.ledger import Utterance
from audio.mixer import Mixer
from tools.runner import ToolRunner

logger = logging.getLogger(__name__)

LAST_WORDS = 1.0
"""Seconds the recogniser is given after the hang-up for what the callee said last."""
CLOSING_LONGEST = 5.0
"""Seconds each part may take to close once the call is over."""
HEAD_START = 0.01
"""Seconds the dial is given to get out before the loop is busy with what is made ready while it rings."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a call is conducted with, beside its plan."""

    pipeline: Pipeline
    allowed_hosts: frozenset[str] = frozenset()
    """Private hosts the custom tools may reach."""
    rewrites: Mapping[str, str] = field(default_factory=dict)
    """Host to base URL for the custom tools: where a rehearsal's stand-in tools are."""
    recording: Recording | None = None
    """Takes both sides from the answer on."""

    def with_recording(self, recording: Recording) -> "Equipment":
        """The same, recorded."""
        return replace(self, recording=recording)


class Studio:
    """Everything that makes and hears sound in one call; carries out the supervisor's commands about it."""

    def __init__(
        self,
        plan: Plan,
        pipeline: Pipeline,
        runner: ToolRunner,
        tape: Tape | None,
        call: Call,
        now: Callable[[], float],
    ) -> None:
        self._call = call
        self._now = now
        self.mixer = Mixer(started=self._started, stopped=self._stopped)
        meter = EchoMeter()
        own = OwnVoice(self.mixer, meter)
        model, turns = pipeline.model, pipeline.turns
        # A model that hears has the session's sound, and so has the judge.
        judge = turns.hear if isinstance(turns, AcousticJudge) and not isinstance(model, Talker) else None
        instruments = Instruments(pipeline.recogniser, pipeline.detector, judge)
        self.ears = Ears(instruments, own, plan.language, call.post, now)
        self.mixer.speech.waits = Courtesy(self.ears, lambda: self.mixer.position).holds
        self._mouth = Mouth(self.mixer, time.time)
        self._announcer = Announcer(self.mixer, call.post, now)
        self._ambience = Ambience(plan.sounds, self.mixer, random.random)
        call.follow(self._ambience.follow)
        session = session_for(pipeline, self.ears, plan.endpointing)
        toolbox = Toolbox(runner, plan.variables, call.post, now)
        tools = toolbox.tools(plan.tools, closing=plan.goodbye is not None)
        session.on("function_tools_executed", toolbox.executed)
        kind = RealtimeCaller if isinstance(model, Talker) else Caller
        caller = kind(plan.prompt, tools, self.ears, self._turn_taken, self._reply_begun)
        self.conversation = Conversation(caller, session, self.ears, self._mouth)
        self._observer = Observer(session, lambda: pipeline.writer or plan.model.name, call.post, now)
        if isinstance(model, Talker):
            model.feed = Feed(self.ears, ceaseless=model.takes_turns)
            model.on("metrics_collected", self._observer.counted)
            model.taken = self._turn_taken
            model.reconnected = self._reconnected
        pipeline.voice.changed = lambda: self._replaced("voice")
        pipeline.recogniser.changed = lambda: self._replaced("recogniser")
        self._replacements: set[str] = set()
        """The parts of which something in reserve has taken over."""
        hearers = (self.ears.hear, self.conversation.hear) if isinstance(model, Talker) else (self.ears.hear,)
        comparers = (meter.take,) if tape is None else (meter.take, tape.record)
        self.ticks = TickMeter(now)
        self.headset = Headset(self.mixer, hearers, comparers, self.ticks.tick)

    async def prepare(self, plan: Plan, pipeline: Pipeline) -> None:
        """Make ready to dial; the fixed sentences are rendered beside the ringing."""
        pipeline.warm()
        self._call.begin("ears", self.ears.listen)
        self._call.begin("sounds", self._lay_sounds)
        texts = sentences(plan)
        opening = texts.pop("opening", None)
        if plan.opening.mode != "none":
            self._call.begin("opening", lambda: self._render_opening(plan, pipeline, opening))
        self._call.begin("sentences", lambda: self._render(texts, pipeline))
        await self.conversation.start()

    async def _render_opening(self, plan: Plan, pipeline: Pipeline, text: str | None) -> None:
        model = pipeline.model
        if text is None:
            if isinstance(model, Talker):
                sound = await composed(model, plan)
                if len(sound.pcm):
                    self._announcer.keep("opening", sound)
                    return
                text = sound.text
            else:
                text = await written_opening(plan, model)
        await self._announcer.prepare("opening", text, pipeline.voice)

    async def _render(self, texts: Mapping[e.AnnouncementKind, str], pipeline: Pipeline) -> None:
        for kind, text in texts.items():
            try:
                await self._announcer.prepare(kind, text, pipeline.voice)
            except (APIError, SilentVoice) as error:
                logger.warning("a sentence could not be made", extra={"kind": kind, "error": type(error).__name__})
                self._call.post(e.Warned(at=self._now(), message=f"a sentence could not be spoken: {_SENTENCES[kind]}"))
                self._call.post(e.Unrendered(at=self._now(), kind=kind))

    async def _lay_sounds(self) -> None:
        try:
            await self._ambience.prepare()
        except (OSError, ValueError) as error:
            logger.warning("a sound cannot be read", extra={"error": type(error).__name__})
            self._call.post(e.Warned(at=self._now(), message="a sound under the call could not be read"))

    def announce(self, kind: e.AnnouncementKind, not_before: float) -> None:
        """Say a fixed sentence, `not_before` seconds after the answer at the earliest."""
        self._announcer.say(kind, samples(max(0.0, not_before)))

    def stop_announcement(self, *, withdrawn: bool) -> None:
        """Stop the fixed sentence that is being said."""
        if withdrawn:
            self._call.post(e.OpeningWithdrawn(at=self._now()))
        self._announcer.stop()

    def listen(self, *, current: bool) -> None:
        """Hand the callee's speech to the model."""
        self.ears.gate.open(current=current)

    def mute(self, *, at_once: bool) -> None:
        """Say and answer nothing more; `at_once`: not even the rest of a word."""
        self.duck(on=False)
        if not at_once:
            self._announcer.conclude()
        self.conversation.mute(at_once=at_once)
        self.hold(on=False)
        self._ambience.mute()

    def duck(self, *, on: bool) -> None:
        """Lower the agent's voice under the callee's, or raise it again."""
        self.mixer.ducked = on

    def hold(self, *, on: bool) -> None:
        """Hold the agent's voice where it is, or let it go on."""
        self.mixer.hold(on)

    def admit(self) -> None:
        """Hand to the model what the callee says over the agent."""
        self.ears.gate.admit()

    def dismiss(self) -> None:
        """Keep it from the model."""
        self.ears.gate.dismiss()
        self._call.post(e.CalleeDismissed(at=self._now()))

    def try_again(self) -> None:
        """Have the model answer once more."""
        try:
            self.conversation.try_again()
        except RuntimeError:  # a model that speaks by itself took the session with it
            self._call.post(e.ReplyFailed(at=self._now(), message="the model: its session is over"))

    def _turn_taken(self) -> bool:
        if self._mouth.is_shut:
            return False
        self._call.post(e.TurnTaken(at=self._now()))
        return True

    def _reconnected(self, owing: bool) -> None:
        self._call.post(e.Warned(at=self._now(), message="the connection to the model was lost and made again"))
        self.conversation.repair(owing)

    def _replaced(self, part: str) -> None:
        if part not in self._replacements:
            self._replacements.add(part)
            self._call.post(e.Warned(at=self._now(), message=f"the {part} failed, and the one in reserve took over"))

    def _reply_begun(self, utterance: str) -> None:
        self._observer.begun(utterance)
        self._call.post(e.ReplyBegun(at=self._now(), id=utterance))

    def _started(self, utterance: Utterance) -> None:
        if utterance.kind == "reply":
            self._mouth.began()
        kind = _kind(utterance)
        self._call.post(e.AgentStarted(at=self._now(), id=utterance.id, kind=kind, sample=utterance.voiced_from or 0))

    def _stopped(self, utterance: Utterance) -> None:
        kind, start, stop = _kind(utterance), utterance.voiced_from, utterance.voiced_to
        if kind == "reply":
            if start is not None:
                self._observer.replied(utterance.id)
            self._mouth.ended(utterance)
        if start is None or stop is None:
            return
        text = utterance.heard()
        self._call.post(
            e.AgentStopped(
                at=self._now(), id=utterance.id, kind=kind, text=text, cut=utterance.cut, start=start, stop=stop
            )
        )
        if kind in _REMEMBERED and text:
            self._call.begin("memory", lambda: self.conversation.remember(text, cut=utterance.cut))

    def starved_ms(self) -> float:
        """Milliseconds of silence sent in mid-utterance because the voice was late."""
        return sum(utterance.starved for utterance in self.mixer.ledger) / samples(0.001)


_SENTENCES: Mapping[e.AnnouncementKind, str] = {
    "opening": "the first sentence",
    "goodbye": "the end-of-call sentence",
    "limit": "the message at the time limit",
    "reminder": "the question whether the callee is still there",
    "apology": "the apology for a late answer",
    "failure": "the farewell of a call that cannot go on",
}
_REMEMBERED = frozenset({"opening", "reminder", "apology"})
"""Fixed sentences that the model has to know of, because the talk goes on after them."""


def _kind(utterance: Utterance) -> e.SpeechKind:
    return next((kind for kind in _SENTENCES if kind == utterance.kind), "reply")


async def conduct(
    plan: Plan,
    line: Line,
    equipped: AbstractAsyncContextManager[Equipment],
    journal: Journal,
    *,
    taken: Callable[[Call], None],
    at_once: bool = False,
) -> None:
    """Conduct the call. Whatever happens, the journal ends with exactly one `Ended` and then `Reported`.

    `taken` is given the call before anything is dialled, so that it can be called off with `Withdrawn`. `at_once` dials
    before the equipment is entered; everything is then made ready while it rings.
    """
    now = time.monotonic
    call = Call(_terms(plan, line.latency), line, journal, now)
    meter, lag, leg = Meter(), LagMeter(now), LateLeg()
    call.post(_accepted(plan, now()))
    call.post(_planned(plan, now()))
    taken(call)
    starved, underruns = 0.0, 0
    try:
        if at_once:
            call.dial(leg)
            await asyncio.sleep(HEAD_START)
        async with equipped as equipment, _studio(plan, equipment, call, now) as studio:
            meter.attach(equipment.pipeline)
            call.begin("lag", lag.watch)
            leg.put_on(studio.headset)
            try:
                await studio.prepare(plan, equipment.pipeline)
                if not at_once:
                    call.dial(leg)
                await call.run(studio)
                await studio.ears.settle(LAST_WORDS)
            finally:
                starved, underruns = studio.starved_ms(), studio.ticks.underruns
    except Exception as error:
        logger.error("the call broke", extra={"error": type(error).__name__}, exc_info=error)
        call.post(e.Failed(at=now(), code="internal_error", message=INTERNAL))
    finally:
        await _ended(call, now)
        if journal.torn:
            call.post(e.Warned(at=now(), message="the journal is incomplete: it could not be written"))
        call.post(meter.used(now()))
        lag_ms, starved_ms = round(lag.p99_ms(), 1), round(starved, 1)
        call.post(e.Measured(at=now(), loop_lag_p99_ms=lag_ms, starved_ms=starved_ms, underruns=underruns))
        call.post(e.Reported(at=now()))


async def _ended(call: Call, now: Callable[[], float]) -> None:
    """See to it that the line is free, also when the call was torn down around it."""
    if not call.over.is_set():
        call.post(e.Withdrawn(at=now()))
        try:
            await asyncio.wait_for(call.over.wait(), HANG_UP_LONGEST + 1.0)
        except TimeoutError:
            logger.error("the line did not come free")
    await call.aclose()


@asynccontextmanager
async def _studio(plan: Plan, equipment: Equipment, call: Call, now: Callable[[], float]) -> AsyncIterator[Studio]:
    async with AsyncExitStack() as stack:
        runner = await stack.enter_async_context(ToolRunner(equipment.allowed_hosts, equipment.rewrites))
        tape = Tape(equipment.recording, call.post, now) if equipment.recording is not None else None
        if tape is not None:
            stack.push_async_callback(tape.close)
        studio = Studio(plan, equipment.pipeline, runner, tape, call, now)
        stack.push_async_callback(_closed, "pipeline", equipment.pipeline.aclose)
        stack.push_async_callback(_closed, "conversation", studio.conversation.aclose)
        stack.push_async_callback(call.aclose)
        yield studio


async def _closed(part: str, close: Callable[[], Awaitable[None]]) -> None:
    try:
        await asyncio.wait_for(close(), CLOSING_LONGEST)
    except Exception as error:  # noqa: BLE001  (whatever it is, the call is over)
        logger.warning("a part did not close", extra={"part": part, "error": type(error).__name__})


def _terms(plan: Plan, latency: float) -> Terms:
    delay = max(0.0, plan.opening.delay - latency)  # it counts for the callee, from their answer to their ear
    return Terms(plan.opening.mode, delay, plan.goodbye is not None, plan.patience)


def _accepted(plan: Plan, at: float) -> e.Accepted:
    return e.Accepted(
        at=at,
        utc=datetime.now(UTC).isoformat(),
        attempt_id=plan.attempt_id,
        call_id=plan.call_id,
        attempt_number=plan.attempt_number,
        direction=plan.direction,
        phone_number=plan.callee_number,
        organization_id=plan.organization_id,
        campaign=plan.campaign,
        metadata=plan.metadata,
        pid=os.getpid(),
    )


def _planned(plan: Plan, at: float) -> e.Planned:
    return e.Planned(
        at=at,
        assistant_id=plan.assistant_id,
        language=plan.language,
        timezone=plan.timezone,
        model=plan.model.name,
        voice=f"{plan.voice.provider}/{plan.voice.model}",
        recogniser=f"{plan.recogniser.provider}/{plan.recogniser.model}",
        warnings=plan.warnings,
        system_prompt=plan.prompt if plan.report_prompt else None,
        ringing=plan.patience.ringing,
        limit=plan.patience.limit,
        webhook_url=plan.final_url,
    )
