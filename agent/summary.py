"""What came of an attempt, in a few lines for the terminal."""

from statistics import median

from agent.models.report import Attempt
from agent.problems import ErrorCode


def failed(report: Attempt) -> bool:
    """Whether the call ended in an error. That nobody answered is none."""
    return report.error is not None and report.error.code is not ErrorCode.DIAL_ERROR


def rows(report: Attempt) -> dict[str, str]:
    """The summary: what each line is about, and what there is to say."""
    talked = 0.0
    if report.answered_at is not None and report.ended_at is not None:
        talked = (report.ended_at - report.answered_at).total_seconds()
    why = report.end_reason or (report.error.code if report.error else None) or "-"
    waits = [turn.voice_to_voice_ms for turn in report.details.latencies if turn.voice_to_voice_ms is not None]
    spoke = sum(entry.role == "user" for entry in report.transcript)
    return {
        "attempt": report.id,
        "status": report.status if report.dial_error is None else f"{report.status} ({report.dial_error})",
        "ended": f"by {report.ended_by}, {why}",
        "talked": f"{talked:.1f} s, the callee spoke {spoke} {'time' if spoke == 1 else 'times'}",
        "voice to voice": f"{median(waits):.0f} ms median of {len(waits)}" if waits else "-",
    }


def text(about: dict[str, str]) -> str:
    """The lines themselves."""
    return "".join(f"{name:<15} {value}\n" for name, value in about.items())
