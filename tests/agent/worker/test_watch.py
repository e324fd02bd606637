import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agent import events as e
from agent.journal import Journal, encode, read
from agent.models.report import Status
from agent.report import fold
from agent.worker.watch import DIED, HUNG, DeleteRoom, Fate, Standing, watch
from tests.agent.hurry import hurried, now
from tests.agent.worker.attempts import ENDED, RANG, REPORTED, accepted, planned, written

LONG = 600.0


@dataclass
class Clock:
    """Host monotonic seconds that can be turned on."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class Rooms:
    """Deletes the room, and remembers when."""

    deleted: int = 0
    error: Exception | None = None

    async def delete(self) -> None:
        self.deleted += 1
        if self.error is not None:
            raise self.error


@dataclass
class Job:
    """A process that conducts nothing, and the journal it left."""

    process: subprocess.Popen[bytes]
    journal: Path
    clock: Clock = field(default_factory=Clock)
    rooms: Rooms = field(default_factory=Rooms)

    def accepted(self) -> e.Accepted:
        return accepted(at=time.monotonic(), pid=self.process.pid)

    def answered(self) -> e.Answered:
        return e.Answered(at=time.monotonic())

    def ended(self) -> e.Ended:
        return replace(ENDED, at=time.monotonic())

    def wrote(self, *events: e.Event) -> None:
        written(self.journal, events)

    def writes(self, *events: e.Event) -> None:
        with self.journal.open("a") as file:
            file.writelines(encode(event) + "\n" for event in events)

    def dies(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def watched(self, *, limit: float = LONG, delete_room: DeleteRoom | None = None) -> asyncio.Task[Fate]:
        delete = delete_room or self.rooms.delete
        return asyncio.create_task(watch(self.journal, ringing=30.0, limit=limit, delete_room=delete, now=self.clock))

    @property
    def has_journal(self) -> bool:
        return self.journal.exists()

    def left(self) -> list[e.Event]:
        return list(read(self.journal))


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        try:
            yield Job(process, tmp_path / "events.jsonl")
        finally:
            process.kill()


async def fate(watching: asyncio.Task[Fate], within: float = 3.0) -> Fate:
    return await asyncio.wait_for(watching, within)


def kinds(events: Sequence[e.Event]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_a_job_that_reports_is_left_alone(job: Job) -> None:
    job.wrote(job.accepted(), RANG, job.answered(), job.ended(), e.LineFreed(at=20.1), REPORTED)
    assert await fate(job.watched()) is Fate.REPORTED
    assert job.is_alive
    assert job.rooms.deleted == 0


async def test_a_job_that_reports_and_exits_between_two_looks_has_reported(job: Job) -> None:
    job.wrote(job.accepted())
    watching = job.watched()
    await asyncio.sleep(0.3)
    job.writes(job.ended(), e.LineFreed(at=20.1), REPORTED)
    job.dies()
    assert await fate(watching) is Fate.REPORTED
    assert job.rooms.deleted == 0


async def test_a_killed_jobs_call_is_ended_and_reported_at_once(job: Job) -> None:
    job.wrote(job.accepted(), RANG, job.answered(), e.CalleeHeard(at=13.0, text="Hello"))
    watching = job.watched()
    await asyncio.sleep(0.3)
    started = time.monotonic()
    job.dies()
    assert await fate(watching) is Fate.LOST
    assert time.monotonic() - started < 2
    assert job.rooms.deleted == 1
    events = job.left()
    assert kinds(events[-4:]) == ["CalleeHeard", "Ended", "LineFreed", "Reported"]
    report = fold(events)
    assert (report.status, report.ended_by, report.end_reason) == (Status.ERROR, "system", None)
    assert report.error is not None
    assert (report.error.code, report.error.message) == ("internal_error", DIED)


async def test_a_job_that_died_before_it_was_watched_is_finished(job: Job) -> None:
    job.wrote(job.accepted())
    job.dies()
    assert await fate(job.watched()) is Fate.LOST
    assert kinds(job.left()) == ["Accepted", "Ended", "LineFreed", "Reported"]


@pytest.mark.parametrize("torn", ['{"event":"CalleeHea', "\x00\x00\x00", "{}"])
async def test_a_torn_last_line_is_cut_off_first(job: Job, torn: str) -> None:
    job.wrote(job.accepted(), RANG)
    with job.journal.open("a") as file:
        file.write(torn)
    job.dies()
    assert await fate(job.watched()) is Fate.LOST
    assert kinds(job.left()) == ["Accepted", "Rang", "Ended", "LineFreed", "Reported"]


async def test_a_last_line_that_lacks_only_its_end_counts(job: Job) -> None:
    job.wrote(job.accepted(), job.answered())
    with job.journal.open("a") as file:
        file.write(encode(job.ended()))
    job.dies()
    assert await fate(job.watched()) is Fate.LOST
    assert kinds(job.left()) == ["Accepted", "Answered", "Ended", "LineFreed", "Reported"]
    assert fold(job.left()).status is Status.COMPLETED


async def test_a_job_that_died_while_it_closed_is_only_reported(job: Job) -> None:
    job.wrote(job.accepted(), job.answered(), job.ended(), e.LineFreed(at=20.1))
    job.dies()
    assert await fate(job.watched()) is Fate.LOST
    assert kinds(job.left()) == ["Accepted", "Answered", "Ended", "LineFreed", "Reported"]
    assert job.rooms.deleted == 0


async def test_a_room_that_cannot_be_deleted_keeps_no_report_back(job: Job) -> None:
    job.rooms.error = RuntimeError("with a key in it")
    job.wrote(job.accepted(), job.answered())
    job.dies()
    assert await fate(job.watched()) is Fate.LOST
    assert kinds(job.left()) == ["Accepted", "Answered", "Ended", "Warned", "Reported"]


async def test_a_journal_that_cannot_be_written_keeps_no_room(job: Job) -> None:
    job.wrote(job.accepted(), job.answered())
    watching = job.watched()
    await asyncio.sleep(0.3)
    job.journal.unlink()
    job.dies()
    assert await fate(watching) is Fate.LOST
    assert job.rooms.deleted == 1


async def test_a_hung_job_is_killed_five_seconds_past_the_limit(job: Job) -> None:
    begun = job.accepted()
    job.wrote(begun, planned(limit=60.0), RANG, e.Answered(at=begun.at + 3))
    watching = job.watched()
    job.clock.ahead = 60.0
    await asyncio.sleep(0.5)
    assert job.is_alive
    job.clock.ahead = 68.0
    assert await fate(watching) is Fate.LOST
    assert job.process.wait(1) == -signal.SIGKILL
    report = fold(job.left())
    assert report.error is not None
    assert (report.error.code, report.error.message) == ("internal_error", HUNG)
    assert job.rooms.deleted == 1


async def test_a_stopped_process_is_killed_too(job: Job) -> None:
    begun = job.accepted()
    job.wrote(begun, job.answered())
    os.kill(job.process.pid, signal.SIGSTOP)
    job.clock.ahead = LONG + 6
    assert await fate(job.watched()) is Fate.LOST
    assert job.process.wait(1) == -signal.SIGKILL


async def test_a_job_that_stays_after_its_end_is_killed_and_reported(job: Job) -> None:
    begun = job.accepted()
    job.wrote(begun, job.answered(), job.ended())
    job.clock.ahead = 62.0
    assert await fate(job.watched()) is Fate.LOST
    assert kinds(job.left()) == ["Accepted", "Answered", "Ended", "LineFreed", "Reported"]
    assert job.process.wait(1) == -signal.SIGKILL


async def test_a_process_that_took_over_the_pid_is_not_touched(job: Job) -> None:
    earlier = accepted(at=time.monotonic() - 3600, pid=job.process.pid)
    job.wrote(earlier, job.answered())
    assert await fate(job.watched()) is Fate.LOST
    assert job.is_alive
    assert fold(job.left()).status is Status.ERROR


async def test_a_job_that_tells_no_pid_is_given_up_when_its_time_is_over(job: Job) -> None:
    begun = replace(job.accepted(), pid=None)
    job.wrote(begun, job.answered())
    watching = job.watched(limit=10.0)
    await asyncio.sleep(0.3)
    assert not watching.done()
    job.clock.ahead = 16.0
    assert await fate(watching) is Fate.LOST
    assert job.is_alive


async def test_a_job_that_dies_before_its_journal_begins_is_told(job: Job) -> None:
    deleting = job.rooms.delete
    watching = asyncio.create_task(
        watch(job.journal, ringing=LONG, limit=LONG, delete_room=deleting, abandoned=lambda: True)
    )
    assert await fate(watching) is Fate.DIED_EARLY
    assert not job.journal.exists() or not job.journal.read_text()


async def test_a_job_that_will_never_come_is_not_waited_for(job: Job) -> None:
    watching = asyncio.create_task(
        watch(job.journal, ringing=LONG, limit=LONG, delete_room=job.rooms.delete, jobless=lambda: True)
    )
    assert await fate(watching) is Fate.NEVER_STARTED
    assert job.rooms.deleted == 0


async def test_a_job_that_never_starts_leaves_nothing(job: Job) -> None:
    watching = job.watched()
    await asyncio.sleep(0.05)
    job.clock.ahead = 61.0
    assert await fate(watching) is Fate.NEVER_STARTED
    assert job.rooms.deleted == 0
    assert not job.has_journal


def test_a_room_that_takes_too_long_is_not_waited_for(job: Job) -> None:
    job.wrote(job.accepted())
    job.dies()

    async def never() -> None:
        await asyncio.Event().wait()

    async def watched() -> tuple[Fate, float]:
        begun = now()
        become = await watch(job.journal, ringing=30.0, limit=LONG, delete_room=never, now=now)
        return become, now() - begun

    become, seconds = hurried(watched())
    assert become is Fate.LOST
    assert 5 <= seconds < 6
    assert kinds(job.left()) == ["Accepted", "Ended", "Warned", "Reported"]


def test_the_deadline_follows_the_journal() -> None:
    standing = Standing(ringing=30.0, limit=600.0)
    assert standing.deadline is None
    standing = standing.after(accepted(at=100.0))
    assert standing.deadline == 100 + 30 + 600 + 60
    standing = standing.after(planned(ringing=20.0, limit=50.0))
    assert standing.deadline == 100 + 20 + 50 + 60
    standing = standing.after(planned()).after(RANG)
    assert standing.deadline == 100 + 20 + 50 + 60
    standing = standing.after(e.Answered(at=110.0))
    assert standing.deadline == 110 + 50 + 5
    standing = standing.after(e.Ended(at=120.0, ended_by="agent", end_reason="tool_end_call"))
    assert standing.deadline == 120 + 60


def test_a_resumed_journal_goes_on_after_its_last_whole_line(tmp_path: Path) -> None:
    path = written(tmp_path / "events.jsonl", [accepted(), RANG])
    for torn, expected in (("", 3), ('{"event":"R', 4), (encode(ENDED), 6)):
        with path.open("a") as file:
            file.write(torn)
        with Journal.resume(path) as journal:
            journal.append(RANG)
            assert journal.events == [RANG]
        assert len(list(read(path))) == expected
