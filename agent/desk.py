"""What `rehearse` does at the terminal: reads, shows the call live, prints what came of it."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from agent import logs, settings
from agent.models.report import Attempt
from agent.problems import ErrorCode
from agent.providers import parse_providers
from agent.rehearsal.shipped import load_line
from agent.rehearse import make_ready, rehearse
from agent.standins.process import StandInsFailed
from agent.view import View


def run_rehearsal(path: Path, line: str, out: Path | None, providers: str, *, as_json: bool) -> int:
    """Conduct the rehearsal; the exit code. Raises `WorkerError` for bad input."""
    logs.configure()
    console = Console(stderr=True, highlight=False)
    given = settings.load()
    rehearsal, unknown = make_ready(path, load_line(line), parse_providers(providers), given, out, datetime.now(UTC))
    for name in unknown:
        console.print(f"{path}: {name}", style="yellow", markup=False, soft_wrap=True)
    try:
        with View(console) as view:
            report = asyncio.run(rehearse(rehearsal, view.show))
    except StandInsFailed as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return 1
    except OSError as error:
        console.print(f"{rehearsal.folder}: {error.strerror or type(error).__name__}", style="red", markup=False)
        return 1
    sys.stdout.write(report.model_dump_json(indent=2) + "\n" if as_json else _summary(report, rehearsal.folder))
    return 1 if _failed(report) else 0


def _failed(report: Attempt) -> bool:
    """Whether the call ended in an error. That nobody answered is none."""
    return report.error is not None and report.error.code is not ErrorCode.DIAL_ERROR


def _summary(report: Attempt, folder: Path) -> str:
    talked = 0.0
    if report.answered_at is not None and report.ended_at is not None:
        talked = (report.ended_at - report.answered_at).total_seconds()
    why = report.end_reason or (report.error.code if report.error else None) or "-"
    waits = sorted(turn.voice_to_voice_ms for turn in report.details.latencies if turn.voice_to_voice_ms is not None)
    rows = {
        "attempt": report.id,
        "status": report.status if report.dial_error is None else f"{report.status} ({report.dial_error})",
        "ended": f"by {report.ended_by}, {why}",
        "talked": f"{talked:.1f} s, {len([e for e in report.transcript if e.role == 'user'])} turns of the callee",
        "voice to voice": f"{waits[len(waits) // 2]} ms median of {len(waits)}" if waits else "-",
        "written": f"{folder}/ attempt.json events.jsonl" + (" audio.ogg" if report.answered_at else ""),
    }
    return "".join(f"{name:<15} {value}\n" for name, value in rows.items())
