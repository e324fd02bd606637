"""What the sections of a line file share: their strictness and the types of their fields."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    RootModel,
    model_validator,
)
from pydantic_core import core_schema

ANY = "*"
"""Stands for the language of a text that is given for all of them."""


class Section(BaseModel):
    """An object of a line file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    short: ClassVar[Mapping[str, JsonValue]] = {}
    """JSON Schema of its short form; empty: it has none."""

    @classmethod
    def lengthened(cls, value: Any) -> Any:
        """The full form of what may be a short one."""
        return value

    @model_validator(mode="before")
    @classmethod
    def _lengthened(cls, value: Any) -> Any:
        return cls.lengthened(value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        full = handler(schema)
        return {"anyOf": [dict(cls.short), full]} if cls.short else full


Seconds = Annotated[float, Field(ge=0, le=3600)]
Level = Annotated[float, Field(ge=-90, le=0)]
"""dBFS, RMS."""


def pattern(value: str) -> str:
    """A regular expression that Python reads."""
    try:
        re.compile(value, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError):
        raise ValueError("expected a regular expression") from None
    return value


Pattern = Annotated[str, AfterValidator(pattern)]
"""A regular expression, case-insensitive."""


class Wording(RootModel[dict[str, Annotated[str, Field(min_length=1, max_length=5000)]]]):
    """What somebody says: one text, or one for each of several languages."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _by_language(cls, value: Any) -> Any:
        texts = {ANY: value} if isinstance(value, str) else value
        if not isinstance(texts, dict) or not texts:
            raise ValueError("expected text, in quotes where it looks like a number, or texts by language")
        return texts

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "anyOf": [{"type": "string", "minLength": 1, "maxLength": 5000}, {**handler(schema), "minProperties": 1}]
        }

    def text(self, language: str) -> str:
        """The text in a BCP 47 language, else in another variety of it, else the first there is."""
        tags = [tag.lower() for tag in self.root]
        wanted = language.lower()
        alike = [tag for tag in tags if tag.partition("-")[0] == wanted.partition("-")[0]]
        best = wanted if wanted in tags else next(iter(alike), tags[0])
        return list(self.root.values())[tags.index(best)]


def listed(value: Any) -> Any:
    """Lets a list of one be written without its brackets."""
    return value if isinstance(value, list | tuple) else [value]


def one_of(kind: type[StrEnum]) -> Mapping[str, JsonValue]:
    """JSON Schema of one of some values."""
    return {"enum": [member.value for member in kind]}
