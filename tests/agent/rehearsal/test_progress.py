"""What a suite shows as it goes on, and what it comes to."""

import io
from pathlib import Path

from rich.console import Console

from agent.models.report import Attempt
from agent.rehearsal.progress import Progress, judged, table
from agent.rehearsal.results import Came
from agent.rehearsal.shipped import NamedLine, parse_line
from agent.rehearsal.suite import Case
from agent.rehearsal.verdicts import Verdict
from tests.agent.rehearsal.test_results import results, run

OUT = Path("out")
CASE = Case(NamedLine("a", parse_line({})), 1, 1, "a/run-01")


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), width=60, force_terminal=terminal, highlight=False, color_system=None)


def late(lag: float) -> Attempt:
    """The report of a call on a loop that was late by so many milliseconds."""
    report = run("a", 1).report
    assert report is not None and report.details.health is not None
    health = report.details.health.model_copy(update={"loop_lag_p99_ms": lag})
    return report.model_copy(update={"details": report.details.model_copy(update={"health": health})})


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_run_is_a_line_with_its_reasons_below() -> None:
    screen = console()
    with Progress(screen, 3) as progress:
        progress.began(CASE)
        progress.ended(CASE, run("a", 1))
        progress.ended(CASE, run("a", 2, Came.FAILED, reasons=("says “x”: not in 3 sentences of the agent's", "late")))
        progress.ended(CASE, run("a", 3, Came.STOPPED))
    assert shown(screen).splitlines() == [
        "✓ a 1                        10.0 s  tool_end_call",
        "✗ a 2                        10.0 s  tool_end_call",
        "    says “x”: not in 3 sentences of the agent's",
        "    late",
        "– a 3                        10.0 s  tool_end_call  called off",
    ]


def test_a_failure_on_a_late_machine_says_so() -> None:
    screen = console()
    with Progress(screen, 2) as progress:
        progress.ended(CASE, run("a", 1, report=late(380.0)))
        progress.ended(CASE, run("a", 2, Came.FAILED, report=late(380.0)))
    assert [row.partition("tool_end_call")[2] for row in shown(screen).splitlines()] == [
        "",
        "  the machine was late: loop lag p99 380 ms",
    ]


def test_a_terminal_has_a_status_line_while_it_lasts() -> None:
    screen = console(terminal=True)
    with Progress(screen, 3, now=lambda: 75.0) as progress:
        progress.began(CASE)
        progress.ended(CASE, run("a", 1))
        progress.began(CASE)
    text = shown(screen)
    assert "00:00  0 of 3 done, 0 passed" in text
    assert text.index("\x1b[?25l") < text.index("\x1b[?25h")


def test_nothing_in_a_reason_steers_the_terminal() -> None:
    screen = console()
    with Progress(screen, 1) as progress:
        progress.ended(CASE, run("a", 1, Came.FAILED, reasons=("[red]bold[/red] :smile:",)))
    assert "[red]bold[/red] :smile:" in shown(screen)


def test_expectations_are_ticked_off() -> None:
    screen = console()
    judged(screen, (Verdict("expect.turns", "turns, 2"), Verdict("expect.says[0]", "says “x”", "never")))
    assert shown(screen).splitlines() == ["✓ turns, 2", "✗ says “x”: never"]


def test_the_table_counts_each_line_and_all_and_names_what_went_wrong() -> None:
    found = results(
        run("person", 1),
        run("person", 2, Came.FAILED, reasons=("says “x”: never", "late")),
        run("busy", 1, seconds=0.6),
        run("busy", 2, Came.ERROR, reasons=("a/b: No space left on device",), report=None, seconds=0.2),
    )
    assert table(found, OUT).splitlines() == [
        "line    passed  rate  seconds",
        "person  1 of 2  50 %     10.0",
        "busy    1 of 2  50 %      0.4",
        "all     2 of 4  50 %      5.2",
        "out/person/run-02",
        "    says “x”: never",
        "    late",
        "out/busy/run-02",
        "    a/b: No space left on device",
    ]


def test_one_line_alone_has_no_sum() -> None:
    assert [row.split()[0] for row in table(results(run("a", 1), run("a", 2)), OUT).splitlines()] == ["line", "a"]


def test_what_was_not_done_is_said() -> None:
    assert (
        table(results(run("a", 1), run("a", 2, Came.STOPPED), planned=5), OUT).splitlines()[-1]
        == "4 of 5 runs were not done"
    )


def test_a_machine_that_could_not_keep_up_is_told_of() -> None:
    remark = table(results(run("a", 1), run("a", 2, report=late(47.2))), OUT).splitlines()[-1]
    assert remark == "the machine could not keep up: loop lag p99 up to 47 ms in out/a/run-02; try fewer --jobs"
    assert "keep up" not in table(results(run("a", 1), run("a", 2, Came.STOPPED, report=late)), OUT)
