"""The studio: everything that makes and hears sound in one call, put together for its plan."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping

from livekit.agents import APIError, APITimeoutError

from agent import events as e
from agent.ambience import Ambience
from agent.announcer import Announcer, sentences, written_opening
from agent.call import Call
from agent.conversation import Caller, Conversation, Observer, session_for
from agent.courtesy import Courtesy
from agent.ears import Ears, Instruments
from agent.headset import Headset, OwnVoice
from agent.lag import TickMeter
from agent.pipeline import Pipeline
from agent.plan import Plan
from agent.realtime.caller import RealtimeCaller
from agent.realtime.feed import Feed
from agent.realtime.opening import composed
from agent.realtime.talker import Talker
from agent.tape import Tape
from agent.toolbox import Toolbox
from agent.voice import Mouth, SilentVoice
from audio.echo import EchoMeter
from audio.frames import samples
from audio.ledger import Utterance
from audio.mixer import Mixer
from tools.runner import ToolRunner

logger = logging.getLogger(__name__)

OPENING_AGAIN = 2.0
"""Seconds before a first sentence that failed at once is tried again: a provider that restarts is back by then."""


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
        model = pipeline.model
        instruments = Instruments(pipeline.recogniser, pipeline.detector, pipeline.judge)
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
        self._observer = Observer(caller, session, lambda: pipeline.writer or plan.model.name, call.post, now)
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
        """As an answer, it is tried once more when it fails."""
        try:
            await self._make_opening(plan, pipeline, text)
        except (APIError, SilentVoice) as failure:
            if isinstance(failure, APIError) and not failure.retryable:
                raise
            logger.warning("the first sentence is tried again", extra={"error": type(failure).__name__})
            await asyncio.sleep(0.0 if isinstance(failure, APITimeoutError) else OPENING_AGAIN)
            await self._make_opening(plan, pipeline, text)

    async def _make_opening(self, plan: Plan, pipeline: Pipeline, text: str | None) -> None:
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

    def try_again(self, *, go_on: bool, if_idle: bool) -> None:
        """Have the model answer once more; `go_on`: from where its answer broke off, `if_idle`: if it makes none."""
        self._call.begin("another try", lambda: self._try_again(go_on=go_on, if_idle=if_idle))

    async def _try_again(self, *, go_on: bool, if_idle: bool) -> None:
        try:
            await self.conversation.try_again(go_on=go_on, if_idle=if_idle)
        except RuntimeError:  # a model that speaks by itself took the session with it
            self._call.post(e.ReplyFailed(at=self._now(), message="the model: its session is over"))

    def _turn_taken(self) -> bool:
        if self._mouth.is_shut:
            return False
        self._call.post(e.TurnTaken(at=self._now(), failed=self._observer.prepared_failed()))
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
                at=self._now(),
                id=utterance.id,
                kind=kind,
                text=text,
                cut=utterance.cut,
                broken=utterance.broken,
                start=start,
                stop=stop,
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
_REMEMBERED = frozenset({"opening", "reminder"})
"""Fixed sentences that the model has to know of, because the talk goes on after them. Of an apology it need not: one
would stand between a tool's result and the answer to it."""


def _kind(utterance: Utterance) -> e.SpeechKind:
    return next((kind for kind in _SENTENCES if kind == utterance.kind), "reply")
