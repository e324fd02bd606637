"""A suite in the terminal: a line for every run that is over, what goes on at the moment, and a table at the end."""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from agent.rehearsal.results import LATE, Came, Results, Run
from agent.rehearsal.suite import Case
from agent.rehearsal.verdicts import Verdict

_SIGNS = {Came.PASSED: ("✓", "green"), Came.FAILED: ("✗", "red"), Came.ERROR: ("✗", "red"), Came.STOPPED: ("–", "dim")}


class Progress:
    """Prints how a suite goes on, on a terminal with a status line at the bottom; `agent.rehearsal.suite.Watch`."""

    def __init__(self, console: Console, planned: int, *, now: Callable[[], float] = time.monotonic) -> None:
        """`planned` is how many runs there will be."""
        self._console = console
        self._planned = planned
        self._now = now
        self._began = now()
        self._running: dict[str, Case] = {}
        self._came: list[Came] = []
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(console=console, get_renderable=self._status, refresh_per_second=2, transient=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def began(self, case: Case) -> None:
        """As `Watch.began`."""
        self._running[case.folder] = case

    def ended(self, case: Case, run: Run) -> None:
        """As `Watch.ended`."""
        self._running.pop(case.folder, None)
        self._came.append(run.came)
        sign, style = _SIGNS[run.came]
        line = Text.assemble((f"{sign} ", style), f"{run.name:<24} {run.seconds:6.1f} s  {run.end}")
        if run.came is Came.STOPPED:
            line.append("  called off", style="dim")
        elif run.came is Came.FAILED and run.lag > LATE:
            line.append(f"  the machine was late: loop lag p99 {run.lag:.0f} ms", style="yellow")
        self._console.print(line, soft_wrap=True)
        for reason in run.reasons:
            self._console.print(Text(f"    {reason}", style=style), soft_wrap=True)

    def _status(self) -> Text:
        passed = self._came.count(Came.PASSED)
        running = ", ".join(f"{case.line.name} {case.number}" for case in self._running.values())
        clock = int(self._now() - self._began)
        line = f"{clock // 60:02}:{clock % 60:02}  {len(self._came)} of {self._planned} done, {passed} passed"
        return Text(f"{line} · {running}" if running else line, style="reverse", no_wrap=True, overflow="ellipsis")


def judged(console: Console, verdicts: tuple[Verdict, ...]) -> None:
    """Print what came of the expectations of one call."""
    for verdict in verdicts:
        sign, style = _SIGNS[Came.PASSED if verdict.passed else Came.FAILED]
        reason = verdict.reason if verdict.passed else (verdict.reason, style)
        console.print(Text.assemble((f"{sign} ", style), reason), soft_wrap=True)


def table(results: Results, folder: Path) -> str:
    """How often each line passed, and where the runs are that did not; `folder` is the suite's."""
    rows = [("line", "passed", "rate", "seconds")]
    tallies = results.tallies if len(results.tallies) == 1 else (*results.tallies, results.total)
    for tally in tallies:
        mean = f"{tally.seconds / tally.runs:.1f}" if tally.runs else "-"
        rate = f"{100 * tally.rate:.0f} %" if tally.runs else "-"
        rows.append((tally.line or "all", f"{tally.passed} of {tally.runs}", rate, mean))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    text = "".join(
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}\n" for row in rows
    )
    for run in results.wrong:
        text += "\n    ".join((str(folder / run.folder), *run.reasons)) + "\n"
    return text + "".join(f"{remark}\n" for remark in remarks(results, folder))


def remarks(results: Results, folder: Path) -> list[str]:
    """What to know of a suite before its table is believed."""
    found = []
    if (left := results.planned - results.total.runs) > 0:
        found.append(f"{left} of {results.planned} runs were not done")
    talked = (run for run in results.runs if run.came is not Came.STOPPED and run.report and run.report.answered_at)
    late = max(talked, key=lambda run: run.lag, default=None)
    if late is not None and late.lag > LATE:
        lag = f"loop lag p99 up to {late.lag:.0f} ms in {folder / late.folder}"
        found.append(f"the machine could not keep up: {lag}; try fewer --jobs")
    return found
