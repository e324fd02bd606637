"""A custom HTTP tool, parsed and complete; running one is `tools.runner`, so that importing this stays quick."""

from dataclasses import dataclass
from typing import Literal

InputType = Literal["string", "number", "boolean", "enum", "date", "datetime"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class ToolInput:
    """One argument the model gives."""

    name: str
    type: InputType
    required: bool = False
    description: str = ""
    enum_options: tuple[str, ...] = ()
    """What an `enum` may be; empty for every other type."""


@dataclass(frozen=True, slots=True)
class CustomTool:
    """One HTTP request the model may make; `{{name}}` in url, headers, query and body is filled in."""

    name: str
    description: str
    method: Method
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    """Key and value, in order."""
    query_params: tuple[tuple[str, str], ...] = ()
    """Key and value, in order; added to what the url has."""
    body_template: str | None = None
    inputs: tuple[ToolInput, ...] = ()
