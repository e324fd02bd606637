"""What a stand-in is told about one call: its script, its latencies, its faults. Read from a line file.

Pure data: neither `livekit` nor `asyncio` is imported here, so that `check` stays quick.
"""

import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolUse(_Section):
    """A tool the model calls."""

    tool: Annotated[str, Field(min_length=1)]
    """Its name."""
    arguments: dict[str, Any] = {}
    """What it is called with."""


class Rule(_Section):
    """One entry of a model script: used once, in order, unless `repeat` is set.

    A rule without `when` matches anything. After a tool has returned, rules with `after_tool` are looked at first.
    """

    when: str | None = None
    """Case-insensitive regular expression searched in the callee's last turn."""
    after_tool: str | None = None
    """Matches only when the last message is the output of this tool."""
    reply: str | None = None
    """What the model says, before the tool call if there is one."""
    call: ToolUse | None = None
    silent: bool = False
    """The model opens its stream and says nothing, for as long as the connection lasts."""
    repeat: bool = False
    """Stays usable after it has matched."""

    @field_validator("when")
    @classmethod
    def _is_a_pattern(cls, when: str | None) -> str | None:
        if when is not None:
            try:
                re.compile(when)
            except re.error:
                raise ValueError("must be a regular expression") from None
        return when

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if self.silent == (self.reply is not None or self.call is not None):
            raise ValueError("needs `reply`, `call` or both, or else `silent`")
        return self


class Fault(_Section):
    """Something that happens to the connection of a realtime model."""

    after: Annotated[float, Field(ge=0, le=3600)]
    """Seconds from the moment at which the model first heard something."""
    kind: Literal["drop", "expire"] = "drop"
    """`drop`: the connection is gone. `expire`: the server ends the session, and says so."""


class ModelScript(_Section):
    """The stand-in model's part of a line file."""

    script: tuple[Rule, ...] = ()
    """Empty: a plausible conversation is held."""
    opening: str | None = None
    """The model's answer when it is asked to begin the call (`first_sentence_mode: generated`); null: a plausible
    greeting."""
    turns: Annotated[int, Field(ge=1, le=100)] = 4
    """Turns of the plausible conversation before it says goodbye with `end_call`."""
    faults: tuple[Fault, ...] = ()
    """Of a realtime model's connection."""


class Latencies(_Section):
    """Milliseconds each stand-in takes."""

    llm_ms: Annotated[int, Field(ge=0, le=120_000)] = 150
    """Request to first token."""
    llm_token_ms: Annotated[int, Field(ge=0, le=10_000)] = 20
    """Between tokens."""
    realtime_ms: Annotated[int, Field(ge=0, le=120_000)] = 200
    """Request to first sound of a realtime model."""
    tts_ms: Annotated[int, Field(ge=0, le=120_000)] = 80
    """Text to first audio."""
    stt_interim_ms: Annotated[int, Field(ge=0, le=60_000)] = 150
    """End of a word to the interim result that holds it."""
    stt_final_ms: Annotated[int, Field(ge=0, le=60_000)] = 100
    """Last voiced sample of a stretch of speech to its final result."""
    tool_ms: Annotated[int, Field(ge=0, le=120_000)] = 200
    """Request to response of an example tool."""
    judge_ms: Annotated[int, Field(ge=0, le=10_000)] = 45
    """The judge of turn ends, per prediction."""


class Errors(_Section):
    """How wrong the stand-ins are, 0 to 1; drawn from `seed`."""

    words: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Words the recogniser gets wrong."""
    ends: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Ends of turns the judge takes for pauses."""
    pauses: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Pauses the judge takes for ends of turns."""
    seed: int = 1
    """Of the draws."""


Provider = Literal["llm", "tts", "stt"]


class FaultKind(StrEnum):
    """How a request to a provider fails."""

    REFUSED = "refused"
    """The connection is gone before anything is answered."""
    UNAUTHORISED = "unauthorised"
    """401."""
    LIMITED = "limited"
    """429, with `Retry-After`."""
    DOWN = "down"
    """503."""
    SILENT = "silent"
    """It opens, and nothing comes."""
    CUT = "cut"
    """The connection is gone in the middle of the answer."""
    EMPTY = "empty"
    """A voice's answer without sound."""
    GARBAGE = "garbage"
    """A voice's answer of bytes that are no samples, an odd number in each piece."""
    CLOSES = "closes"
    """A recogniser's connection is closed in the middle."""
    MALFORMED = "malformed"
    """What is answered is no JSON."""


AT_THE_DOOR = frozenset((FaultKind.REFUSED, FaultKind.UNAUTHORISED, FaultKind.LIMITED, FaultKind.DOWN))
"""What happens before a connection is open."""
_ANY = AT_THE_DOOR | {FaultKind.SILENT, FaultKind.MALFORMED}
_POSSIBLE: dict[Provider, frozenset[FaultKind]] = {
    "llm": _ANY | {FaultKind.CUT},
    "tts": _ANY | {FaultKind.CUT, FaultKind.EMPTY, FaultKind.GARBAGE},
    "stt": _ANY | {FaultKind.CLOSES},
}
_USUAL = {FaultKind.LIMITED: 1.0, FaultKind.CUT: 0.3, FaultKind.CLOSES: 30.0}
"""Of `seconds`, where the line file does not say."""


class ProviderFault(_Section):
    """How some requests to a provider fail: those that it names, from a time and for a time.

    A request is a chat completion, an utterance of a voice, a connection of a recogniser.
    """

    provider: Provider
    """What kind of provider fails."""
    name: Annotated[str, Field(min_length=1)] | None = None
    """Which: a model's name, or `cartesia`, `deepgram` and so on; null: any."""
    kind: FaultKind
    """How it fails."""
    after: Annotated[float, Field(ge=0, le=3600)] = 0
    """Seconds from the first request to any provider of this kind."""
    until: Annotated[float, Field(ge=0, le=3600)] | None = None
    """The same for the end; null: to the end of the call."""
    skip: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Requests of that time that do not fail, before those that do."""
    count: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Requests that fail; null: all that follow."""
    seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    """`limited`: of `Retry-After` (1). `cut`: of the answer that comes before (0.3). `closes`, and a recogniser that
    turns `silent` or `malformed`: that the connection works before (30, else 0)."""

    @property
    def lasting(self) -> float:
        """`seconds` in force."""
        return _USUAL.get(self.kind, 0.0) if self.seconds is None else self.seconds

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.kind not in _POSSIBLE[self.provider]:
            possible = ", ".join(kind for kind in FaultKind if kind in _POSSIBLE[self.provider])
            raise ValueError(f"expected a kind that {self.provider} has: {possible}")
        if self.until is not None and self.until <= self.after:
            raise ValueError("expected until to be later than after")
        return self


class CallConfig(_Section):
    """Everything a stand-in process needs to know about one call."""

    language: str = "en"
    model: ModelScript = ModelScript()
    latency: Latencies = Latencies()
    errors: Errors = Errors()
    faults: tuple[ProviderFault, ...] = ()
    """The first that applies to a request strikes it."""
    unscripted: bool = False
    """The recogniser also makes up words for voice that no marks announce: a person on a real phone."""
