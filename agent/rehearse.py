"""`rehearse`: conduct an attempt on a simulated line, with real audio in both directions.

attempt + line file → plan → stand-ins (child process) ⇄ call ⇄ simulated line → attempt.json, events.jsonl, audio.ogg
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path

from agent import documents
from agent import events as e
from agent.documents import safe_name
from agent.fetch import fetch_assistant
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.plan import Plan
from agent.prepare import prepare
from agent.problems import InputInvalid, Problem
from agent.providers import Providers
from agent.rehearsal.minds import check_key
from agent.rehearsal.outcome import Outcome
from agent.rehearsal.script import LineScript
from agent.rehearsal.stop import stopping
from agent.settings import Settings
from agent.standins.process import StandIns, running

_CALL = ("attempt.json", "events.jsonl", "audio.ogg", "expectations.json", "report.html")
_SUITE = ("suite.json", "index.html")
FILES = (*_CALL, *_SUITE)
"""What a call or a suite leaves in its folder."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is rehearsed: an attempt as it was read, so that all of its runs are of the same."""

    attempt: Attempt
    assistant: Assistant
    source: str
    """The attempt's file."""
    unknown: tuple[str, ...]
    """Unknown fields, with what they resemble."""

    def plan(self, settings: Settings, providers: Providers, now: datetime) -> Plan:
        """The plan of a call that begins now. Raises `InputInvalid`, which names the file."""
        try:
            return prepare(self.attempt, self.assistant, settings, providers, now)
        except InputInvalid as error:
            raise InputInvalid(error.problems, source=self.source) from None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal that can begin."""

    plan: Plan
    line: LineScript
    providers: Providers
    settings: Settings
    folder: Path
    """Exists and can be written."""


def read_subject(path: Path, settings: Settings) -> Subject:
    """Read an attempt, with the assistant it has or names. Raises `InputInvalid`, which names the file."""
    parsed = documents.read_attempt(path)
    attempt, unknown = parsed.model, tuple(map(str, parsed.unknown))
    if attempt.assistant_url is None:
        return Subject(attempt, attempt.assistant or Assistant(), str(path), unknown)
    try:
        fetched = asyncio.run(fetch_assistant(attempt.assistant_url, settings))
        return Subject(attempt, fetched.valid(), str(path), (*unknown, *map(str, fetched.unknown)))
    except InputInvalid as error:
        raise InputInvalid(error.problems, source=str(path)) from None


def make_ready(
    path: Path, line: LineScript, providers: Providers, settings: Settings, out: Path | None, now: datetime
) -> tuple[Rehearsal, tuple[str, ...]]:
    """Read and prepare an attempt, and make its folder; also the names of its unknown fields. Raises `InputInvalid`."""
    subject = read_subject(path, settings)
    plan = subject.plan(settings, providers, now)
    check_key([line], providers, settings)
    folder = out or settings.data_dir / safe_name(plan.attempt_id)
    make_folder(folder)
    return Rehearsal(plan, line, providers, settings, folder), subject.unknown


def make_folder(folder: Path) -> None:
    """Make a call's folder, without what an earlier call or suite left there. Raises `InputInvalid`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (folder / name).unlink(missing_ok=True)
        (folder / "events.jsonl").touch()
    except OSError as error:
        what = f"expected a folder that can be written: {error.strerror or type(error).__name__}"
        raise InputInvalid([Problem("--out", what)], source=str(folder)) from None


async def rehearse(
    rehearsal: Rehearsal, watch: Callable[[e.Event], None], at_once: Callable[[], None] | None = None
) -> Outcome:
    """Conduct the call and write its folder. `watch` is shown every event. Ctrl-C calls it off at any moment.

    A second Ctrl-C calls `at_once`. Raises as `agent.rehearsal.run.run`.
    """
    with stopping(ending=True, at_once=at_once) as stop:
        async with stand_ins() as started:
            from agent.rehearsal.run import run  # noqa: PLC0415

            return await run(rehearsal, started, watch, stop)


@asynccontextmanager
async def stand_ins() -> AsyncIterator[StandIns]:
    """The stand-in process, started while livekit is imported: that takes seconds, and must be on the main thread.

    Raises `StandInsFailed`.
    """
    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(stack.enter_async_context(running()), name="stand-ins' start")
        try:
            await asyncio.sleep(0)  # the process begins
            import_module("agent.rehearsal.run")
            gc.freeze()  # else the collector goes through all of it during the call, which stops for 150 ms
            started = await starting
        except BaseException:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            raise
        yield started
