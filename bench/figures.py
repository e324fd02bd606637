"""Figures, their targets, and the statistics of a handful of readings."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Unit(StrEnum):
    """What a figure counts."""

    MILLISECONDS = "ms"
    SECONDS = "s"
    COUNT = ""
    RATIO = "×"
    SECONDS_OF_CPU = "s CPU"
    MEGABYTES = "MB"


@dataclass(frozen=True, slots=True)
class Span:
    """Values from `low` to `high`, both included; None is no bound."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the value is in it."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            return "" if self.high is None else f"≤ {self.high:g}"
        return f"≥ {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured, and what it ought to be."""

    name: str
    value: float
    """The median where there are several readings."""
    unit: Unit
    target: Span | None = None
    """None: it is shown for what it explains, and nothing is asked of it."""
    worst: float | None = None
    """The reading farthest from the target's middle; None where there is but one."""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met, by the worst reading too; None without a target."""
        if self.target is None:
            return None
        return self.target.holds(self.value) and (self.worst is None or self.target.holds(self.worst))


def spread(name: str, readings: Sequence[float], unit: Unit, target: Span) -> Figure:
    """The median and the worst of several readings against their target."""
    return Figure(name, median(readings), unit, target, worst=worst(readings, target), note=f"{len(readings)} readings")


def worst(readings: Sequence[float], target: Span) -> float:
    """The reading farthest outside the target, or nearest to its edge."""
    return min(readings, key=lambda value: _room(value, target))


def _room(value: float, target: Span) -> float:
    above = float("inf") if target.low is None else value - target.low
    below = float("inf") if target.high is None else target.high - value
    return min(above, below)


def median(readings: Sequence[float]) -> float:
    """The middle of the readings."""
    return float(np.median(readings))


def percentile(readings: Sequence[float], share: float) -> float:
    """The reading that `share` of 100 do not exceed, between two readings where it falls there."""
    return float(np.percentile(readings, share))
