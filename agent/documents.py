"""Reading attempts and assistants from JSON and YAML files.

YAML is read with JSON's scalars: `no` and `2026-03-09` and `+33123456789` are text, as they would be in JSON.
"""

import json
import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import JsonValue

from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import Parsed, parse
from agent.problems import InputInvalid, Problem, shown

LARGEST = 8_000_000
"""Bytes of a file that is read."""
MOST_VALUES = 200_000
"""Values in a file, those of YAML's aliases counted as often as they are used."""
DEEPEST = 64
"""Levels of lists and objects within each other."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

_ATTEMPT_ONLY = frozenset(Attempt.model_fields) - frozenset(Assistant.model_fields)
_LINE_ONLY = frozenset({"callee", "expect", "persona", "ring"})
_NO_LINE = frozenset({"assistant", "assistant_url", "attempt_id", "prompt"})
_REPEATED = object()
"""Stands where a JSON object has a key a second time, until its path is known."""


def safe_name(attempt_id: str) -> str:
    """The attempt's id as the name of one folder, whatever is written in it."""
    name = _UNSAFE.sub("_", attempt_id)[:100].strip(".")
    return name or "_"


def read(path: Path) -> Parsed[Attempt] | Parsed[Assistant]:
    """Read a file that holds an attempt or an assistant. Raises `InputInvalid` if it cannot be either."""
    try:
        raw = load_attempt(path)
        if isinstance(raw, dict) and not _LINE_ONLY.isdisjoint(raw) and _NO_LINE.isdisjoint(raw):
            raise InputInvalid([Problem("", "this is a line file: give it to `rehearse --line`")])
        return parse(Attempt, raw) if _is_attempt(raw) else parse_assistant(raw)
    except InputInvalid as error:
        raise InputInvalid(error.problems, source=str(path)) from None


def parse_assistant(raw: JsonValue, within: str = "") -> Parsed[Assistant]:
    """An assistant, bare or wrapped as `{"assistant": …}`. Raises `InputInvalid` if it is no object.

    `within` is the path a bare one stands at.
    """
    if isinstance(raw, dict) and "assistant" in raw:
        return parse(Assistant, raw["assistant"], within="assistant")
    return parse(Assistant, raw, within)


def read_attempt(path: Path) -> Parsed[Attempt]:
    """Read a valid attempt. Raises `InputInvalid`, which names the file."""
    try:
        parsed = parse(Attempt, load_attempt(path))
        parsed.valid()
    except InputInvalid as error:
        raise InputInvalid(error.problems, source=str(path)) from None
    return parsed


def load_attempt(path: Path) -> JsonValue:
    """The values of an attempt's file, its assistant with them where that is a file's path. Raises `InputInvalid`."""
    raw = load(path)
    beside = _assistant_file(raw, path)
    if beside is None or not isinstance(raw, dict):
        return raw
    try:
        assistant = load(beside)
    except InputInvalid as error:
        what = "expected an object, or the path of an assistant's file"
        raise InputInvalid([Problem("assistant", f"{what}: there, {problem}") for problem in error.problems]) from None
    wrapped = isinstance(assistant, dict) and "assistant" in assistant
    return {**raw, "assistant": assistant["assistant"] if wrapped and isinstance(assistant, dict) else assistant}


def files_of(path: Path) -> tuple[Path, ...]:
    """The file of an attempt and, where it names one, that of its assistant, whatever is in them."""
    try:
        beside = _assistant_file(load(path), path)
    except InputInvalid:
        beside = None
    return (path,) if beside is None else (path, beside)


def _assistant_file(raw: JsonValue, path: Path) -> Path | None:
    """Where an attempt's file says that its assistant is: relative to itself."""
    if not isinstance(raw, dict) or not _is_attempt(raw) or not isinstance(raw.get("assistant"), str):
        return None
    return path.parent / str(raw["assistant"])


def there(look: Callable[[], bool]) -> bool:
    """What a look such as `path.is_file` finds: nothing where the path is too long or out of reach."""
    try:
        return look()
    except OSError:
        return False


def load(path: Path) -> JsonValue:
    """The values of a JSON or YAML file or pipe, which its ending tells. Raises `InputInvalid`."""
    try:
        with open(path, "rb", opener=_open) as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise InputInvalid([Problem("", f"expected at most {LARGEST // 1_000_000} MB")])
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputInvalid([Problem("", "expected text in UTF-8")]) from None
    except FileNotFoundError:
        raise InputInvalid([Problem("", "expected a file: there is none")]) from None
    except (OSError, ValueError):
        raise InputInvalid([Problem("", "expected a file that can be read")]) from None
    return _plain(_loads_json if path.suffix.lower() == ".json" else _loads_yaml, text)


def _open(path: str, flags: int) -> int:
    """A named pipe that nobody writes to is empty, instead of being waited for."""
    number = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(number, True)
    return number


def loads(text: str | bytes) -> JsonValue:
    """Parse JSON. Raises `InputInvalid`, with line and column where that is known."""
    return _plain(_loads_json, text)


T = TypeVar("T", str, str | bytes)


def _plain(parser: Callable[[T], JsonValue], text: T) -> JsonValue:
    try:
        value = parser(text)
        _Plainness().check(value, "", 0)
    except RecursionError:
        raise InputInvalid([Problem("", f"expected at most {DEEPEST} levels")]) from None
    return value


def _loads_json(text: str | bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise InputInvalid([Problem(_place(error.lineno, error.colno), f"expected JSON: {error.msg}")]) from None
    except ValueError:
        raise InputInvalid([Problem("", "expected JSON in UTF-8, with numbers that JSON has")]) from None
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Python's JSON lets the last of several equal keys win."""
    found: dict[str, object] = {}
    for key, value in pairs:
        found[key] = _REPEATED if key in found else value
    return found


def _no_constant(name: str) -> float:
    """Python's JSON knows NaN and infinities; JSON does not."""
    raise ValueError(name)


def _loads_yaml(text: str) -> JsonValue:
    try:
        value: JsonValue = yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = _place(mark.line + 1, mark.column + 1) if mark else ""
        raise InputInvalid([Problem(place, f"expected YAML: {_complaint(error)}")]) from None
    except (yaml.YAMLError, ValueError):
        raise InputInvalid([Problem("", "expected YAML of printable characters and plain values")]) from None
    return value


class _Loader(yaml.CSafeLoader):
    """Safe, with JSON's idea of what is a number, a truth value or null."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  (as its base declares it)

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._flat: set[yaml.MappingNode] = set()

    def descend_resolver(self, current_node: yaml.Node | None, current_index: object) -> None:
        """Called before every value: what is within it is read by recursion in C, whose stack has no guard."""
        self._depth += 1
        if self._depth > DEEPEST + 1:
            raise RecursionError
        super().descend_resolver(current_node, current_index)

    def ascend_resolver(self) -> None:
        """Called after every value."""
        self._depth -= 1
        super().ascend_resolver()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Called for every mapping, some several times: the first time, its keys are still those that are written."""
        if node in self._flat:
            return
        self._flat.add(node)
        written: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in written:
                mark = key.start_mark
                raise InputInvalid([Problem(_place(mark.line + 1, mark.column + 1), "expected this key once")])
            written.add(key.value)
        super().flatten_mapping(node)


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?(0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", "-0123456789"),
    ("null", r"null|~|", ["n", "~", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first))


def _complaint(error: yaml.MarkedYAMLError) -> str:
    """What is wrong, in words that cannot hold a value."""
    match error:
        case yaml.scanner.ScannerError() | yaml.parser.ParserError():
            return error.problem or "it cannot be read"
        case yaml.composer.ComposerError():
            return "one document, whose aliases all have an anchor"
        case _:
            return "plain values and plain keys"


@dataclass
class _Plainness:
    """Makes sure that there is nothing in a value that JSON has not, and not too much of it."""

    values: int = 0
    characters: int = 0

    def check(self, value: object, path: str, depth: int) -> None:
        """Raises `InputInvalid` at the first thing that is wrong."""
        self.values += 1
        self.characters += len(value) if isinstance(value, str) else 0
        if self.values > MOST_VALUES or self.characters > LARGEST or depth > DEEPEST:
            raise InputInvalid([Problem("", f"expected at most {MOST_VALUES} values in at most {DEEPEST} levels")])
        match value:
            case dict():
                for key, entry in value.items():
                    if not isinstance(key, str):
                        raise InputInvalid([Problem(path, "expected keys that are text")])
                    _check_text(key, path)
                    self.check(entry, f"{path}.{shown(key)}" if path else shown(key), depth + 1)
            case list():
                for index, entry in enumerate(value):
                    self.check(entry, f"{path}[{index}]", depth + 1)
            case str():
                _check_text(value, path)
            case float() if not math.isfinite(value):
                raise InputInvalid([Problem(path, "expected a finite number")])
            case bool() | int() | float() | None:
                pass
            case _:
                expected = "this key once" if value is _REPEATED else "a value that JSON has"
                raise InputInvalid([Problem(path, f"expected {expected}")])


def _check_text(text: str, path: str) -> None:
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InputInvalid([Problem(path, "expected text without half characters (lone surrogates)")])


def _place(line: int, column: int) -> str:
    return f"line {line}, column {column}"


def _is_attempt(raw: JsonValue) -> bool:
    return isinstance(raw, dict) and set(raw) != {"assistant"} and not _ATTEMPT_ONLY.isdisjoint(raw)
