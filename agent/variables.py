"""`{{name}}` in the assistant's texts: which names a field may use, and filling them in.

A field has names of its own or the common ones. The own ones are filled where they become known (a tool's inputs, the
transcript, the caller), so here they are only checked.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from agent.models.assistant import Assistant, CustomTool
from agent.models.section import Section
from agent.problems import ErrorCode, Problem, shown
from tools.templates import PLACEHOLDER, names

S = TypeVar("S", bound=Section)

BUILT_IN = frozenset(
    {
        "call_direction",
        "user_phone_number",
        "agent_phone_number",
        "call_id",
        "current_date",
        "current_time",
        "timezone",
    }
)
"""What the worker knows by itself."""
EXTRACTION = frozenset({"transcript", "call_direction", "user_phone_number", "agent_phone_number"})
"""What `structured_output_prompt` may use beside the prompt variables."""
LOOKUP = frozenset({"phone"})
"""What `precall_lookup_url` may use."""

_OWN_NAMES: dict[type[Section], frozenset[str]] = {
    Assistant: frozenset({"structured_output_prompt", "precall_lookup_url"}),
    CustomTool: frozenset({"url", "headers", "query_params", "body_template"}),
}
"""Fields whose names are not the common ones."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A variable that has no value where it is used."""

    path: str
    name: str

    def problem(self) -> Problem:
        return Problem(
            self.path, f"expected a value for the variable {{{{{shown(self.name)}}}}}", ErrorCode.UNRESOLVED_VARIABLE
        )


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables replaced; those without a value stay. What is filled in is not looked at again."""
    return PLACEHOLDER.sub(lambda match: values[match[1]] if match[1] in values else match[0], text)


def common(
    prompt_variables: Mapping[str, str],
    *,
    direction: str,
    user_number: str | None,
    agent_number: str | None,
    call_id: str,
    timezone: str,
    now: datetime,
) -> dict[str, str]:
    """The names every ordinary text may use. Built-in ones win; a number that is not known has none.

    `now` is aware; date and time are the call's own, as `2026-03-09` and `14:05`.
    """
    local = now.astimezone(ZoneInfo(timezone))
    built_in = {
        "call_direction": direction,
        "user_phone_number": user_number,
        "agent_phone_number": agent_number,
        "call_id": call_id,
        "current_date": local.strftime("%Y-%m-%d"),
        "current_time": local.strftime("%H:%M"),
        "timezone": timezone,
    }
    return {**prompt_variables, **{name: value for name, value in built_in.items() if value is not None}}


def resolve(
    assistant: Assistant, values: Mapping[str, str], prompt_variables: Iterable[str], within: str
) -> tuple[Assistant, list[Unresolved]]:
    """The assistant with its texts filled in, and every variable that has no value.

    `within` is the path the assistant stands at.
    """
    unresolved: list[Unresolved] = []
    own = frozenset(prompt_variables)

    def take(path: str, text: str) -> str:
        unresolved.extend(Unresolved(path, name) for name in names(text) if name not in values)
        return fill(text, values)

    def check(known: frozenset[str]) -> Callable[[str, str], str]:
        def visit(path: str, text: str) -> str:
            unresolved.extend(Unresolved(path, name) for name in names(text) if name not in known)
            return text

        return visit

    filled = _rewritten(assistant, within, take)
    for index, tool in enumerate(assistant.custom_tools):
        inputs = frozenset(entry.name for entry in tool.input_schema)
        visit = check(inputs | own)
        for name in sorted(_OWN_NAMES[CustomTool]):
            _visited(getattr(tool, name), f"{_join(within, 'custom_tools')}[{index}].{name}", visit)
    _visited(assistant.structured_output_prompt, _join(within, "structured_output_prompt"), check(EXTRACTION | own))
    _visited(assistant.precall_lookup_url, _join(within, "precall_lookup_url"), check(LOOKUP))
    return filled, unresolved


def _rewritten(section: S, path: str, visit: Callable[[str, str], str]) -> S:
    skipped = _OWN_NAMES[type(section)] if type(section) in _OWN_NAMES else frozenset()
    update: dict[str, Any] = {}
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        if name not in skipped and info.annotation is not None and value:
            update[name] = _visited(value, _join(path, name), visit)
    return section.model_copy(update=update)


def _visited(value: Any, path: str, visit: Callable[[str, str], str]) -> Any:
    if isinstance(value, str):
        return visit(path, value)
    if isinstance(value, Section):
        return _rewritten(value, path, visit)
    if isinstance(value, tuple):
        return tuple(_visited(entry, f"{path}[{index}]", visit) for index, entry in enumerate(value))
    return value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
