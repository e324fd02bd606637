"""Finding and reading line files: those that come with the program, by name, and any other, by path."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from agent import documents
from agent.models.section import EDITORS
from agent.problems import InputInvalid, Problem, WorkerError, shown
from agent.rehearsal.fields import ANY
from agent.rehearsal.script import LineScript

ALL = "shipped"
"""Stands for every line that comes with the program."""
_FOLDER = Path(__file__).parent / "lines"
ENDINGS = (".yaml", ".yml", ".json")
"""Of line files in a folder."""


class LineInvalid(InputInvalid):
    """The line file is not valid."""


class LinesInvalid(WorkerError):
    """Some of the line files are not valid."""

    def __init__(self, errors: Sequence[LineInvalid]) -> None:
        super().__init__()
        self._lines = tuple(line for error in errors for line in error.lines())

    def lines(self) -> tuple[str, ...]:
        """Everything that is wrong with any of them."""
        return self._lines

    def __str__(self) -> str:
        return "; ".join(self._lines)


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A line of a suite."""

    name: str
    """Of its file, without the ending."""
    script: LineScript


def shipped() -> tuple[str, ...]:
    """Names of the lines that come with the program."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def source(name: str) -> Path:
    """The file of a shipped line."""
    return _FOLDER / f"{name}.yaml"


def load_line(name_or_path: str) -> LineScript:
    """Read a shipped line or a line file. Raises `LineInvalid` with everything that is wrong."""
    path = source(name_or_path) if name_or_path in shipped() else Path(name_or_path)
    if documents.there(path.is_dir) or not (documents.there(path.exists) or documents.there(path.is_symlink)):
        raise nothing_there(name_or_path, ", a line file or a folder of them")
    try:
        return parse_line(documents.load(path))
    except InputInvalid as error:
        raise LineInvalid(error.problems, source=str(path)) from None


def is_folder(given: str) -> bool:
    """Whether it stands for several lines."""
    return given == ALL or (given not in shipped() and documents.there(Path(given).is_dir))


def load_lines(given: Sequence[str]) -> tuple[NamedLine, ...]:
    """Read every line of some names, files and folders, in order. Raises `LinesInvalid` with all that is wrong."""
    wanted = [each for name in given for each in _expanded(name)]
    lines: dict[str, NamedLine] = {}
    errors: list[LineInvalid] = []
    for each in wanted:
        name = each if each in shipped() else Path(each).stem
        try:
            script = load_line(each)
        except LineInvalid as error:
            errors.append(error)
            continue
        if name in lines:
            errors.append(LineInvalid([Problem("", "expected every line once: another has this name")], shown(each)))
        lines[name] = NamedLine(name, script)
    if errors:
        raise LinesInvalid(errors)
    return tuple(lines.values())


def _expanded(name: str) -> list[str]:
    if name == ALL:
        return list(shipped())
    if not is_folder(name):
        return [name]
    inside = (path for path in Path(name).iterdir() if path.suffix.lower() in ENDINGS)
    found = sorted(str(path) for path in inside if not documents.there(path.is_dir))
    if not found:
        raise LineInvalid([Problem("", "expected a folder with line files, which end in .yaml")], source=shown(name))
    return found


def parse_line(raw: JsonValue) -> LineScript:
    """Read what a line file holds. Raises `LineInvalid`; no problem quotes a value."""
    if not isinstance(raw, dict):
        raise LineInvalid([Problem("", "expected an object")])
    try:
        return LineScript.model_validate({name: value for name, value in raw.items() if name != EDITORS})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        raise LineInvalid([_problem(detail) for detail in details]) from None


def nothing_there(name: str, beside: str = "") -> LineInvalid:
    """What is wrong with the name of a line that is none; `beside` is what else it could have been."""
    near = difflib.get_close_matches(name[:80], shipped(), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return LineInvalid([Problem("", f"expected {', '.join(shipped())}{beside}: there is none{hint}")], shown(name))


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
        if isinstance(part, str) and part in model.model_fields:
            model = _section(model.model_fields[part].annotation) or model
    name = str(place[-1])[:80]
    near = difflib.get_close_matches(name, model.model_fields, n=1, cutoff=0.6)
    return next(iter((*_within(name, model), *near)), None)


def _within(name: str, model: type[BaseModel]) -> Iterator[str]:
    """Where it would be known, one level further in."""
    for field, info in model.model_fields.items():
        section = _section(info.annotation)
        if section is not None and name in section.model_fields:
            yield f"{field}.{name}"


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model in a field's annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_section(argument) for argument in get_args(annotation) if argument is not NoneType)
    return next((model for model in inner if model is not None), None)
