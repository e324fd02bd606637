"""A against B: on each line and over all, in figures and in words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from agent.comparison.intervals import Count, Interval, difference
from agent.comparison.measure import Measure, Worst
from agent.rehearsal.results import Came, Results, Run
from agent.settings import Price

FORMAT = 1
"""Of what `--json` prints; it changes when a reader of the one before would misunderstand it."""

FEWEST = 3
"""Runs of either side below which nothing is decided: of two each, chance alone would decide one time in eight."""


class Finding(StrEnum):
    """What the runs say of the pass rates."""

    BETTER = "better"
    """B passes more often, and that is no chance."""
    WORSE = "worse"
    UNDECIDED = "undecided"
    """There may be a difference, but these runs cannot show it."""
    NOTHING = "nothing"
    """One side has no run that was judged."""


@dataclass(frozen=True, slots=True)
class Versus:
    """Both sides of one line, or of all."""

    line: str
    """Empty for all together."""
    a: Measure
    b: Measure

    @property
    def difference(self) -> Interval | None:
        """B's pass rate less A's."""
        return difference(self.a.count, self.b.count)

    @property
    def finding(self) -> Finding:
        """Whether the interval of the difference leaves out that there is none."""
        apart = self.difference
        if apart is None:
            return Finding.NOTHING
        if min(self.a.count.runs, self.b.count.runs) < FEWEST or apart.low <= 0 <= apart.high:
            return Finding.UNDECIDED
        return Finding.BETTER if apart.low > 0 else Finding.WORSE

    @property
    def words(self) -> str:
        """The finding in a sentence."""
        a, b, apart = self.a.count, self.b.count, self.difference
        if apart is None:
            return "nothing to compare: no run of {} was judged".format("A" if not a.runs else "B")
        said = {Finding.BETTER: "B passes more", Finding.WORSE: "B passes less"}
        found = said.get(self.finding, f"no difference that {_runs(a, b)} could show")
        return f"{found}: {b.passed}/{b.runs} against {a.passed}/{a.runs} ({points(apart)})"

    @property
    def ends(self) -> Mapping[str, tuple[int, int]]:
        """How often calls ended for which reason, where the sides differ in it; the greatest difference first."""
        both = {end: (self.a.ends.get(end, 0), self.b.ends.get(end, 0)) for end in sorted({*self.a.ends, *self.b.ends})}
        apart = {end: abs(self._share(counts)) for end, counts in both.items()}
        return {end: both[end] for end in sorted(both, key=lambda end: -apart[end]) if apart[end] > 0}

    def _share(self, counts: tuple[int, int]) -> float:
        a, b = self.a.count.runs, self.b.count.runs
        return counts[1] / b - counts[0] / a if a and b else 0.0

    def as_json(self) -> dict[str, JsonValue]:
        """The same for a program to read."""
        apart = self.difference
        return {
            "finding": self.finding.value,
            "words": self.words,
            "difference": None if apart is None else _interval(apart),
            "a": _measure(self.a),
            "b": _measure(self.b),
            "ends_differ": {end: {"a": counts[0], "b": counts[1]} for end, counts in self.ends.items()},
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that came of both sides, or what was done of it."""

    a: Results
    b: Results
    prices: Mapping[str, Price]

    @property
    def lines(self) -> tuple[Versus, ...]:
        """Each line, in the order of the suite."""
        names = dict.fromkeys(tally.line for results in (self.a, self.b) for tally in results.tallies)
        return tuple(self._versus(name, _of(self.a, name), _of(self.b, name)) for name in names)

    @property
    def total(self) -> Versus:
        """All lines together."""
        return self._versus("", self.a.runs, self.b.runs)

    @property
    def over(self) -> bool:
        """Whether every run was done, or turned out to be impossible."""
        return self.a.whole and self.b.whole

    @property
    def whole(self) -> bool:
        """Whether every run was done and judged."""
        return self.over and not any(run.came is Came.ERROR for run in (*self.a.runs, *self.b.runs))

    def _versus(self, line: str, a: Sequence[Run], b: Sequence[Run]) -> Versus:
        return Versus(line, Measure.of(a, self.prices), Measure.of(b, self.prices))


def points(apart: Interval) -> str:
    """A difference of rates in percentage points, such as `+35 points, 7 to 57`."""
    sign = "+" if apart.value > 0 else ""
    return f"{sign}{_points(apart.value)} points, {_points(apart.low)} to {_points(apart.high)}"


def _points(share: float) -> str:
    """A number; what is not zero does not look like it."""
    figure = 100 * share
    rounded = f"{figure:.0f}" if abs(figure) >= 1 else f"{figure:.1g}"
    return "0" if not float(rounded) else rounded.replace("-", "−")


def _runs(a: Count, b: Count) -> str:
    both = f"{a.runs}" if a.runs == b.runs else f"{a.runs} and {b.runs}"
    return f"{both} run{'' if a.runs == b.runs == 1 else 's'}"


def _of(results: Results, line: str) -> tuple[Run, ...]:
    return tuple(run for run in results.runs if run.line == line)


def _interval(interval: Interval) -> dict[str, JsonValue]:
    return {"value": round(interval.value, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}


def _measure(side: Measure) -> dict[str, JsonValue]:
    rate = side.count.rate
    return {
        "runs": side.count.runs,
        "passed": side.count.passed,
        "rate": None if rate is None else _interval(rate),
        "errors": side.errors,
        "voice_to_voice_ms": {"replies": len(side.waits), "median": _rounded(side.median), "p95": _rounded(side.p95)},
        "answered": side.calls,
        "per_call": None if side.per_call is None else side.per_call.as_json(),
        "ends": dict(side.ends),
        "fails_most": None if side.worst is None else _worst(side.worst),
    }


def _worst(worst: Worst) -> dict[str, JsonValue]:
    return {"expectation": worst.expectation, "runs": worst.failed}


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
