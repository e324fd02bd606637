"""What `rehearse` does at the terminal: reads, shows the call live, prints what came of it."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console

from agent import logs, settings, summary
from agent.models.report import Attempt
from agent.providers import parse_providers
from agent.rehearsal.shipped import load_line
from agent.rehearse import make_ready, rehearse
from agent.standins.process import StandInsFailed
from agent.view import View
from audio.recording import RecordingFailed


class Terminal(Console):
    """Standard error. Whoever stops reading it does not stop the call."""

    def __init__(self) -> None:
        super().__init__(stderr=True, highlight=False)

    def on_broken_pipe(self) -> None:
        """Go on unseen; rich would end the program."""
        self.quiet = True
        _discard(2)


def run_rehearsal(path: Path, line: str, out: Path | None, providers: str, *, as_json: bool) -> int:
    """Conduct the rehearsal; the exit code. Raises `WorkerError` for bad input."""
    logs.configure()
    terminal = Terminal()
    given = settings.load()
    rehearsal, unknown = make_ready(path, load_line(line), parse_providers(providers), given, out, datetime.now(UTC))
    for name in unknown:
        terminal.print(f"{path}: {name}", style="yellow", markup=False, soft_wrap=True)
    try:
        with View(terminal) as view:
            report = asyncio.run(rehearse(rehearsal, view.show))
    except (StandInsFailed, RecordingFailed) as error:
        return _failed(terminal, str(error))
    except OSError as error:
        return _failed(terminal, f"{rehearsal.folder}: {error.strerror or type(error).__name__}")
    _write(report.model_dump_json(indent=2) + "\n" if as_json else _summary(report, rehearsal.folder))
    return 1 if summary.failed(report) else 0


def _failed(terminal: Terminal, why: str) -> int:
    terminal.print(why, style="red", markup=False, soft_wrap=True)
    return 1


def _write(result: str) -> None:
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


def _summary(report: Attempt, folder: Path) -> str:
    written = f"{folder}/ attempt.json events.jsonl" + (" audio.ogg" if report.answered_at else "")
    return summary.text({**summary.rows(report), "written": written})
