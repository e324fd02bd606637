"""A conversation as the stand-in model is given it, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.standins.config import ToolUse

END_CALL = "end_call"
"""The worker's tool that hangs up."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One item of the conversation."""

    speaker: Literal["instruction", "callee", "model", "tool"]
    text: str = ""
    calls: tuple[str, ...] = ()
    """Names of the tools that the model called in this turn."""
    tool: str = ""
    """Name of the tool whose output this is."""


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool that the request lets the model call."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Its JSON schema."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers; empty text and no call is an answer without content."""

    text: str = ""
    call: ToolUse | None = None
    silent: bool = False
    """Nothing is ever sent."""
