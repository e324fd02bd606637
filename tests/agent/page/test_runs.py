from agent.page.runs import Run, Tally, tallies
from agent.report import fold
from tests.agent.recorded import CALL
from tests.agent.worker.attempts import REFUSED_CALL


def run(name: str, passed: bool | None, line: str | None = None) -> Run:
    return Run(name=name, passed=passed, line=line)


def test_a_run_shows_the_figures_of_its_call() -> None:
    answered, refused = Run(name="a", attempt=fold(CALL)), Run(name="b", attempt=fold(REFUSED_CALL))
    assert (answered.talked, answered.turns, answered.reply) == ("11.2 s", "3", "1,000 ms")
    assert (refused.talked, refused.turns, refused.reply) == ("", "", "")
    assert answered.verdict is not None and answered.verdict.word == "Completed"
    assert Run(name="c").verdict is None


def test_runs_are_counted() -> None:
    tally = Tally.of([run("a", True), run("b", False), run("c", True), run("d", None)])
    assert (tally.runs, tally.judged, tally.passed, tally.failed, tally.percent) == (4, 3, 2, 1, 66.7)
    assert Tally.of([run("a", None)]).percent == 0.0


def test_runs_of_a_line_are_counted_together_in_the_order_they_came() -> None:
    runs = [run("z1", True, "z"), run("a1", False, "a"), run("z2", False, "z"), run("b", True)]
    assert [(tally.name, tally.passed, tally.judged) for tally in tallies(runs)] == [("z", 1, 2), ("a", 0, 1)]


def test_lines_that_were_played_once_are_not_counted() -> None:
    assert tallies([run("a", True, "a"), run("b", True, "b")]) == ()
