"""What `rehearse` does at the terminal: reads, shows the call or the suite live, prints what came of it."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console

from agent import logs, settings, summary
from agent.documents import safe_name
from agent.problems import InputInvalid, Problem
from agent.providers import parse_providers
from agent.rehearsal import suite as suites
from agent.rehearsal.junit import junit
from agent.rehearsal.minds import check_key
from agent.rehearsal.outcome import Outcome
from agent.rehearsal.progress import Progress, judged, table
from agent.rehearsal.results import Results
from agent.rehearsal.shipped import is_folder, load_lines
from agent.rehearsal.suite import Case, Ledger, Suite, rehearse_suite, run_of
from agent.rehearsal.variation import AS_WRITTEN, varied
from agent.rehearse import FILES, Rehearsal, make_folder, read_subject, rehearse
from agent.standins.process import StandInsFailed
from agent.view import View
from audio.recording import RecordingFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What `rehearse` was asked to do."""

    attempt: Path
    lines: tuple[str, ...]
    """Names of shipped lines, files, folders."""
    out: Path | None = None
    """Folder to write; None: one named after the attempt, in the data folder."""
    providers: str = "stand-in"
    repeat: int = 1
    jobs: int = suites.AT_ONCE
    seed: int = AS_WRITTEN
    share: float = 1.0
    """Of each line's runs that must pass, from 0 to 1."""
    junit: Path | None = None
    as_json: bool = False

    @property
    def several(self) -> bool:
        """Whether more than one call is asked for."""
        return self.repeat > 1 or len(self.lines) > 1 or any(map(is_folder, self.lines))


class Terminal(Console):
    """Standard error. Whoever stops reading it does not stop the call."""

    def __init__(self) -> None:
        super().__init__(stderr=True, highlight=False)

    def on_broken_pipe(self) -> None:
        """Go on unseen; rich would end the program."""
        self.quiet = True
        _discard(2)


def run_rehearsal(order: Order) -> int:
    """Conduct what is asked for; the exit code. Raises `WorkerError` for bad input."""
    logs.configure()
    terminal = Terminal()
    given = settings.load()
    lines, providers = load_lines(order.lines), parse_providers(order.providers)
    subject = read_subject(order.attempt, given)
    plan = subject.plan(given, providers, datetime.now(UTC))
    check_key([line.script for line in lines], providers, given)
    folder = order.out or given.data_dir / safe_name(plan.attempt_id)
    suite = Suite(subject, lines, providers, given, folder, order.repeat, order.jobs, order.seed)
    for name in subject.unknown:
        terminal.print(f"{order.attempt}: {name}", style="yellow", markup=False, soft_wrap=True)
    _check_junit(order.junit)
    try:
        if order.several:
            make_place(folder)
            return _run_suite(suite, plan.attempt_id, order, terminal)
        make_folder(folder)
        line = varied(lines[0].script, order.seed)
        return _run_one(Rehearsal(plan, line, providers, given, folder), suite, order, terminal)
    except (StandInsFailed, RecordingFailed) as error:
        return failed(terminal, str(error))
    except OSError as error:
        return failed(terminal, f"{folder}: {error.strerror or type(error).__name__}")


def _run_one(rehearsal: Rehearsal, suite: Suite, order: Order, terminal: Terminal) -> int:
    ledger = Ledger(suite, rehearsal.plan.attempt_id)
    with View(terminal) as view:
        outcome = asyncio.run(rehearse(rehearsal, view.show, lambda: leave(terminal)))
    if not outcome.withdrawn:
        judged(terminal, outcome.verdicts)
    if order.junit is not None:
        case = Case(suite.lines[0], 1, order.seed, ".")
        ledger.add(run_of(case, ledger.results.seconds, outcome))
        order.junit.write_bytes(junit(ledger.results))
    if order.as_json:
        write(json.dumps(outcome.as_json(), indent=2, ensure_ascii=False) + "\n")
    else:
        write(_summary(outcome, rehearsal.folder))
    return 1 if outcome.reasons else 0


def _run_suite(suite: Suite, attempt: str, order: Order, terminal: Terminal) -> int:
    ledger = Ledger(suite, attempt)
    ledger.save()

    def report(results: Results) -> None:
        if order.junit is not None:
            order.junit.write_bytes(junit(results))
        if order.as_json:
            write(json.dumps(results.as_json(), indent=2, ensure_ascii=False) + "\n")
        else:
            write(table(results, suite.folder))

    with Progress(terminal, ledger.results.planned) as progress:
        asyncio.run(rehearse_suite(suite, ledger, progress, lambda: leave(terminal, lambda: report(ledger.results))))
    results = ledger.results
    report(results)
    return 0 if results.passed(order.share) else 1


def leave(terminal: Terminal, last: Callable[[], None] = lambda: None) -> None:
    """End the process at once, as a second Ctrl-C asks for; `last` prints what there is."""
    try:
        terminal.show_cursor(True)
        terminal.print("stopped")
        last()
        sys.stdout.flush()
    finally:
        os._exit(1)


def make_place(folder: Path) -> None:
    """Make the folder of many calls, without what an earlier call or suite left beside them. Raises `InputInvalid`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            if not (folder / name).is_dir():
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        what = f"expected a folder that can be written: {error.strerror or type(error).__name__}"
        raise InputInvalid([Problem("--out", what)], source=str(folder)) from None


def _check_junit(path: Path | None) -> None:
    """Find out before the calls that the file can be written."""
    if path is None:
        return
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        what = f"expected a file that can be written: {error.strerror or type(error).__name__}"
        raise InputInvalid([Problem("--junit", what)], source=str(path)) from None


def failed(terminal: Terminal, why: str) -> int:
    """Say why nothing came of it; the exit code."""
    terminal.print(why, style="red", markup=False, soft_wrap=True)
    return 1


def write(result: str) -> None:
    """Put the result on standard output, unless nobody reads it any more."""
    try:
        typer.echo(result.encode(), nl=False)
    except BrokenPipeError:
        _discard(1)


def _discard(descriptor: int) -> None:
    """Let whatever is still written there go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _summary(outcome: Outcome, folder: Path) -> str:
    rows = summary.rows(outcome.report)
    if outcome.verdicts:
        held = sum(verdict.passed for verdict in outcome.verdicts)
        judgement = f"{held} of {len(outcome.verdicts)} held"
        rows["expected"] = "not judged: the call was called off" if outcome.withdrawn else judgement
    files = ["attempt.json", "events.jsonl"]
    files += ["audio.ogg"] if outcome.report.answered_at else []
    files += ["expectations.json"] if outcome.verdicts else []
    return summary.text({**rows, "written": f"{folder}/ {' '.join(files)}"})
