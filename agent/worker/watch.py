"""The watch: sees to it that every call ends and is reported, also when its job hangs or dies.

The job's death is told by a pidfd, its progress by its journal. Once the job is dead the journal is the watch's own.
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from agent import events as e
from agent.journal import Journal, JournalDamaged
from agent.line import NOT_FREED
from agent.problems import ErrorCode
from agent.worker.follow import Tail
from agent.worker.pids import started

logger = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds a call may go on past its limit before its job is killed."""
MARGIN = 60.0
"""Seconds a job may need beside ringing and talking: to make ready, and to report."""
STARTING = 60.0
"""Seconds until a job must have begun its journal."""
FREEING = 5.0
"""Seconds the room may take to be deleted."""
POLL = 0.2
"""Seconds between two looks at the journal."""

DIED = "the process of the call died"
HUNG = "the process of the call hung and was ended"
NEVER_BEGUN = "no process ever began the call, so nothing was dialled"

DeleteRoom = Callable[[], Awaitable[None]]
"""Ends the leg by deleting the attempt's room; must not fail where there is none."""


class Fate(Enum):
    """What became of a job."""

    REPORTED = "reported"
    """It wrote its journal to the end."""
    LOST = "lost"
    """It died; the watch wrote the rest."""
    NEVER_STARTED = "never_started"
    """It left no journal, so nothing was dialled, and it is still to be reported."""
    DIED_EARLY = "died_early"
    """It began and died before its journal did: nothing was dialled, and it is still to be reported."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a job came, by its journal."""

    ringing: float
    """Seconds it may ring, until the journal says so itself."""
    limit: float
    """Seconds it may last from the answer, likewise."""
    accepted: e.Accepted | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    freed: bool = False
    reported: bool = False

    def after(self, event: e.Event) -> "Standing":
        """The standing once this event happened."""
        moved = self
        match event:
            case e.Accepted():
                moved = replace(self, accepted=event)
            case e.Planned():
                ringing = self.ringing if event.ringing is None else event.ringing
                limit = self.limit if event.limit is None else event.limit
                moved = replace(self, ringing=ringing, limit=limit)
            case e.Answered():
                moved = replace(self, answered_at=event.at)
            case e.Ended():
                moved = replace(self, ended_at=event.at)
            case e.LineFreed():
                moved = replace(self, freed=True)
            case e.Reported():
                moved = replace(self, reported=True)
            case _:
                pass
        return moved

    @property
    def deadline(self) -> float | None:
        """The host monotonic moment after which the job counts as hung; None before it is accepted."""
        if self.ended_at is not None:
            return self.ended_at + MARGIN
        if self.answered_at is not None:
            return self.answered_at + self.limit + GRACE
        return None if self.accepted is None else self.accepted.at + self.ringing + self.limit + MARGIN


class _Job:
    """A process that can be waited for and killed, and is never taken for another."""

    def __init__(self, handle: int | None) -> None:
        self._handle = handle
        self.died = asyncio.Event()
        self.killed = False

    def kill(self) -> None:
        """End it for good: it executes nothing any more."""
        self.killed = True
        if self._handle is None:
            return
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)


async def watch(
    journal: Path,
    *,
    ringing: float,
    limit: float,
    delete_room: DeleteRoom,
    abandoned: Callable[[], bool] = lambda: False,
    jobless: Callable[[], bool] = lambda: False,
    now: Callable[[], float] = time.monotonic,
) -> Fate:
    """Stay by a job until its attempt is reported, by itself or from here.

    `ringing` and `limit` are seconds, and count until the journal gives its own. While there is no journal, `abandoned`
    tells whether a process began the attempt and is no more, and `jobless` whether none will ever begin it. `now` is
    host monotonic seconds.
    """
    tail, standing, begun = Tail(journal), Standing(ringing, limit), now()
    while standing.accepted is None:
        if jobless() or now() - begun >= STARTING:
            return Fate.NEVER_STARTED
        died = abandoned()
        await asyncio.sleep(0 if died else POLL)
        standing = _read(tail, standing)
        if died and standing.accepted is None:
            return Fate.DIED_EARLY
    accepted = standing.accepted
    with _observed(accepted) as job:
        standing = await _stay(tail, standing, job, now)
    if standing.reported:
        return Fate.REPORTED
    message = HUNG if job.killed else DIED
    logger.error("a job is lost", extra={"attempt": accepted.attempt_id, "failure": message})
    await _finish(journal, tail, standing, message, delete_room, now)
    return Fate.LOST


async def _stay(tail: Tail, standing: Standing, job: _Job, now: Callable[[], float]) -> Standing:
    """Follow the job to its report or its death; kill it if it hangs."""
    while not (standing.reported or job.died.is_set() or job.killed):
        if standing.deadline is not None and now() >= standing.deadline:
            job.kill()
        with suppress(TimeoutError):
            await asyncio.wait_for(job.died.wait(), POLL)
        standing = _read(tail, standing)
    return standing


def _read(tail: Tail, standing: Standing) -> Standing:
    try:
        for event in tail.read():
            standing = standing.after(event)
    except (JournalDamaged, OSError) as error:
        logger.error("a journal cannot be read", extra={"error": type(error).__name__})
    return standing


@contextmanager
def _observed(accepted: e.Accepted) -> Iterator[_Job]:
    """The job that wrote the event: dead from the beginning if its pid is another's by now.

    Without a pid its death cannot be seen, only that it hangs.
    """
    handle = _handle(accepted)
    job = _Job(handle)
    if handle is None:
        if accepted.pid is not None:
            job.died.set()
        yield job
        return
    loop = asyncio.get_running_loop()

    def died() -> None:
        loop.remove_reader(handle)
        job.died.set()

    loop.add_reader(handle, died)
    try:
        yield job
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _handle(accepted: e.Accepted) -> int | None:
    if accepted.pid is None:
        return None
    try:
        handle = os.pidfd_open(accepted.pid)
    except ProcessLookupError:
        return None
    began = started(accepted.pid)
    # What started after the job wrote its first line is not the job; clock ticks are 10 ms.
    if began is None or began > accepted.at + 0.02:
        os.close(handle)
        return None
    return handle


async def _finish(
    path: Path, tail: Tail, standing: Standing, message: str, delete_room: DeleteRoom, now: Callable[[], float]
) -> None:
    """Write what a dead job left unwritten, and see to it that the far end is gone."""
    try:
        journal = Journal.resume(path)
    except OSError as error:
        logger.error("a journal cannot be finished", extra={"error": type(error).__name__})
        await _freed(delete_room)
        return
    with journal:
        standing = _read(tail, standing)  # the line that was mended may be a whole one
        if standing.ended_at is None:
            code = ErrorCode.INTERNAL_ERROR.value
            journal.append(
                e.Ended(at=now(), ended_by="system", end_reason=None, error_code=code, error_message=message)
            )
        if not standing.freed:
            freed = await _freed(delete_room)
            sorry = e.Warned(at=now(), message=NOT_FREED)
            journal.append(e.LineFreed(at=now()) if freed else sorry)
        if not standing.reported:
            journal.append(e.Reported(at=now()))


async def _freed(delete_room: DeleteRoom) -> bool:
    try:
        await asyncio.wait_for(delete_room(), FREEING)
    except Exception as error:
        logger.exception("a room could not be deleted", extra={"error": type(error).__name__})
        return False
    return True
