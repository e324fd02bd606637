"""From JSON to a model: once, strictly, and with everything that is wrong said at once.

`null` and absent are the same, except where a model says what its null means. Fields that nobody knows are collected
by path and left out. No message holds a value of the input.
"""

import difflib
import json
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import JsonValue, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from agent.models.section import Section
from agent.problems import ErrorCode, InputInvalid, Problem, shown

S = TypeVar("S", bound=Section)

_CODES = frozenset(code.value for code in ErrorCode)
_TAGS = ("type", "provider")
"""Fields that tell the members of a union apart."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A field that no model has."""

    path: str
    near: str | None
    """The known field it resembles most."""

    def __str__(self) -> str:
        return f"{self.path}: unknown field" + (f"; did you mean {self.near}?" if self.near else "")


@dataclass(frozen=True, slots=True)
class Parsed(Generic[S]):
    """A model and what there is to say about its input."""

    model: S
    """Where there are problems: what is left without the fields that have them."""
    problems: tuple[Problem, ...]
    unknown: tuple[Unknown, ...]
    within: str = ""
    """Path the object stands at."""

    def valid(self) -> S:
        """The model. Raises `InputInvalid` if there are problems."""
        if self.problems:
            raise InputInvalid(self.problems)
        return self.model


def parse(model: type[S], raw: JsonValue, within: str = "") -> Parsed[S]:
    """Read an object of JSON's types as a model.

    `within` is the path the object stands at. Raises `InputInvalid` if it is no object at all.
    """
    if not isinstance(raw, dict):
        raise InputInvalid([Problem(within, "expected an object")])
    reader = _Reader()
    clean = reader.object(raw, model, within)
    problems = reader.problems
    try:
        value = model.model_validate_json(json.dumps(clean))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        problems = [_problem(detail, clean, within) for detail in details] + problems
        value = model.model_validate_json(json.dumps(_without(clean, (detail["loc"] for detail in details))))
    return Parsed(value, tuple(problems), tuple(reader.unknown), within)


@dataclass
class _Reader:
    """Walks the input beside the models: drops nulls, collects unknown fields and what is wrong between fields."""

    problems: list[Problem] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)

    def object(self, raw: dict[str, JsonValue], model: type[Section], path: str) -> dict[str, JsonValue]:
        clean: dict[str, JsonValue] = {}
        for name, value in raw.items():
            info = model.model_fields.get(name)
            if info is None:
                if not name.startswith(model.accepted):
                    self.unknown.append(Unknown(_join(path, name), _nearest(name, model)))
            elif value is not None:
                clean[name] = self.value(value, _Shape.of(info), _join(path, name))
            elif name in model.null_is_empty:
                clean[name] = []
        self.problems += [Problem(_join(path, name), f"expected {what}") for name, what in model.across(clean)]
        return clean

    def value(self, raw: JsonValue, shape: "_Shape", path: str) -> JsonValue:
        if shape.repeated and isinstance(raw, list):
            one = _Shape(shape.models, shape.tag)
            return [self.value(entry, one, f"{path}[{index}]") for index, entry in enumerate(raw)]
        if isinstance(raw, dict) and not shape.repeated and (model := shape.model(raw)) is not None:
            return self.object(raw, model, path)
        if isinstance(raw, dict) and shape.plain_map:
            return {name: value for name, value in raw.items() if value is not None}
        return raw


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a field's annotation says about objects in it."""

    models: tuple[type[Section], ...] = ()
    tag: str | None = None
    """Field that tells the models apart."""
    repeated: bool = False
    plain_map: bool = False
    """A map of strings, in which null is absent too."""

    @classmethod
    def of(cls, info: FieldInfo) -> "_Shape":
        tag = info.discriminator if isinstance(info.discriminator, str) else None
        return cls._of(info.annotation, tag)

    @classmethod
    def _of(cls, annotation: Any, tag: str | None) -> "_Shape":
        origin, arguments = get_origin(annotation), get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, Section):
            return cls((annotation,), tag)
        if origin is Annotated:
            tags = [extra.discriminator for extra in arguments[1:] if isinstance(extra, FieldInfo)]
            return cls._of(arguments[0], next((name for name in tags if isinstance(name, str)), tag))
        if origin is tuple:
            inner = cls._of(arguments[0], tag)
            return cls(inner.models, inner.tag, repeated=True)
        if origin in (Union, types.UnionType):
            shapes = [cls._of(argument, tag) for argument in arguments if argument is not types.NoneType]
            return cls(
                tuple(model for shape in shapes for model in shape.models),
                next((shape.tag for shape in shapes if shape.tag), tag),
                any(shape.repeated for shape in shapes),
                any(shape.plain_map for shape in shapes),
            )
        return cls(plain_map=origin is dict and arguments == (str, str))

    def model(self, raw: dict[str, JsonValue]) -> type[Section] | None:
        """The model an object is to be read as; None if its tag fits none."""
        if self.tag is None:
            return self.models[0] if self.models else None
        return next((model for model in self.models if raw.get(self.tag) in _tags(model, self.tag)), None)


def _tags(model: type[Section], tag: str) -> Sequence[Any]:
    return get_args(model.model_fields[tag].annotation)


def _nearest(name: str, model: type[Section]) -> str | None:
    near = difflib.get_close_matches(name[:80], model.model_fields, n=1, cutoff=0.75)
    return next(iter((*_within(name, model), *near)), None)


def _within(name: str, model: type[Section]) -> Iterator[str]:
    """Where it would be known, one level further in: `prompt` of an attempt is its assistant's."""
    for field_name, info in model.model_fields.items():
        shape = _Shape.of(info)
        if shape.tag is None and not shape.repeated and any(name in inner.model_fields for inner in shape.models):
            yield f"{field_name}.{name}"


def _join(path: str, name: str) -> str:
    return f"{path}.{shown(name)}" if path else shown(name)


def _problem(detail: ErrorDetails, raw: JsonValue, within: str) -> Problem:
    kind = detail["type"]
    code = ErrorCode(kind) if kind in _CODES else ErrorCode.INVALID_METADATA
    path = within
    for part in detail["loc"]:
        if isinstance(part, int):
            path = f"{path}[{part}]"
            raw = raw[part] if isinstance(raw, list) and part < len(raw) else None
        elif isinstance(raw, dict) and part not in raw and any(raw.get(tag) == part for tag in _TAGS):
            continue  # the tag of a union, which pydantic puts between its field and the member's
        else:
            path = _join(path, part)
            raw = raw.get(part) if isinstance(raw, dict) else None
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        path = _join(path, str(detail["ctx"]["discriminator"]).strip("'"))
    return Problem(path, _expectation(detail), code)


_EXPECTED = {
    "missing": "expected a value: this field is required",
    "string_type": "expected a string",
    "string_sub_type": "expected a string",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a smaller number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "bool_type": "expected true or false",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "union_tag_not_found": "expected a value: this field says what the others mean",
}


def _expectation(detail: ErrorDetails) -> str:
    context = detail["ctx"] if "ctx" in detail else {}
    match detail["type"]:
        case kind if kind in _CODES:
            return str(context["what"])
        case "literal_error":
            return f"expected {context['expected']}"
        case "union_tag_invalid":
            return f"expected {context['expected_tags']}"
        case "string_too_long":
            return f"expected at most {context['max_length']} characters"
        case kind:
            return _EXPECTED.get(kind, "expected another kind of value")


def _without(raw: dict[str, JsonValue], places: Iterable[tuple[int | str, ...]]) -> dict[str, JsonValue]:
    """The input without the fields that have problems, so that the rest can still be looked at."""
    clean = dict(raw)
    for place in places:
        _drop(clean, place)
    return clean


def _drop(clean: dict[str, JsonValue], place: tuple[int | str, ...]) -> None:
    name = str(place[0])
    value = clean.get(name)
    if name in ("assistant", "prompt_variables") and isinstance(value, dict) and len(place) > 1:
        inner = dict(value)
        if name == "assistant":
            _drop(inner, place[1:])
        else:
            inner[str(place[1])] = ""
        clean[name] = inner
    else:
        clean.pop(name, None)
