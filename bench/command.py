"""A whole rehearsal as a command, and what it takes beside the call itself."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from agent import events as e
from agent.journal import read
from agent.standins.process import running
from bench.figures import Figure, Span, Unit
from bench.ours import CallFailed

_ROOT = Path(__file__).resolve().parents[1]
_ATTEMPT = "examples/appointment.yaml"
_LINE = "examples/lines/appointment.yaml"
_EXTRA = Span(high=15)
_KEEPS_UP = Span(high=30)
_IMPORT = "import time; began = time.monotonic(); import agent.rehearsal.run; print(time.monotonic() - began)"


async def whole_call() -> tuple[Figure, ...]:
    """Run `voice-worker rehearse` on the example and tell where its time went. Raises `CallFailed`."""
    imported = float(await output("-c", _IMPORT))
    began = time.monotonic()
    async with running():
        ready = time.monotonic() - began
    with TemporaryDirectory(prefix="bench-") as folder:
        began = time.monotonic()
        await output("-m", "agent", "rehearse", _ATTEMPT, "--line", _LINE, "--out", folder)
        ended = time.monotonic()
        events = list(read(Path(folder, "events.jsonl")))
    accepted, dialled, answered = _at(events, e.Accepted), _at(events, e.Dialled), _at(events, e.Answered)
    freed, reported = _at(events, e.LineFreed), _at(events, e.Reported)
    talked = freed - answered
    lag = next(event.loop_lag_p99_ms for event in events if isinstance(event, e.Measured))
    return (
        Figure(
            "rehearse, beside the call", ended - began - talked, Unit.SECONDS, _EXTRA, note=f"call of {talked:.1f} s"
        ),
        *_parts(
            {
                "start to attempt accepted": (accepted - began, "interpreter, imports, stand-ins, callee's clips"),
                "  of these, importing the framework": (imported, "in a process of its own"),
                "  of these, stand-ins ready": (ready, "started again on its own"),
                "accepted to dialled": (dialled - accepted, "session, recogniser, voice"),
                "dialled to answered": (answered - dialled, "2 s of ringing by the line file"),
                "hang-up to report": (reported - freed, "last words, closing"),
                "report to exit": (ended - reported, "recording, stand-ins, interpreter"),
            }
        ),
        Figure("loop lag, 99 of 100: rehearse", lag, Unit.MILLISECONDS, _KEEPS_UP),
    )


def _parts(parts: Mapping[str, tuple[float, str]]) -> tuple[Figure, ...]:
    return tuple(Figure(f"  {name}", value, Unit.SECONDS, note=note) for name, (value, note) in parts.items())


def _at(events: Sequence[e.Event], kind: type[e.Event]) -> float:
    found = next((event for event in events if isinstance(event, kind)), None)
    if found is None:
        raise CallFailed(f"the rehearsal has no {kind.__name__}")
    return found.at


async def output(*arguments: str) -> str:
    """What a Python process of this project prints. Raises `CallFailed` when it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, problems = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if process.returncode:
        said = problems.decode(errors="replace").strip().rpartition("\n")[2]
        raise CallFailed(f"a process that was measured ended with exit code {process.returncode}: {said}")
    return out.decode()
