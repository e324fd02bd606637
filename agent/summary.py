"""What came of an attempt, in a few lines for the terminal."""

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
    waits = sorted(turn.voice_to_voice_ms for turn in report.details.latencies if turn.voice_to_voice_ms is not None)
    return {
        "attempt": report.id,
        "status": report.status if report.dial_error is None else f"{report.status} ({report.dial_error})",
        "ended": f"by {report.ended_by}, {why}",
        "talked": f"{talked:.1f} s, {len([e for e in report.transcript if e.role == 'user'])} turns of the callee",
        "voice to voice": f"{waits[len(waits) // 2]} ms median of {len(waits)}" if waits else "-",
    }


def text(about: dict[str, str]) -> str:
    """The lines themselves."""
    return "".join(f"{name:<15} {value}\n" for name, value in about.items())
