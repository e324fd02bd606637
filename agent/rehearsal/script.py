"""A line file: how the simulated line behaves, what the callee does on it, and what the stand-in providers are told.

`docs/lines.md` is the reference for whoever writes one. Nothing here makes sound or waits for anything.
"""

import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator, model_validator

from agent.standins.config import CallConfig, Errors, Latencies, ModelScript

Seconds = Annotated[float, Field(ge=0, le=3600)]
ANY = "*"
"""Stands for the language of a text that is given for all of them."""
Level = Annotated[float, Field(ge=-90, le=0)]
"""dBFS, RMS."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Wording(RootModel[dict[str, Annotated[str, Field(min_length=1, max_length=5000)]]]):
    """What somebody says: one text, or one for each of several languages."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _by_language(cls, value: Any) -> Any:
        texts = {ANY: value} if isinstance(value, str) else value
        if not isinstance(texts, dict) or not texts:
            raise ValueError("expected text, in quotes where it looks like a number, or texts by language")
        return texts

    def text(self, language: str) -> str:
        """The text in a BCP 47 language, else in another variety of it, else the first there is."""
        tags = [tag.lower() for tag in self.root]
        wanted = language.lower()
        alike = [tag for tag in tags if tag.partition("-")[0] == wanted.partition("-")[0]]
        best = wanted if wanted in tags else next(iter(alike), tags[0])
        return list(self.root.values())[tags.index(best)]


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


class Network(_Section):
    """The way between the callee and the worker, the same in both directions."""

    codec: Codec = Codec.PCMU
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
    seed: int = 1

    @property
    def depth_ms(self) -> float:
        """The playout buffer's depth in force."""
        return self.jitter_ms if self.buffer_ms is None else self.buffer_ms


class CalleeVoice(_Section):
    """How the callee sounds."""

    variant: str | None = None
    """A voice variant of espeak-ng, such as `f3` or `m1`."""
    speed: Annotated[float, Field(ge=0.5, le=2)] = 1.0
    pitch: Annotated[int, Field(ge=0, le=99)] = 50
    level_dbfs: Level = -20
    """Of the speech itself, pauses left out."""


class Play(_Section):
    """A sound to play; the short form is its name alone."""

    sound: Sound
    seconds: Annotated[float, Field(gt=0, le=600)] = 1.0
    hz: Annotated[float, Field(ge=100, le=3400)] = 1000
    """Of a beep."""
    dbfs: Level = -15


class Noise(_Section):
    """A background; the short form is its name alone."""

    kind: Background
    dbfs: Level = -45
    seed: int = 1


def _by_name(field: str) -> Any:
    def widen(value: Any) -> Any:
        return {field: value} if isinstance(value, str) else value

    return widen


class Step(_Section):
    """One thing the callee does: a trigger, and one action."""

    after: After | None = None
    when: str | None = None
    """Regular expression, case-insensitive, found in what the agent said since the step before began."""
    at: Seconds | None = None
    """Seconds from the answer."""
    wait: Seconds | None = None
    """Seconds from the trigger to the action; the default depends on the trigger."""
    say: Wording | None = None
    play: Play | None = None
    press: Annotated[str, Field(pattern=r"^[0-9A-D*#]{1,64}$")] | None = None
    noise: Noise | None = None
    hang_up: Literal[True] | None = None

    _play = field_validator("play", mode="before")(_by_name("sound"))
    _noise = field_validator("noise", mode="before")(_by_name("kind"))

    @field_validator("when")
    @classmethod
    def _is_a_pattern(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value, re.IGNORECASE)
            except re.error:
                raise ValueError("expected a regular expression") from None
        return value

    @model_validator(mode="after")
    def _has_one_of_each(self) -> Self:
        if self.at is not None and not (self.after is None and self.when is None and self.wait is None):
            raise ValueError("expected none of after, when and wait beside at")
        if self.when is not None and self.after not in (None, After.AGENT_STOPS):
            raise ValueError("expected no after beside when, or `after: agent-stops`")
        if sum(value is not None for value in (self.say, self.play, self.press, self.noise, self.hang_up)) != 1:
            raise ValueError("expected exactly one of: say, play, press, noise, hang_up")
        return self


class LineScript(_Section):
    """A line file."""

    name: Annotated[str, Field(max_length=100)] = ""
    description: str = ""
    language: Annotated[str, Field(min_length=2, max_length=35)] | None = None
    """BCP 47, of the callee and the recogniser; default: the attempt's."""
    answer: Answer = Answer.PICKS_UP
    ring: Seconds = 1.0
    """Seconds the phone rings before the answer or the refusal; `no-answer` rings until the worker gives up."""
    network: Network = Network()
    voice: CalleeVoice = CalleeVoice()
    noise: Noise = Noise(kind=Background.NONE)
    """Behind the callee from the answer on, until a step changes it."""
    callee: tuple[Step, ...] = ()
    otherwise: tuple[Wording, ...] = ()
    """What the callee says in turn, again and again, when the agent stops and no step fits."""
    otherwise_wait: Seconds = 1.2
    """Seconds of the agent's silence before one of them."""
    model: ModelScript = ModelScript()
    latency: Latencies = Latencies()
    errors: Errors = Errors()

    _noise = field_validator("noise", mode="before")(_by_name("kind"))

    @field_validator("callee")
    @classmethod
    def _is_in_order(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        times = [step.at for step in steps if step.at is not None]
        if times != sorted(times):
            raise ValueError("expected the times of `at` to rise from step to step")
        if any(step.after is After.ANSWER for step in steps[1:]):
            raise ValueError("expected `after: answer` on the first step only")
        return steps

    def config(self, language: str) -> CallConfig:
        """What the stand-in process is told; `language` is the attempt's."""
        return CallConfig(
            language=self.language or language, model=self.model, latency=self.latency, errors=self.errors
        )
