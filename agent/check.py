"""`check`: everything that is wrong with attempts and assistants, without calling anyone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from agent import documents, variables
from agent.locale import Locale
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.prepare import examine
from agent.problems import ErrorCode, InputInvalid, Problem, shown
from agent.providers import REAL
from agent.settings import Settings


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
        }


def check(files: Sequence[Path], settings: Settings, now: datetime) -> list[Verdict]:
    """A verdict for each file. Missing credentials are warnings here."""
    return [_verdict(file, settings, now) for file in files]


def _verdict(file: Path, settings: Settings, now: datetime) -> Verdict:
    try:
        document = documents.read(file)
    except InputInvalid as error:
        return Verdict(str(file), problems=error.problems)
    model = document.model
    if isinstance(model, Attempt):
        assistant = model.assistant or Assistant()
        verdict = Verdict(str(file), "attempt", document.problems, tuple(map(str, document.unknown)))
        judged = _judged(verdict, model, assistant, "assistant", settings, now)
        return _unseen(judged) if model.assistant_url is not None else judged
    needed = _needed(model, document.within)
    verdict = Verdict(str(file), "assistant", document.problems, tuple(map(str, document.unknown)), variables=needed)
    return _judged(verdict, _any_call(needed), model, document.within, settings, now)


def _judged(
    verdict: Verdict, attempt: Attempt, assistant: Assistant, within: str, settings: Settings, now: datetime
) -> Verdict:
    """The verdict with what preparing the call would find.

    Language and time zone are not worked out, which takes half a second: nothing here depends on them.
    """
    locale = Locale(attempt.language or settings.language, attempt.timezone or settings.timezone)
    examined = examine(attempt, assistant, settings, REAL, now, locale, within)
    problems = [problem for problem in examined.problems if problem.code is not ErrorCode.MISSING_CREDENTIALS]
    missing = [str(problem) for problem in examined.problems if problem.code is ErrorCode.MISSING_CREDENTIALS]
    return replace(
        verdict, problems=(*verdict.problems, *problems), warnings=(*verdict.warnings, *missing, *examined.warnings)
    )


def _unseen(verdict: Verdict) -> Verdict:
    """The verdict on an attempt whose assistant is elsewhere; what was said of an empty one does not count."""
    return replace(verdict, warnings=("assistant_url is not fetched, so the assistant is not checked",))


def _needed(assistant: Assistant, within: str) -> tuple[str, ...]:
    _, unresolved = variables.resolve(assistant, dict.fromkeys(variables.BUILT_IN, ""), (), within)
    return tuple(dict.fromkeys(missing.name for missing in unresolved))


def _any_call(needed: tuple[str, ...]) -> Attempt:
    """A call that gives the assistant every variable it uses."""
    return Attempt(direction="inbound", prompt_variables=dict.fromkeys((*needed, *variables.BUILT_IN), ""))
