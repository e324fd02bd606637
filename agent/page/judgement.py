"""What was expected of a call, and whether it came: `expectations.json` beside it, `suite.json` above many.

`rehearse` writes both. What cannot be read counts as not there: the calls themselves are still worth showing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from agent.documents import there
from agent.models.report import Attempt
from agent.summary import failed

EXPECTATIONS = "expectations.json"
SUITE = "suite.json"

_ABOUT_FAILURES = frozenset({"expect.status", "expect.error"})
"""Expectations by which a call that fails can be as it should be."""


class Expectation(BaseModel):
    """One thing that was expected."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    field: str
    """Where in the line file."""
    expectation: str
    passed: bool
    failure: str | None = None
    """Why it did not come."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a call was as it should be."""

    passed: bool | None = None
    """None: nothing was expected, or it was called off."""
    reasons: tuple[str, ...] = ()
    """Why it was not."""
    expectations: tuple[Expectation, ...] = ()
    line: str | None = None
    """The line that was played, where that is known."""


UNJUDGED = Judgement()


class SuiteRun(BaseModel):
    """An entry of `suite.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    line: str
    folder: str
    """Relative to the suite's."""
    passed: bool | None
    reasons: tuple[str, ...] = ()


class Suite(BaseModel):
    """What `suite.json` says of many calls."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    planned: int
    """Runs there were to be."""
    runs: tuple[SuiteRun, ...]

    @property
    def missing(self) -> int:
        """Runs that were not done."""
        return max(0, self.planned - len(self.runs))


_EXPECTATIONS: TypeAdapter[tuple[Expectation, ...]] = TypeAdapter(tuple[Expectation, ...])


def judged(folder: Path, attempt: Attempt, run: SuiteRun | None = None) -> Judgement:
    """The judgement of a call. `run` is what its suite says of it, which counts."""
    expectations = _expectations(folder / EXPECTATIONS)
    if run is not None:
        return Judgement(run.passed, run.reasons, expectations, run.line)
    if not expectations:
        return UNJUDGED
    reasons = tuple(_shortcomings(expectations, attempt))
    return Judgement(not reasons, reasons, expectations)


def suite(folder: Path) -> Suite | None:
    """The suite in a folder; None where there is none. Runs that lie outside the folder are none of it."""
    try:
        found = Suite.model_validate_json(_bytes(folder / SUITE))
    except (OSError, ValidationError):
        return None
    home = folder.resolve()
    return found.model_copy(update={"runs": tuple(run for run in found.runs if _lies_in(home, run.folder))})


def _lies_in(home: Path, name: str) -> bool:
    try:
        return (home / name).resolve().is_relative_to(home)
    except (OSError, ValueError, RuntimeError):
        return False  # a name that no file can have, or links that lead in a circle


def _expectations(path: Path) -> tuple[Expectation, ...]:
    try:
        return _EXPECTATIONS.validate_json(_bytes(path))
    except (OSError, ValidationError):
        return ()


def _bytes(path: Path) -> bytes:
    """What a plain file holds: anything else may never end. Raises OSError."""
    if not there(path.is_file):
        raise FileNotFoundError
    return path.read_bytes()


def _shortcomings(expectations: Sequence[Expectation], attempt: Attempt) -> Iterator[str]:
    if failed(attempt) and not any(one.field in _ABOUT_FAILURES for one in expectations):
        yield "the call failed"
    for one in expectations:
        if not one.passed:
            yield f"{one.expectation}: {one.failure}" if one.failure else one.expectation
