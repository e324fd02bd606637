"""Finding and reading a line file: one that comes with the program, by its name, or any other, by its path."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from agent import documents
from agent.problems import InputInvalid, Problem, shown
from agent.rehearsal.script import ANY, LineScript

_FOLDER = Path(__file__).parent / "lines"


class LineInvalid(InputInvalid):
    """The line file is not valid."""


def shipped() -> tuple[str, ...]:
    """Names of the lines that come with the program."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def load_line(name_or_path: str) -> LineScript:
    """Read a shipped line or a YAML file. Raises `LineInvalid` with everything that is wrong."""
    path = _FOLDER / f"{name_or_path}.yaml" if name_or_path in shipped() else Path(name_or_path)
    if not path.is_file():
        raise LineInvalid([_nothing_there(name_or_path)], source=shown(name_or_path))
    try:
        return parse_line(documents.load(path))
    except InputInvalid as error:
        raise LineInvalid(error.problems, source=str(path)) from None


def parse_line(raw: JsonValue) -> LineScript:
    """Read what a line file holds. Raises `LineInvalid`; no problem quotes a value."""
    if not isinstance(raw, dict):
        raise LineInvalid([Problem("", "expected an object")])
    try:
        return LineScript.model_validate(raw)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        raise LineInvalid([_problem(detail) for detail in details]) from None


def _nothing_there(name: str) -> Problem:
    near = difflib.get_close_matches(name[:80], shipped(), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return Problem("", f"expected {', '.join(shipped())} or a YAML file: there is none{hint}")


def _problem(detail: ErrorDetails) -> Problem:
    path = ""
    for part in detail["loc"]:
        if part == ANY:
            continue  # stands in the model only
        path += f"[{part}]" if isinstance(part, int) else f".{shown(part)}"
    return Problem(path.removeprefix("."), _expectation(detail))


_EXPECTED = {
    "missing": "expected a value: this field is required",
    "string_type": "expected text, in quotes where it looks like a number",
    "string_too_short": "expected text that is not empty",
    "tuple_type": "expected a list",
    "model_type": "expected an object",
    "dict_type": "expected an object",
}


def _expectation(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        near = _nearest(detail["loc"])
        return "unknown field" + (f"; did you mean {near}?" if near else "")
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    # What pydantic says of the other types in use names the expectation only, never the input.
    return detail["msg"].removeprefix("Value error, ").replace("Input should", "expected to", 1)


def _nearest(place: Sequence[int | str]) -> str | None:
    model: type[BaseModel] = LineScript
    for part in place[:-1]:
        if isinstance(part, str):
            model = _section(model.model_fields[part].annotation) or model
    return next(iter(difflib.get_close_matches(str(place[-1])[:80], model.model_fields, n=1, cutoff=0.6)), None)


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model in a field's annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_section(argument) for argument in get_args(annotation) if argument is not NoneType)
    return next((model for model in inner if model is not None), None)
