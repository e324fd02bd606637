"""What came of a suite of rehearsals: each run, and how often each line passed. `suite.json` holds it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import JsonValue

from agent.models.report import Attempt
from agent.rehearsal.verdicts import Verdict

FORMAT = 1
"""Of `suite.json`; it changes when a reader of the one before would misunderstand it."""
LATE = 30.0
"""Milliseconds of loop lag (p99) above which the machine had too much to do for the run's timing to be trusted."""


class Came(StrEnum):
    """What came of a run."""

    PASSED = "passed"
    FAILED = "failed"
    """The call was not as expected."""
    ERROR = "error"
    """There was no call to judge: it could not be conducted, or a provider failed in it."""
    STOPPED = "stopped"
    """It was called off from outside; it counts neither way."""


@dataclass(frozen=True, slots=True)
class Run:
    """One call of a suite."""

    line: str
    number: int
    """From 1."""
    seed: int
    folder: str
    """Relative to the suite's, with slashes."""
    came: Came
    reasons: tuple[str, ...]
    """Why it did not pass."""
    seconds: float
    """From its beginning to the written report."""
    report: Attempt | None
    """None where there was no call."""
    verdicts: tuple[Verdict, ...] = ()
    """On what its line expects."""

    @property
    def name(self) -> str:
        """Tells it from the others."""
        return f"{self.line} {self.number}"

    @property
    def end(self) -> str:
        """Why it ended, in a word."""
        if self.report is None:
            return "-"
        error = self.report.error.code.value if self.report.error is not None else "-"
        return self.report.end_reason.value if self.report.end_reason is not None else error

    @property
    def lag(self) -> float:
        """The loop's lag (p99) in milliseconds; 0 where it was not measured."""
        health = self.report.details.health if self.report is not None else None
        return 0.0 if health is None else health.loop_lag_p99_ms

    def as_json(self) -> dict[str, JsonValue]:
        """An entry of `runs` in `suite.json`."""
        report = self.report
        return {
            "line": self.line,
            "run": self.number,
            "seed": self.seed,
            "folder": self.folder,
            "passed": None if self.came is Came.STOPPED else self.came is Came.PASSED,
            "outcome": self.came.value,
            "reasons": list(self.reasons),
            "seconds": round(self.seconds, 2),
            "status": report.status.value if report is not None else None,
            "ended_by": report.ended_by.value if report is not None and report.ended_by is not None else None,
            "end_reason": report.end_reason.value if report is not None and report.end_reason is not None else None,
            "loop_lag_p99_ms": self.lag,
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """How the runs of one line went; those that were stopped do not count."""

    line: str
    passed: int
    runs: int
    seconds: float
    """Of all of them."""

    @classmethod
    def of(cls, line: str, runs: Iterable[Run]) -> "Tally":
        """Count the runs of a line."""
        judged = [run for run in runs if run.came is not Came.STOPPED]
        passed = sum(run.came is Came.PASSED for run in judged)
        return cls(line, passed, len(judged), sum(run.seconds for run in judged))

    @property
    def rate(self) -> float:
        """From 0 to 1; 0 without a run."""
        return self.passed / self.runs if self.runs else 0.0


@dataclass(frozen=True, slots=True)
class Results:
    """A suite, or what was done of it."""

    attempt: str
    """The attempt's id."""
    began: datetime
    seconds: float
    """From the first run's beginning to now."""
    seed: int
    repeat: int
    jobs: int
    planned: int
    """Runs there were to be."""
    runs: tuple[Run, ...]
    """By line and number."""

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The lines, in the order of the suite."""
        lines = dict.fromkeys(run.line for run in self.runs)
        return tuple(Tally.of(line, (run for run in self.runs if run.line == line)) for line in lines)

    @property
    def total(self) -> Tally:
        """All lines together."""
        return Tally.of("", self.runs)

    @property
    def wrong(self) -> Sequence[Run]:
        """The runs that did not pass."""
        return [run for run in self.runs if run.came in (Came.FAILED, Came.ERROR)]

    @property
    def whole(self) -> bool:
        """Whether every run was done and judged."""
        return self.total.runs == self.planned

    def passed(self, share: float) -> bool:
        """Whether every run was done and this share of each line's passed, from 0 to 1."""
        return self.whole and all(tally.rate >= share - 1e-9 for tally in self.tallies)

    def as_json(self) -> dict[str, JsonValue]:
        """`suite.json`."""
        return {
            "format": FORMAT,
            "attempt": self.attempt,
            "began": self.began.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "seconds": round(self.seconds, 2),
            "seed": self.seed,
            "repeat": self.repeat,
            "jobs": self.jobs,
            "planned": self.planned,
            "passed": self.total.passed,
            "lines": [
                {"line": tally.line, "runs": tally.runs, "passed": tally.passed, "rate": round(tally.rate, 4)}
                for tally in self.tallies
            ],
            "runs": [run.as_json() for run in self.runs],
        }
