"""What can be wrong with what the worker is given, and the codes an attempt's `error` can carry.

    WorkerError
     ├── InputInvalid       an attempt, an assistant or an option
     └── SettingsInvalid    the environment or `.env`

No message quotes the value it complains about: keys, numbers and prompts live there. Names of fields and variables are
shown, made printable by `shown`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """Every code an attempt's `error` can carry."""

    INVALID_METADATA = "invalid_metadata"
    """The attempt or its assistant is malformed: a missing field, a wrong type, a value out of range."""
    UNRESOLVED_VARIABLE = "unresolved_variable"
    """A `{{variable}}` has no value where it is used."""
    UNSUPPORTED_ASSISTANT_TYPE = "unsupported_assistant_type"
    """The assistant is `multi-step` or a `sub-assistant`."""
    UNSUPPORTED_PROVIDER = "unsupported_provider"
    """The assistant asks for a provider that this version does not speak to."""
    NUMBER_NOT_ALLOWED = "number_not_allowed"
    """An emergency or premium-rate number, or a country outside `VOICE_WORKER_ALLOWED_COUNTRIES`."""
    MISSING_CREDENTIALS = "missing_credentials"
    """A provider that the call needs has no key or no endpoint."""
    ASSISTANT_UNAVAILABLE = "assistant_unavailable"
    """`assistant_url` could not be read."""
    PRECALL_LOOKUP_FAILED = "precall_lookup_failed"
    """`precall_lookup_url` did not give the variables an inbound call needs."""
    DIAL_ERROR = "dial_error"
    """The dial ended without an answer; the attempt's `dial_error` says how."""
    CANCELLED = "cancelled"
    """The scheduler withdrew the attempt while it rang."""
    PROVIDER_FAILED = "provider_failed"
    """A model, a voice or a recogniser failed and nothing could take its place."""
    INTERNAL_ERROR = "internal_error"
    """A fault of the worker itself."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where."""

    path: str
    """Field path such as `assistant.custom_tools[0].name`, or the name of a setting or an option; may be empty."""
    message: str
    """What was expected."""
    code: ErrorCode = ErrorCode.INVALID_METADATA

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class WorkerError(Exception):
    """The worker cannot do what it was asked to do."""

    def lines(self) -> tuple[str, ...]:
        """What to print, line by line."""
        return (str(self),)


class _Problems(WorkerError):
    def __init__(self, problems: Sequence[Problem], source: str = "") -> None:
        super().__init__()
        self.problems = tuple(problems)
        self.source = source
        """File the problems are in; empty where there is none."""

    def lines(self) -> tuple[str, ...]:
        prefix = f"{self.source}: " if self.source else ""
        return tuple(f"{prefix}{problem}" for problem in self.problems)

    def __str__(self) -> str:
        return "; ".join(str(problem) for problem in self.problems) or type(self).__doc__ or ""


class InputInvalid(_Problems):
    """What the worker was given is not valid."""

    @property
    def code(self) -> ErrorCode:
        """Code of the first problem, which is the attempt's."""
        return self.problems[0].code if self.problems else ErrorCode.INVALID_METADATA


class SettingsInvalid(_Problems):
    """A setting is not valid."""


def shown(name: str) -> str:
    """A name from the input, safe to print: at most 60 characters, none of them a control character."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in name[:61])
    return plain if len(plain) <= 60 else plain[:57] + "..."
