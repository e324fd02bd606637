"""`rehearse --watch`: the same rehearsal again after every save of its files, until Ctrl-C.

Each rehearsal is a process of its own, started as this one was, so that it reads everything anew. One that is under way
when a file is saved is called off, as by Ctrl-C, before the next begins.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import typer
from watchfiles import Change, awatch

from agent import documents
from agent.problems import InputInvalid, Problem
from agent.rehearsal.shipped import ALL, ENDINGS, is_folder, nothing_there, shipped
from agent.rehearsal.stop import stopping

OPTION = "--watch"
_SETTINGS = Path(".env")
_QUIET_MS = 100
"""Milliseconds without a change after which a save is over: editors write in several steps."""
_POLITE = 10.0
"""Seconds a rehearsal may take to end with its report before it is told again."""
_ENDED = 2.0
"""Seconds it may take after that before it is killed."""


class NotWatched(Exception):
    """The files cannot be watched."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is looked at: the attempt, its assistant's file, the line files, `.env`."""

    attempt: Path
    lines: tuple[str, ...]
    """As `rehearse` has them: names of shipped lines, files, folders."""

    def missing(self) -> InputInvalid | None:
        """What is wrong where there is nothing to look at."""
        if not documents.there(self.attempt.is_file):
            return InputInvalid([Problem("", "expected a file: there is none")], source=str(self.attempt))
        named = (name for name in self.lines if name not in (ALL, *shipped()))
        absent = next((name for name in named if not documents.there(Path(name).exists)), None)
        return None if absent is None else nothing_there(absent, ", a line file or a folder of them")

    def now(self) -> "Places":
        """The files and folders as they are now: the attempt may name another assistant after a save."""
        known = (ALL, *shipped())
        lines = [Path(name) for name in self.lines if name not in known and not is_folder(name)]
        files = (*documents.files_of(self.attempt), *lines, _SETTINGS)
        folders = [Path(name).resolve() for name in self.lines if name not in known and is_folder(name)]
        return Places(frozenset(each for file in files for each in _both(file)), frozenset(folders))


@dataclass(frozen=True, slots=True)
class Places:
    """Where a change means another rehearsal."""

    files: frozenset[Path]
    """Absolute, and with links followed, whether they are there or not."""
    folders: frozenset[Path]
    """Of line files, absolute."""

    def parents(self) -> frozenset[Path]:
        """The folders to look into: editors put a new file in the place of the old one."""
        return frozenset(
            place for place in {path.parent for path in self.files} | self.folders if documents.there(place.is_dir)
        )

    def have(self, change: Change, changed: str) -> bool:
        """Whether this one does. A file that is gone does not: it is being replaced, or will be missed."""
        path = Path(changed)
        among = path.suffix.lower() in ENDINGS and path.parent in self.folders
        return change is not Change.deleted and (among or path in self.files)


def _both(path: Path) -> tuple[Path, Path]:
    return path.absolute(), path.resolve()


def run_watching(watched: Watched) -> int:
    """Rehearse as this process was asked to, again and again; the exit code. Raises `InputInvalid`."""
    wrong = watched.missing()
    if wrong is not None:
        raise wrong
    command = [sys.executable, *(part for part in sys.orig_argv[1:] if part != OPTION)]
    try:
        asyncio.run(keep_running(command, watched, _tell))
    except NotWatched as error:
        _tell(str(error))
        return 1
    return 0


async def keep_running(command: Sequence[str], watched: Watched, tell: Callable[[str], None]) -> None:
    """Run a command, and again after every save, until Ctrl-C; a second one ends the command at once.

    Raises `NotWatched`.
    """
    hurried = asyncio.Event()
    with stopping(at_once=hurried.set) as stop:
        while not stop.is_set():
            async with _saves(watched) as saved:
                running = await asyncio.create_subprocess_exec(*command)
                await _first_of(running.wait(), saved.wait(), stop.wait())
                if running.returncode is None:
                    await _end(running, hurried)
                elif not saved.is_set() and not stop.is_set():
                    tell(f"exit code {running.returncode}; again when a file is saved, Ctrl-C ends")
                    await _first_of(saved.wait(), stop.wait())
                if not stop.is_set():
                    tell("saved: from the beginning")


@asynccontextmanager
async def _saves(watched: Watched) -> AsyncIterator[asyncio.Event]:
    """An event that is set by the first save from now on."""
    saved, places = asyncio.Event(), watched.now()

    async def look() -> None:
        changes = awatch(*places.parents(), watch_filter=places.have, step=_QUIET_MS, recursive=False)
        async with aclosing(changes):
            async for _ in changes:
                saved.set()

    task = asyncio.create_task(look(), name="saves")
    await asyncio.sleep(0)  # it looks from here on, or cannot
    try:
        if task.done() and (error := task.exception()) is not None:
            raise NotWatched(f"the files cannot be watched: {type(error).__name__}") from error
        yield saved
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _first_of(*waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _end(running: asyncio.subprocess.Process, hurried: asyncio.Event) -> None:
    """Call a rehearsal off politely, then less so: when that takes too long, or as soon as it is to be hurried."""
    for number, patience in ((signal.SIGINT, _POLITE), (signal.SIGINT, _ENDED), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError):
            running.send_signal(number)
        hurry = hurried.wait() if patience == _POLITE else running.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await _first_of(running.wait(), hurry)
        if running.returncode is not None:
            return


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)
