from datetime import UTC, datetime, timedelta, timezone

import pytest

from agent.page.words import clock, counted, day, lasting, milliseconds, plain, pretty


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.99, "0:59"), (65.3, "1:05"), (3661, "1:01:01"), (-2.4, "−0:02"), (-0.0, "0:00")],
)
def test_a_moment_is_shown_as_a_clock_shows_it(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_tenths_are_shown_where_they_are_asked_for() -> None:
    assert clock(65.3, tenths=True) == "1:05.3"
    assert clock(-0.05, tenths=True) == "−0:00.0"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.002, "2 ms"),
        (0.0994, "99 ms"),
        (0.1, "0.10 s"),
        (0.94, "0.94 s"),
        (0.96, "1.0 s"),
        (119.9, "119.9 s"),
        (125, "2 min 5 s"),
    ],
)
def test_a_length_is_as_exact_as_it_is_short(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


def test_figures_and_names_are_written_out() -> None:
    assert milliseconds(1240.4) == "1,240 ms"
    assert plain("ios-screening_filter") == "ios screening filter"
    assert (counted(1, "failure"), counted(2000, "turn"), counted(0, "reply", "replies")) == (
        "1 failure",
        "2,000 turns",
        "0 replies",
    )


def test_days_are_utc() -> None:
    paris = timezone(timedelta(hours=1))
    assert day(datetime(2026, 3, 9, 0, 5, tzinfo=paris)) == "8 March 2026, 23:05:00 UTC"
    assert day(datetime(2026, 12, 1, 12, 0, 9, tzinfo=UTC)) == "1 December 2026, 12:00:09 UTC"


def test_text_stays_as_it_is_and_the_rest_is_json() -> None:
    assert pretty("Élan") == "Élan"
    assert pretty({"day": "é"}) == '{\n  "day": "é"\n}'
