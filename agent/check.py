"""`check`: everything that is wrong with attempts and assistants, without calling anyone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from agent import documents, variables
from agent.locale import Locale
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import Parsed
from agent.plan import Plan
from agent.prepare import examine
from agent.problems import ErrorCode, InputInvalid, Problem, shown
from agent.providers import REAL
from agent.settings import Settings

Fetch = Callable[[str], Parsed[Assistant]]
"""Reads the assistant at an `assistant_url`. Raises `InputInvalid`."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a file comes to, so far as it is valid."""

    attempt: Attempt
    """For an assistant on its own, a call that any caller could make."""
    assistant: Assistant
    plan: Plan
    within: str
    """Path the assistant stands at; empty for the top."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What there is to say about one file."""

    file: str
    kind: Literal["attempt", "assistant", ""] = ""
    """`attempt`, `assistant`, or empty where it cannot be told."""
    problems: tuple[Problem, ...] = ()
    unknown: tuple[str, ...] = ()
    """Unknown fields, with what they resemble."""
    warnings: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    """Prompt variables that an assistant on its own needs from its calls."""
    confirmed: tuple[str, ...] = ()
    """What was asked of servers and found well."""
    subject: Subject | None = field(default=None, repr=False)
    """None where nothing could be read, or the assistant is elsewhere and was not fetched."""

    @property
    def valid(self) -> bool:
        """Whether the file can be used."""
        return not self.problems

    def lines(self) -> list[str]:
        """Everything found, each on a line that begins with the file."""
        found = [*map(str, self.problems), *self.unknown, *(f"warning: {warning}" for warning in self.warnings)]
        return [f"{self.file}: {line}" for line in found]

    def summary(self) -> str:
        """The verdict in a line."""
        if self.problems:
            return f"{self.file}: {len(self.problems)} problem{'s' if len(self.problems) > 1 else ''}"
        needed = f", needs {', '.join(map(shown, self.variables))}" if self.variables else ""
        return f"{self.file}: valid {self.kind}{needed}"

    def as_json(self) -> dict[str, object]:
        """The same for a program to read."""
        return {
            "file": self.file,
            "kind": self.kind or None,
            "valid": self.valid,
            "problems": [
                {"path": problem.path, "message": problem.message, "code": problem.code} for problem in self.problems
            ],
            "unknown_fields": list(self.unknown),
            "warnings": list(self.warnings),
            "prompt_variables": list(self.variables),
            "confirmed": list(self.confirmed),
        }


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What files are checked with."""

    settings: Settings
    now: datetime
    fetch: Fetch | None
    strict: bool


def check(
    files: Sequence[Path], settings: Settings, now: datetime, *, fetch: Fetch | None = None, strict: bool = False
) -> list[Verdict]:
    """A verdict for each file. Missing credentials are warnings, or problems where it is `strict`.

    Without `fetch`, an assistant at an `assistant_url` is not looked at.
    """
    circumstances = _Circumstances(settings, now, fetch, strict)
    return [_verdict(file, circumstances) for file in files]


def _verdict(file: Path, given: _Circumstances) -> Verdict:
    try:
        document = documents.read(file)
    except InputInvalid as error:
        return Verdict(str(file), problems=error.problems)
    model = document.model
    if isinstance(model, Attempt):
        verdict = Verdict(str(file), "attempt", document.problems, tuple(map(str, document.unknown)))
        return (
            _elsewhere(verdict, model, model.assistant_url, given)
            if model.assistant_url
            else _judged(verdict, model, model.assistant or Assistant(), "assistant", given)
        )
    needed = _needed(model, document.within)
    verdict = Verdict(str(file), "assistant", document.problems, tuple(map(str, document.unknown)), variables=needed)
    return _judged(verdict, _any_call(needed), model, document.within, given)


def _elsewhere(verdict: Verdict, attempt: Attempt, url: str, given: _Circumstances) -> Verdict:
    """The verdict on an attempt whose assistant is at an URL."""
    if given.fetch is None:
        return _unseen(_judged(verdict, attempt, Assistant(), "assistant", given))
    try:
        fetched = given.fetch(url)
    except InputInvalid as error:
        judged = _judged(verdict, attempt, Assistant(), "assistant", given)
        return replace(_unseen(judged), problems=(*judged.problems, *error.problems), warnings=())
    verdict = replace(
        verdict,
        problems=(*verdict.problems, *fetched.problems),
        unknown=(*verdict.unknown, *map(str, fetched.unknown)),
    )
    return _judged(verdict, attempt, fetched.model, "assistant", given)


def _judged(verdict: Verdict, attempt: Attempt, assistant: Assistant, within: str, given: _Circumstances) -> Verdict:
    """The verdict with what preparing the call would find.

    Language and time zone are not worked out, which takes half a second: nothing here depends on them.
    """
    settings = given.settings
    locale = Locale(attempt.language or settings.language, attempt.timezone or settings.timezone)
    examined = examine(attempt, assistant, settings, REAL, given.now, locale, within)
    missing = () if given.strict else _missing(examined.problems)
    return replace(
        verdict,
        problems=(*verdict.problems, *(problem for problem in examined.problems if problem not in missing)),
        warnings=(*verdict.warnings, *map(str, missing), *examined.warnings),
        subject=Subject(attempt, assistant, examined.plan, within),
    )


def _missing(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.code is ErrorCode.MISSING_CREDENTIALS)


def _unseen(verdict: Verdict) -> Verdict:
    """The verdict on an attempt whose assistant is elsewhere; what was said of an empty one does not count."""
    problems = tuple(problem for problem in verdict.problems if problem.code is not ErrorCode.MISSING_CREDENTIALS)
    warnings = ("assistant_url is not fetched, so the assistant is not checked",)
    return replace(verdict, problems=problems, warnings=warnings, subject=None)


def _needed(assistant: Assistant, within: str) -> tuple[str, ...]:
    _, unresolved = variables.resolve(assistant, dict.fromkeys(variables.BUILT_IN, ""), (), within)
    return tuple(dict.fromkeys(missing.name for missing in unresolved))


def _any_call(needed: tuple[str, ...]) -> Attempt:
    """A call that gives the assistant every variable it uses."""
    return Attempt(direction="inbound", prompt_variables=dict.fromkeys((*needed, *variables.BUILT_IN), ""))
