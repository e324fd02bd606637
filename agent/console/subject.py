"""Whom the console talks to: an assistant or an attempt from a file."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from agent import check, documents, variables
from agent.live.questions import questions
from agent.locale import Locale
from agent.models.assistant import Assistant, Realtime
from agent.models.attempt import Attempt
from agent.plan import Plan
from agent.prepare import examine, prepare
from agent.problems import InputInvalid, Problem, shown
from agent.providers import Providers
from agent.settings import Settings

ALONE = "console"
"""Id of the call and the attempt of an assistant that is talked to on its own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An assistant and the call it is on."""

    attempt: Attempt
    assistant: Assistant
    source: str
    """The file."""
    unknown: tuple[str, ...] = ()
    """Unknown fields, with what they resemble."""
    within: str = "assistant"
    """Path the assistant stands at in the file; empty for the top."""

    def check(self, settings: Settings, providers: Providers, now: datetime) -> tuple[str, ...]:
        """The warnings of the plan there will be, found quickly: without the language. Raises `InputInvalid`."""
        locale = Locale(self.attempt.language or settings.language, self.attempt.timezone or settings.timezone)
        examined = examine(self.attempt, self.assistant, settings, providers, now, locale, self.within)
        if examined.problems:
            raise InputInvalid(examined.problems, source=self.source)
        return examined.warnings

    def plan(self, settings: Settings, providers: Providers, now: datetime) -> Plan:
        """The plan of a call that begins now. Raises `InputInvalid`."""
        return prepare(self.attempt, self.assistant, settings, providers, now)

    def with_prompt(self, prompt: str) -> "Subject":
        """The same with another prompt, its variables not filled in."""
        return replace(self, assistant=self.assistant.model_copy(update={"prompt": prompt}))


def read(path: Path, settings: Settings, given: Mapping[str, str]) -> Subject:
    """Read an attempt or an assistant; `given` are prompt variables beside its own. Raises `InputInvalid`."""
    try:
        document = documents.read(path)
        if document.problems:
            raise InputInvalid(document.problems)
        unknown = tuple(map(str, document.unknown))
        if isinstance(document.model, Assistant):
            attempt = Attempt(call_id=ALONE, attempt_id=ALONE, prompt_variables=dict(given))
            _check_variables(document.model, attempt, document.within)
            return Subject(attempt, document.model, str(path), unknown, document.within)
        attempt = document.model
        values = {**attempt.prompt_variables, **given}
        attempt = attempt.model_copy(update={"prompt_variables": values})
        if attempt.assistant_url is None:
            return Subject(attempt, attempt.assistant or Assistant(), str(path), unknown)
        assistant, more = _fetched(attempt.assistant_url, settings)
        return Subject(attempt, assistant, str(path), (*unknown, *more))
    except InputInvalid as error:
        raise InputInvalid(error.problems, source=str(path)) from None


def _fetched(url: str, settings: Settings) -> tuple[Assistant, tuple[str, ...]]:
    from agent.fetch import fetch_assistant  # noqa: PLC0415  (slow to import, and seldom needed)

    fetched = asyncio.run(fetch_assistant(url, settings))
    return fetched.valid(), tuple(map(str, fetched.unknown))


def _check_variables(assistant: Assistant, attempt: Attempt, within: str) -> None:
    """Name what an assistant needs from its calls, with the option that gives it."""
    known = {**attempt.prompt_variables, **dict.fromkeys(variables.BUILT_IN - {"agent_phone_number"}, "")}
    _, unresolved = variables.resolve(assistant, known, attempt.prompt_variables, within)
    missing = dict.fromkeys(shown(found.name) for found in unresolved)
    if missing:
        raise InputInvalid([Problem("--var", f"expected {name}=…, which the assistant uses") for name in missing])


def parse_variables(texts: Sequence[str]) -> dict[str, str]:
    """Read `NAME=VALUE` options. Raises `InputInvalid`."""
    pairs = [text.partition("=") for text in texts]
    if not all(name and equals for name, equals, _ in pairs):
        raise InputInvalid([Problem("--var", "expected NAME=VALUE")])
    return {name: value for name, _, value in pairs}


_RECOGNISERS = frozenset({"DEEPGRAM_API_KEY", "SONIOX_API_KEY"})


def hears_by_itself(subject: Subject, settings: Settings, providers: Providers, now: datetime) -> bool:
    """Whether all that a call by microphone lacks is a recogniser's key, and its model can do without."""
    model = subject.attempt.llm_model or subject.assistant.llm_model
    if not isinstance(model, Realtime):
        return False
    try:
        subject.check(settings, providers, now)
    except InputInvalid as error:
        return all(problem.path in _RECOGNISERS for problem in error.problems)
    return False


def key_of_model(subject: Subject, plan: Plan, settings: Settings) -> str:
    """The setting or field with the key that a real model is reached with."""
    asked = questions(check.Subject(subject.attempt, subject.assistant, plan, subject.within), settings)
    return next(asked).key_from
