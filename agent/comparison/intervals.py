"""How sure a rate is that was counted in a few runs, and a difference of two of them. Pure.

The formulas are those of R. G. Newcombe, Statistics in Medicine 17 (1998): "Two-sided confidence intervals for the
single proportion", pages 857-872, method 3, and "Interval estimation for the difference between independent
proportions", pages 873-890, method 10. They hold for few runs too, and where none or all passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, hypot, sqrt
from statistics import NormalDist

SURE = 0.95
"""How often an interval of this kind has the true value in it."""
_Z = NormalDist().inv_cdf((1 + SURE) / 2)


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and what it may be instead."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Count:
    """How many of some runs passed."""

    passed: int
    runs: int

    @property
    def rate(self) -> Interval | None:
        """From 0 to 1, with the score interval of E. B. Wilson (JASA 22, 1927); None without a run."""
        if not self.runs:
            return None
        share, weight = self.passed / self.runs, _Z * _Z / self.runs
        middle = (share + weight / 2) / (1 + weight)
        reach = _Z * sqrt(share * (1 - share) / self.runs + weight / (4 * self.runs)) / (1 + weight)
        # At the ends the interval ends there too; rounding must not leave it a hair beside.
        low = 0.0 if self.passed == 0 else middle - reach
        high = 1.0 if self.passed == self.runs else middle + reach
        return Interval(share, low, high)


def difference(a: Count, b: Count) -> Interval | None:
    """B's rate less A's, from -1 to 1, by Newcombe's square-and-add of Wilson's limits; None where either has no run.

    The runs count as independent. Those of two assistants on the same line and seed are alike, if anything, which makes
    the interval rather too wide than too narrow.
    """
    one, other = a.rate, b.rate
    if one is None or other is None:
        return None
    apart = other.value - one.value
    down = hypot(other.value - other.low, one.high - one.value)
    up = hypot(other.high - other.value, one.value - one.low)
    return Interval(apart, apart - down, apart + up)


def quantile(figures: Sequence[float], share: float) -> float | None:
    """The figure that this share, from 0 to 1, lies below, interpolated between neighbours; None without figures.

    Definition 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages" (The American Statistician 50,
    1996), as NumPy and R have it by default.
    """
    if not figures:
        return None
    ordered, place = sorted(figures), (len(figures) - 1) * share
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
