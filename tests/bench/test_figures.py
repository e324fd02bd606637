import pytest

from bench.figures import Figure, Span, Unit, percentile, spread, worst


def test_a_target_holds_its_edges() -> None:
    assert Span(360, 440).holds(360)
    assert Span(360, 440).holds(440)
    assert not Span(360, 440).holds(441)
    assert Span(high=300).holds(-1)


def test_the_worst_reading_is_the_one_farthest_outside() -> None:
    assert worst([400, 362, 430], Span(360, 440)) == 362
    assert worst([400, 350, 445], Span(360, 440)) == 350
    assert worst([100, 250], Span(high=300)) == 250


def test_a_target_is_missed_by_one_reading() -> None:
    figure = spread("goodbye", [100.0, 120.0, 310.0], Unit.MILLISECONDS, Span(high=300))
    assert (figure.value, figure.worst, figure.met) == (120.0, 310.0, False)


def test_a_figure_without_a_target_is_neither_met_nor_missed() -> None:
    assert Figure("import", 5.0, Unit.SECONDS).met is None


@pytest.mark.parametrize(("span", "shown"), [(Span(0, 60), "0 to 60"), (Span(high=1.0), "≤ 1"), (Span(), "")])
def test_a_target_is_shown(span: Span, shown: str) -> None:
    assert str(span) == shown


def test_a_percentile_lies_between_readings() -> None:
    assert percentile([0.0, 100.0], 95) == pytest.approx(95.0)
