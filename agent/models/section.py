"""What every model of the input shares: its strictness, its silence in logs, and the types of its fields."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    StringConstraints,
)
from pydantic_core import PydanticCustomError, core_schema

from agent.numbers import is_e164, is_emergency
from agent.problems import ErrorCode

_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_URL = re.compile(r"https?://[^\s/?#]\S*")

_MOST = 1e9
"""Of a number whose range has no end of its own."""

EDITORS = "$schema"
"""A field at the top of any file: it tells editors the file's JSON Schema, and means nothing else."""

Flaw = tuple[str, str]
"""A field and what was expected of it."""


class Section(BaseModel):
    """An object of the input. Read it by `agent.models.parsing.parse`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    null_is_empty: ClassVar[frozenset[str]] = frozenset()
    """Fields whose `null` is an empty list rather than absent."""
    accepted: ClassVar[tuple[str, ...]] = ()
    """Beginnings of further field names that are known and of no interest."""

    @classmethod
    def across(cls, raw: Mapping[str, JsonValue]) -> Iterator[Flaw]:  # noqa: ARG003
        """What is wrong between fields, seen on the input, whose types are not checked yet."""
        yield from ()

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Nothing: keys, numbers and prompts are not for logs."""
        yield from ()


def expected(what: str, code: ErrorCode = ErrorCode.INVALID_METADATA) -> PydanticCustomError:
    """The error of a validator: what was expected, in words that hold nothing of the input."""
    return PydanticCustomError(code.value, "{what}", {"what": f"expected {what}"})


@dataclass(frozen=True, slots=True)
class Check:
    """A validator that comes after the type's own, and as much of it as JSON Schema can say."""

    check: Callable[[Any], Any]
    """Gives the value, or raises what `expected` makes."""
    keywords: Mapping[str, JsonValue] = field(hash=False)
    """Of JSON Schema; `examples` are for whoever writes a file."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        said = handler(schema)
        if said.keys() & self.keywords.keys():
            return {"allOf": [said, dict(self.keywords)]}
        return {**said, **self.keywords}


def between(low: float, high: float, owner: str = "") -> Check:
    """A number within a range, both ends included; the error names the range and whose it is."""

    def check(value: float) -> float:
        if not low <= value <= high:
            raise expected(f"a number from {low:g} to {high:g}" + (f", the range of {owner}" if owner else ""))
        return value

    return Check(check, {"minimum": low, "maximum": high})


def above(low: float, most: float = _MOST) -> Check:
    """A number greater than one and no greater than another."""

    def check(value: float) -> float:
        if not low < value <= most:
            raise expected(f"a number above {low:g}" if value <= low else f"a number of at most {most:.0f}")
        return value

    keywords: dict[str, JsonValue] = {} if low == -math.inf else {"exclusiveMinimum": low}
    return Check(check, keywords if most == _MOST else {**keywords, "maximum": most})


def matching(pattern: str, what: str) -> Check:
    """Text that matches a regular expression as a whole."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise expected(what)
        return value

    return Check(check, {"pattern": f"^(?:{pattern})$"})


def _phone_number(value: str) -> str:
    if is_emergency(value):
        raise expected("a number other than an emergency number", ErrorCode.NUMBER_NOT_ALLOWED)
    if not is_e164(value):
        raise expected("a phone number in E.164, such as +33123456789")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise expected("text that is not empty")
    return value


def _web_url(value: str) -> str:
    plain = _PLACEHOLDER.sub("1", value)
    if not value.startswith("{{") and (_URL.fullmatch(plain) is None or not has_address(plain)):
        raise expected("an http or https URL")
    return value


def has_address(url: str) -> bool:
    """Whether a URL says where to connect to: a host, and a port that there can be."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _label(value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > 200:
        raise expected("1 to 200 printable characters")
    return value


def unique(names: Callable[[Any], str], what: str) -> Check:
    """A list in which no two entries have the same name."""

    def check(entries: tuple[Any, ...]) -> tuple[Any, ...]:
        if len({names(entry) for entry in entries}) < len(entries):
            raise expected(f"a list in which every {what} is there once")
        return entries

    return Check(check, {})


Text = Annotated[str, Check(_text, {"pattern": r"\S"})]
"""Text that is not blank."""
Label = Annotated[str, Check(_label, {"pattern": r"\S", "maxLength": 200})]
"""An identifier or a name for people: printable, not blank, at most 200 characters."""
PhoneNumber = Annotated[str, Check(_phone_number, {"pattern": r"^\+[1-9][0-9]{1,14}$", "examples": ["+33123456789"]})]
"""E.164."""
WebUrl = Annotated[str, Check(_web_url, {"pattern": r"^(\{\{|https?://[^\s/?#])"})]
"""An http or https URL, in which any part may be a `{{variable}}`."""
Short = Annotated[str, StringConstraints(max_length=150)]
"""At most 150 characters."""
Delay = Annotated[int, above(-math.inf, 60_000)]
"""Milliseconds, at most a minute; negative ones mean none."""
Share = Annotated[float, between(0, 1)]
"""From 0 to 1."""
