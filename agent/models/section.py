"""What every model of the input shares: its strictness, its silence in logs, and the types of its fields."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from agent.numbers import is_e164, is_emergency
from agent.problems import ErrorCode

_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_URL = re.compile(r"https?://[^\s/?#]\S*")

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


def between(low: float, high: float, owner: str = "") -> AfterValidator:
    """A number within a range, both ends included; the error names the range and whose it is."""

    def check(value: float) -> float:
        if not low <= value <= high:
            raise expected(f"a number from {low:g} to {high:g}" + (f", the range of {owner}" if owner else ""))
        return value

    return AfterValidator(check)


def above(low: float, most: float = 1e9) -> AfterValidator:
    """A number greater than one and no greater than another."""

    def check(value: float) -> float:
        if not low < value <= most:
            raise expected(f"a number above {low:g}" if value <= low else f"a number of at most {most:.0f}")
        return value

    return AfterValidator(check)


def matching(pattern: str, what: str) -> AfterValidator:
    """Text that matches a regular expression as a whole."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise expected(what)
        return value

    return AfterValidator(check)


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
    if not value.startswith("{{") and (_URL.fullmatch(plain) is None or not _has_address(plain)):
        raise expected("an http or https URL")
    return value


def _has_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _label(value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > 200:
        raise expected("1 to 200 printable characters")
    return value


def unique(names: Callable[[Any], str], what: str) -> AfterValidator:
    """A list in which no two entries have the same name."""

    def check(entries: tuple[Any, ...]) -> tuple[Any, ...]:
        if len({names(entry) for entry in entries}) < len(entries):
            raise expected(f"a list in which every {what} is there once")
        return entries

    return AfterValidator(check)


Text = Annotated[str, AfterValidator(_text)]
"""Text that is not blank."""
Label = Annotated[str, AfterValidator(_label)]
"""An identifier or a name for people: printable, not blank, at most 200 characters."""
PhoneNumber = Annotated[str, AfterValidator(_phone_number)]
"""E.164."""
WebUrl = Annotated[str, AfterValidator(_web_url)]
"""An http or https URL, in which any part may be a `{{variable}}`."""
Short = Annotated[str, StringConstraints(max_length=150)]
"""At most 150 characters."""
Delay = Annotated[int, above(-math.inf, 60_000)]
"""Milliseconds, at most a minute; negative ones mean none."""
Share = Annotated[float, between(0, 1)]
"""From 0 to 1."""
