"""The formulas against the figures that were published with them, and against all that can happen."""

from itertools import product
from math import comb

import numpy as np
import pytest

from agent.comparison.intervals import Count, difference, quantile


@pytest.mark.parametrize(
    ("passed", "runs", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_rate_has_the_limits_of_newcombes_table(passed: int, runs: int, low: float, high: float) -> None:
    """Newcombe 1998, pages 857-872, table I, method 3."""
    rate = Count(passed, runs).rate
    assert rate is not None
    assert (rate.value, round(rate.low, 4), round(rate.high, 4)) == (passed / runs, low, high)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_a_difference_has_the_limits_of_newcombes_table(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998, pages 873-890, table II, method 10: his first less his second."""
    apart = difference(Count(*other), Count(*one))
    assert apart is not None
    assert (round(apart.low, 4), round(apart.high, 4)) == (low, high)
    assert apart.value == pytest.approx(one[0] / one[1] - other[0] / other[1])


def test_without_runs_there_is_nothing_to_say() -> None:
    assert Count(0, 0).rate is None
    assert difference(Count(0, 0), Count(1, 1)) is None
    assert difference(Count(1, 1), Count(0, 0)) is None


@pytest.mark.parametrize("runs", [1, 2, 3, 7, 20, 1000])
def test_a_rate_lies_within_its_limits_and_those_within_0_and_1(runs: int) -> None:
    for passed in range(0, runs + 1, max(1, runs // 20)):
        rate, mirrored = Count(passed, runs).rate, Count(runs - passed, runs).rate
        assert rate is not None and mirrored is not None
        assert 0 <= rate.low <= rate.value <= rate.high <= 1
        assert rate.low == pytest.approx(1 - mirrored.high, abs=1e-12)


def test_a_difference_lies_within_its_limits_and_changes_its_sign_with_the_sides() -> None:
    for a, b in product(range(6), range(8)):
        apart, back = difference(Count(a, 5), Count(b, 7)), difference(Count(b, 7), Count(a, 5))
        assert apart is not None and back is not None
        assert -1 <= apart.low <= apart.value <= apart.high <= 1
        assert (apart.low, apart.high) == pytest.approx((-back.high, -back.low))


@pytest.mark.parametrize("runs", [5, 20])
@pytest.mark.parametrize("truth", [0.2, 0.5, 0.8])
def test_the_limits_hold_about_as_often_as_they_say(runs: int, truth: float) -> None:
    holds = 0.0
    for passed in range(runs + 1):
        rate = Count(passed, runs).rate
        assert rate is not None
        holds += _chance(passed, runs, truth) * (rate.low <= truth <= rate.high)
    assert 0.92 <= holds <= 0.995


def _chance(passed: int, runs: int, truth: float) -> float:
    return comb(runs, passed) * truth**passed * (1 - truth) ** (runs - passed)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.95, 1.0])
def test_a_quantile_is_that_of_numpy(share: float) -> None:
    figures = [812.0, 640.0, 1404.0, 655.0, 700.0, 701.0, 990.0]
    for many in range(1, len(figures) + 1):
        assert quantile(figures[:many], share) == pytest.approx(float(np.quantile(figures[:many], share)))


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile([], 0.5) is None
