"""`rehearse`: conduct an attempt on a simulated line, with real audio in both directions.

attempt + line file → plan → stand-ins (child process) ⇄ call ⇄ simulated line → attempt.json, events.jsonl, audio.ogg
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent import documents
from agent import events as e
from agent.fetch import fetch_assistant
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.report import Attempt as Report
from agent.plan import Plan
from agent.prepare import prepare
from agent.problems import InputInvalid, Problem
from agent.providers import Providers
from agent.rehearsal.script import LineScript
from agent.rehearsal.stop import stopping
from agent.settings import Settings
from agent.standins.process import running

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal that can begin."""

    plan: Plan
    line: LineScript
    providers: Providers
    settings: Settings
    folder: Path
    """Exists and can be written."""


def make_ready(
    path: Path, line: LineScript, providers: Providers, settings: Settings, out: Path | None, now: datetime
) -> tuple[Rehearsal, tuple[str, ...]]:
    """Read and prepare an attempt, and make its folder; also the names of its unknown fields. Raises `InputInvalid`."""
    parsed = documents.read_attempt(path)
    attempt = parsed.model
    unknown = tuple(map(str, parsed.unknown))
    try:
        assistant, more = _assistant(attempt, settings)
        plan = prepare(attempt, assistant, settings, providers, now)
    except InputInvalid as error:
        raise InputInvalid(error.problems, source=str(path)) from None
    folder = out or settings.data_dir / safe_name(plan.attempt_id)
    _make(folder)
    return Rehearsal(plan, line, providers, settings, folder), (*unknown, *more)


def _assistant(attempt: Attempt, settings: Settings) -> tuple[Assistant, tuple[str, ...]]:
    if attempt.assistant_url is None:
        return attempt.assistant or Assistant(), ()
    fetched = asyncio.run(fetch_assistant(attempt.assistant_url, settings))
    return fetched.valid(), tuple(map(str, fetched.unknown))


def safe_name(attempt_id: str) -> str:
    """The attempt's id as the name of one folder, whatever is written in it."""
    name = _UNSAFE.sub("_", attempt_id)[:100].strip(".")
    return name or "_"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("attempt.json", "events.jsonl", "audio.ogg"):
            (folder / name).unlink(missing_ok=True)
        (folder / "events.jsonl").touch()
    except OSError as error:
        what = f"expected a folder that can be written: {error.strerror or type(error).__name__}"
        raise InputInvalid([Problem("--out", what)], source=str(folder)) from None


async def rehearse(rehearsal: Rehearsal, watch: Callable[[e.Event], None]) -> Report:
    """Conduct the call and write its folder. `watch` is shown every event. Ctrl-C calls it off at any moment.

    Raises as `agent.rehearsal.run.run`.
    """
    with stopping(ending=True) as stop:
        async with running() as stand_ins:
            # Here and not above: it needs livekit, which takes seconds to import and must be on the main thread.
            from agent.rehearsal.run import run  # noqa: PLC0415

            outcome = await run(rehearsal, stand_ins, watch, stop)
    return outcome.report
