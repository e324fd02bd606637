"""Many calls at once: what the index page shows of each, and how often each line passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from agent.models.report import Attempt
from agent.page.verdict import Verdict, talked, verdict
from agent.page.waits import waits
from agent.page.words import lasting, milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One call of many."""

    name: str
    """Tells it from the others, such as `silent/3`."""
    line: str | None = None
    """The line or the case it belongs to, where calls were repeated."""
    attempt: Attempt | None = None
    """None if there was no call at all."""
    passed: bool | None = None
    """None: nothing was expected of it."""
    reasons: tuple[str, ...] = ()
    """Why it did not pass."""
    href: str | None = None
    """Its page, relative to the index."""

    @property
    def verdict(self) -> Verdict | None:
        """What came of the call."""
        return None if self.attempt is None else verdict(self.attempt)

    @property
    def talked(self) -> str:
        """How long, as text; empty if it was never answered."""
        seconds = None if self.attempt is None else talked(self.attempt)
        return "" if seconds is None else lasting(seconds)

    @property
    def turns(self) -> str:
        """How often the callee spoke, likewise."""
        if self.attempt is None or self.attempt.answered_at is None:
            return ""
        return str(sum(entry.role == "user" for entry in self.attempt.transcript))

    @property
    def reply(self) -> str:
        """The median wait for a reply, likewise."""
        totals = [] if self.attempt is None else [wait.total for wait in waits(self.attempt, ()) if wait.measured]
        return milliseconds(median(totals)) if totals else ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of some runs passed."""

    name: str
    runs: int
    passed: int
    failed: int

    @classmethod
    def of(cls, runs: Sequence[Run], name: str = "") -> "Tally":
        """Count the runs."""
        return cls(name, len(runs), sum(run.passed is True for run in runs), sum(run.passed is False for run in runs))

    @property
    def judged(self) -> int:
        """Runs of which something was expected."""
        return self.passed + self.failed

    @property
    def percent(self) -> float:
        """Of the judged ones, how many passed; 0 where none was judged."""
        return round(100 * self.passed / self.judged, 1) if self.judged else 0.0


def tallies(runs: Sequence[Run]) -> tuple[Tally, ...]:
    """How the runs of each line went, in the order of their first runs; empty unless a line has several."""
    names = list(dict.fromkeys(run.line for run in runs if run.line is not None))
    found = tuple(Tally.of([run for run in runs if run.line == name], name) for name in names)
    return found if any(tally.runs > 1 for tally in found) else ()
