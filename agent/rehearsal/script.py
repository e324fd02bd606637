"""A line file: how the simulated line behaves, what the callee does on it, and what the stand-in providers are told.

`docs/lines.md` is the reference for whoever writes one. Nothing here makes sound or waits for anything.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from agent.rehearsal.expectations import Expectations, beside
from agent.rehearsal.fields import Level, Pattern, Seconds, Section, Wording, one_of
from agent.standins.config import CallConfig, Errors, Fault, Latencies, ModelScript, ProviderFault, Rule, ToolUse


class Answer(StrEnum):
    """What becomes of the dial."""

    PICKS_UP = "picks-up"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    DECLINES = "declines"
    NOT_FOUND = "not-found"
    UNAVAILABLE = "unavailable"


class After(StrEnum):
    """What a step waits for, when it is not a phrase or a time."""

    ANSWER = "answer"
    AGENT_STARTS = "agent-starts"
    AGENT_STOPS = "agent-stops"
    PREVIOUS = "previous"


class Sound(StrEnum):
    """A sound that is not speech."""

    BEEP = "beep"
    MUSIC = "music"
    RINGBACK = "ringback"
    BUSY = "busy"
    COUGH = "cough"
    DOOR = "door"


class Background(StrEnum):
    """What is heard behind the callee."""

    BABBLE = "babble"
    HUM = "hum"
    NONE = "none"
    OFFICE = "office"
    STREET = "street"


class Codec(StrEnum):
    """What the line does to sound on its way."""

    PCMU = "pcmu"
    PCMA = "pcma"
    WIDE = "wide"
    """Nothing: 24 kHz from end to end."""


class Echo(Section):
    """What the callee's phone gives back of what it hears."""

    db: Annotated[float, Field(ge=-60, le=0)] = -20
    """How loud, against what reaches the callee's ear."""
    delay_ms: Annotated[float, Field(ge=0, le=500)] = 150
    """From the ear to the microphone."""


class Network(Section):
    """The way between the callee and the worker, the same in both directions."""

    codec: Codec = Codec.PCMU
    """What the line does to sound."""
    delay_ms: Annotated[float, Field(ge=0, le=5000)] = 40
    """One way, the telephone band's own filters included."""
    jitter_ms: Annotated[float, Field(ge=0, le=1000)] = 0
    """A packet arrives up to this much later than the delay, evenly spread."""
    buffer_ms: Annotated[float, Field(ge=0, le=1000)] | None = None
    """Depth of the playout buffer, which adds to the delay; default: the jitter, so that no packet comes too late."""
    loss: Annotated[float, Field(ge=0, le=1)] = 0
    """Packets of 20 ms that never arrive."""
    noise_dbfs: Level | None = -62
    """Comfort noise under what the worker hears; null: none."""
    echo: Echo | None = None
    """What the callee's phone gives back; null: nothing."""
    seed: int = 1
    """Of the draws."""

    @property
    def depth_ms(self) -> float:
        """The playout buffer's depth in force."""
        return self.jitter_ms if self.buffer_ms is None else self.buffer_ms


class CalleeVoice(Section):
    """How the callee sounds."""

    variant: str | None = None
    """A voice variant of espeak-ng, such as `f3` or `m1`."""
    speed: Annotated[float, Field(ge=0.5, le=2)] = 1.0
    """Of speech; 1 is the voice's own."""
    pitch: Annotated[int, Field(ge=0, le=99)] = 50
    """Of the voice, 0 to 99."""
    level_dbfs: Level = -20
    """Of the speech itself, pauses left out."""


class Play(Section):
    """A sound to play; the short form is its name alone."""

    short = one_of(Sound)

    sound: Sound
    """What is played."""
    seconds: Annotated[float, Field(gt=0, le=600)] = 1.0
    """How long."""
    hz: Annotated[float, Field(ge=100, le=3400)] = 1000
    """Of a beep."""
    dbfs: Level = -15
    """How loud, RMS."""

    @classmethod
    def lengthened(cls, value: Any) -> Any:
        """As `Section.lengthened`."""
        return {"sound": value} if isinstance(value, str) else value


class Noise(Section):
    """A background; the short form is its name alone."""

    short = one_of(Background)

    kind: Background
    """What is heard."""
    dbfs: Level = -45
    """How loud, RMS."""
    seed: int = 1
    """Of the sound."""

    @classmethod
    def lengthened(cls, value: Any) -> Any:
        """As `Section.lengthened`."""
        return {"kind": value} if isinstance(value, str) else value


class Step(Section):
    """One thing the callee does: a trigger, and one action."""

    after: After | None = None
    """What it waits for. Default: `answer` for the first step, `agent-stops` for the others."""
    when: Pattern | None = None
    """Regular expression, case-insensitive, found in what the agent said since the step before began."""
    at: Seconds | None = None
    """Seconds from the answer."""
    wait: Seconds | None = None
    """Seconds from the trigger to the action; the default depends on the trigger."""
    say: Wording | None = None
    """What the callee says: one text, or one by language. ` / ` is a pause of 0.7 s, ` // ` one of 1.5 s."""
    language: Wording | None = None
    """BCP 47, of this text; one, or one for each of several languages of the callee. Default: the callee's."""
    voice: CalleeVoice | None = None
    """How this text sounds, as far as it differs from the callee's voice."""
    play: Play | None = None
    """A sound to play: its name, or an object."""
    press: Annotated[str, Field(pattern=r"^[0-9A-D*#]{1,64}$")] | None = None
    """Keys to press, such as `12#`."""
    noise: Noise | None = None
    """Another background from now on: its name, or an object."""
    hang_up: Literal[True] | None = None
    """Hangs up."""

    @model_validator(mode="after")
    def _has_one_of_each(self) -> Self:
        if self.at is not None and not (self.after is None and self.when is None and self.wait is None):
            raise ValueError("expected none of after, when and wait beside at")
        if self.when is not None and self.after not in (None, After.AGENT_STOPS):
            raise ValueError("expected no after beside when, or `after: agent-stops`")
        if sum(value is not None for value in (self.say, self.play, self.press, self.noise, self.hang_up)) != 1:
            raise ValueError("expected exactly one of: say, play, press, noise, hang_up")
        if self.say is None and not (self.language is None and self.voice is None):
            raise ValueError("expected language and voice beside say only")
        return self

    def trigger(self, first: bool) -> After | None:
        """What it waits for; None: a phrase in the middle of a sentence, or a time. `first`: of the callee's steps."""
        if self.after is not None or self.when is not None or self.at is not None:
            return self.after
        return After.ANSWER if first else After.AGENT_STOPS

    def waits(self, first: bool) -> float:
        """Seconds from the trigger to the action."""
        trigger = self.trigger(first)
        if self.wait is not None:
            return self.wait
        return 0.0 if trigger is None else _DEFAULT_WAIT[trigger]


_DEFAULT_WAIT = {After.ANSWER: 0.5, After.AGENT_STARTS: 1.0, After.AGENT_STOPS: 0.8, After.PREVIOUS: 0.5}
"""Seconds."""


class Persona(Section):
    """Who the callee is, where nobody wrote their words; the short form is `who` alone."""

    short = MappingProxyType({"type": "string", "minLength": 1, "maxLength": 2000})

    who: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    """Their character, their situation and what they want, in plain words."""
    seed: int = 1
    """Of what they say and how long they wait."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.8
    """Of a real model that plays them."""

    @classmethod
    def lengthened(cls, value: Any) -> Any:
        """As `Section.lengthened`."""
        return {"who": value} if isinstance(value, str) else value


class ModelRule(Section):
    """One entry of the stand-in model's script, as `agent.standins.config.Rule`, in the languages of the callee."""

    when: Pattern | None = None
    """Regular expression, case-insensitive, found in the callee's last turn; left out: anything fits."""
    after_tool: str | None = None
    """Fits only right after this tool has returned."""
    reply: Wording | None = None
    """What the model says, before the tool call if there is one."""
    call: ToolUse | None = None
    """The tool it calls."""
    silent: bool = False
    """The model opens its stream and says nothing."""
    repeat: bool = False
    """Whether it can be used more than once."""

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if self.silent == (self.reply is not None or self.call is not None):
            raise ValueError("expected reply, call or both, or else silent")
        return self

    def rule(self, language: str) -> Rule:
        """The rule in one language."""
        return Rule(
            when=self.when,
            after_tool=self.after_tool,
            reply=self.reply.text(language) if self.reply else None,
            call=self.call,
            silent=self.silent,
            repeat=self.repeat,
        )


class LineModel(Section):
    """The stand-in model of a line."""

    script: tuple[ModelRule, ...] = ()
    """Empty: a plausible conversation is held."""
    opening: Wording | None = None
    """Its answer when it is asked to begin the call; None: a plausible greeting."""
    turns: Annotated[int, Field(ge=1, le=100)] = 4
    """Turns of the plausible conversation before it says goodbye with `end_call`."""
    faults: tuple[Fault, ...] = ()
    """Of a realtime model's connection."""

    def told(self, language: str) -> ModelScript:
        """The same in one language."""
        opening = self.opening.text(language) if self.opening else None
        script = tuple(rule.rule(language) for rule in self.script)
        return ModelScript(script=script, opening=opening, turns=self.turns, faults=self.faults)


class LineScript(Section):
    """A line file."""

    name: Annotated[str, Field(max_length=100)] = ""
    """For whoever reads it; `voice-worker lines` shows it."""
    description: str = ""
    """Who the callee is, in a sentence."""
    language: Annotated[str, Field(min_length=2, max_length=35)] | None = None
    """BCP 47, of the callee and the recogniser; default: the attempt's."""
    answer: Answer = Answer.PICKS_UP
    """What becomes of the dial."""
    ring: Seconds = 1.0
    """Seconds the phone rings before the answer or the refusal; `no-answer` rings until the worker gives up."""
    network: Network = Network()
    """The way between the callee and the worker."""
    voice: CalleeVoice = CalleeVoice()
    """How the callee sounds."""
    noise: Noise = Noise(kind=Background.NONE)
    """Behind the callee from the answer on, until a step changes it."""
    callee: tuple[Step, ...] = ()
    """What the callee does, step by step."""
    persona: Persona | None = None
    """Who the callee is, instead of steps: what they do is made up as the call goes."""
    otherwise: tuple[Wording, ...] = ()
    """What the callee says in turn, again and again, when the agent stops and no step fits."""
    otherwise_wait: Seconds = 1.2
    """Seconds of the agent's silence before one of them."""
    model: LineModel = LineModel()
    """What the stand-in model answers."""
    latency: Latencies = Latencies()
    """How long each stand-in takes, in milliseconds."""
    errors: Errors = Errors()
    """How wrong the stand-ins are."""
    faults: tuple[ProviderFault, ...] = ()
    """How requests to the stand-ins fail; the first that applies to a request strikes it."""
    vary: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """Share by which pauses and pace differ from the file's in runs with a seed other than 1."""
    expect: Expectations = Expectations()
    """What must have happened when the call is over."""

    @field_validator("callee")
    @classmethod
    def _is_in_order(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        times = [step.at for step in steps if step.at is not None]
        if times != sorted(times):
            raise ValueError("expected the times of `at` to rise from step to step")
        if any(step.after is After.ANSWER for step in steps[1:]):
            raise ValueError("expected `after: answer` on the first step only")
        return steps

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.answer is not Answer.PICKS_UP and (fields := self.expect.of_an_answer()):
            raise ValueError(beside("answer", f"expect.{fields[0]}", "nobody picks up"))
        if self.persona is not None and (self.callee or self.otherwise):
            other = "callee" if self.callee else "otherwise"
            raise ValueError(beside("persona", other, "either the callee is played or their words are written"))
        return self

    def spoken(self, language: str) -> str:
        """The callee's language; `language` is the attempt's."""
        return self.language or language

    def config(self, language: str) -> CallConfig:
        """What the stand-in process is told; `language` is the attempt's."""
        spoken = self.spoken(language)
        return CallConfig(
            language=spoken,
            model=self.model.told(spoken),
            latency=self.latency,
            errors=self.errors,
            faults=self.faults,
        )
