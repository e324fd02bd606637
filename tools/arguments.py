"""The model's arguments for a custom tool, checked against what the tool declares before anything is sent."""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import assert_never

from tools.custom import ToolInput
from tools.errors import ToolArgumentsInvalid

Value = str | int | float | bool
"""An argument that was checked."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def checked(inputs: tuple[ToolInput, ...], arguments: Mapping[str, object]) -> dict[str, Value]:
    """The arguments that were given, by name; null counts as not given.

    Raises `ToolArgumentsInvalid` with every problem at once; it names declared fields and never a value, since what
    the caller said may stand in one.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    accepted: dict[str, Value] = {}
    problems: list[str] = []
    for declared in inputs:
        if declared.name not in given:
            if declared.required:
                problems.append(f"`{declared.name}` is required")
            continue
        value = _accepted(declared, given[declared.name])
        if value is None:
            problems.append(f"`{declared.name}` must be {_expected(declared)}")
        else:
            accepted[declared.name] = value
    if not given.keys() <= {declared.name for declared in inputs}:
        known = ", ".join(f"`{declared.name}`" for declared in inputs)
        problems.append(f"only {known} can be given" if known else "no arguments can be given")
    if problems:
        raise ToolArgumentsInvalid(
            f"The arguments were not accepted: {'; '.join(problems)}. Correct them and call the tool again."
        )
    return accepted


def _accepted(declared: ToolInput, value: object) -> Value | None:
    match declared.type:
        case "string":
            return _text(value)
        case "number":
            return _number(value)
        case "boolean":
            return value if isinstance(value, bool) else None
        case "enum":
            return value if isinstance(value, str) and value in declared.enum_options else None
        case "date":
            return value if isinstance(value, str) and _is_date(value) else None
        case "datetime":
            return value if isinstance(value, str) and _is_datetime(value) else None
        case _:
            assert_never(declared.type)


def _text(value: object) -> str | None:
    """The string without lone surrogates, which JSON can carry and UTF-8 cannot."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else None


def _number(value: object) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) else None


def _is_date(value: str) -> bool:
    return _DATE.fullmatch(value) is not None and _parses(date, value)


def _is_datetime(value: str) -> bool:
    return _DATETIME.fullmatch(value) is not None and _parses(datetime, value)


def _parses(kind: type[date], value: str) -> bool:
    try:
        kind.fromisoformat(value)
    except ValueError:
        return False
    return True


def _expected(declared: ToolInput) -> str:
    match declared.type:
        case "string":
            return "a string"
        case "number":
            return "a number"
        case "boolean":
            return "true or false"
        case "enum":
            return "one of " + ", ".join(f'"{option}"' for option in declared.enum_options)
        case "date":
            return "a date as YYYY-MM-DD"
        case "datetime":
            return "a date and time as YYYY-MM-DDTHH:MM:SS, with or without an offset"
        case _:
            assert_never(declared.type)
