"""What a stand-in is told about one call: its script, its latencies, its faults. Read from a line file.

Pure data: neither `livekit` nor `asyncio` is imported here, so that `check` stays quick.
"""

import re
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


class CallConfig(_Section):
    """Everything a stand-in process needs to know about one call."""

    language: str = "en"
    model: ModelScript = ModelScript()
    latency: Latencies = Latencies()
    errors: Errors = Errors()
    unscripted: bool = False
    """The recogniser also makes up words for voice that no marks announce: a person on a real phone."""
