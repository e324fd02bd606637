"""Taking and turning down dispatched attempts; the far ends are a folder and livekit's own job requests."""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import AssignmentTimeoutError, JobRequest
from livekit.agents.job import JobAcceptArguments
from livekit.protocol import agent as protocol
from livekit.protocol import models

from agent import events as e
from agent import settings
from agent.journal import Journal, read
from agent.models.report import Attempt
from agent.report import fold
from agent.worker.claims import LEASE, Claim, LocalClaims, Owner
from agent.worker.courier import Courier
from agent.worker.folder import Folder
from agent.worker.limits import Caps, Limits
from agent.worker.reception import Reception
from agent.worker.refusal import accepted
from agent.worker.watch import NEVER_BEGUN
from tests.agent.dispatch.livekit import AGENT, livekit, person
from tests.agent.worker.test_refusal import ATTEMPT

OWNER, OTHER = Owner.of("test"), Owner.of("other")
METADATA: dict[str, Any] = {
    "call_id": "c",
    "attempt_id": "a",
    "to_phone_number": "+33612345678",
    "assistant": {"prompt": "p"},
}


Then = Callable[[], Awaitable[None]]
"""What the server does about an accepted job."""


async def assigned() -> None:
    """It starts the job."""


class Request:
    """A job request and what was answered to it."""

    def __init__(self, metadata: str | dict[str, Any], then: Then) -> None:
        self.answer = ""
        self._then = then
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        job = protocol.Job(id="AJ_1", room=models.Room(name="attempt-a"), metadata=text)
        self.request = JobRequest(job=job, on_reject=self._reject, on_accept=self._accept)

    async def _reject(self, terminate: bool) -> None:
        self.answer = "rejected" if terminate else "passed on"

    async def _accept(self, arguments: JobAcceptArguments) -> None:
        self.answer = "accepted"
        await self._then()


class Desk:
    """A reception, and answers to requests."""

    def __init__(self, reception: Reception, claims: LocalClaims, data_dir: Path) -> None:
        self.reception = reception
        self.claims = claims
        self.folder = Folder.of(data_dir, "a")

    async def ask(self, metadata: str | dict[str, Any], then: Then = assigned) -> str:
        asked = Request(metadata, then)
        await self.reception.answer(asked.request)
        return asked.answer

    async def reported(self, attempt_id: str = "a") -> Attempt:
        """The report of an attempt, once all are reported."""
        await asyncio.wait_for(self.reception.settle(10), 11)
        return fold(read(Folder.of(self.folder.path.parent, attempt_id).journal))


NOWHERE = {"LIVEKIT_URL": "ws://127.0.0.1:9", "LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "s" * 32}


@asynccontextmanager
async def desk(
    tmp_path: Path, caps: Caps | None = None, server: Mapping[str, str] = NOWHERE, lease: float = LEASE
) -> AsyncIterator[Desk]:
    given = settings.of({**server, "VOICE_WORKER_DATA_DIR": str(tmp_path)})
    claims = LocalClaims(tmp_path / "claims", lease=lease)
    async with Courier() as courier:
        limits = Limits(caps or Caps(), time.monotonic)
        reception = Reception(given, claims, OWNER, limits, courier)
        try:
            yield Desk(reception, claims, tmp_path)
        finally:
            await reception.close()


async def test_an_attempt_is_taken_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:
        assert await reception.ask(METADATA) == "accepted"
        assert await reception.ask(METADATA) == "rejected"
        assert await reception.ask({**METADATA, "attempt_id": "b"}) == "accepted"


async def test_what_is_no_attempt_is_turned_down(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:
        for metadata in ("", "no JSON", "[]", json.dumps({"call_id": "c"}), "x" * 600_000):
            assert await reception.ask(metadata) == "rejected"


async def test_an_invalid_attempt_is_reported_and_not_conducted(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:
        assert await reception.ask({**METADATA, "to_phone_number": "112"}) == "rejected"
        report = fold(read(reception.folder.journal))
    assert report.error is not None
    assert report.error.code == "number_not_allowed"
    assert report.error.message.startswith("to_phone_number: ")


async def test_more_metadata_than_every_server_holds_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:
        assert await reception.ask({**METADATA, "assistant": {"prompt": "x" * 600_000}}) == "rejected"
        report = fold(read(reception.folder.journal))
    assert report.error is not None
    assert report.error.message == "expected at most 512 KiB of metadata"


async def test_an_attempt_whose_job_dies_before_it_writes_anything_is_reported(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:
        assert await reception.ask(METADATA) == "accepted"
        began = "import sys; from pathlib import Path; from agent.worker.folder import Folder"
        began += "; Folder(Path(sys.argv[1])).begin()"
        job = await asyncio.create_subprocess_exec(sys.executable, "-c", began, str(reception.folder.path))
        await job.wait()
        report = await reception.reported()
        assert report.error is not None
        assert report.error.code == "internal_error"
        assert await reception.ask(METADATA) == "rejected"


@pytest.mark.parametrize(
    ("caps", "sentence"),
    [
        (Caps(at_once=1), "the trunk carries 1 of 1 calls at once"),
        (Caps(per_second=0.1), "the trunk takes 0.1 new calls a second"),
    ],
)
async def test_what_a_trunk_has_no_room_for_is_reported_once_and_not_passed_on(
    tmp_path: Path, caps: Caps, sentence: str
) -> None:
    async with desk(tmp_path, caps) as reception:
        assert await reception.ask({**METADATA, "attempt_id": "b"}) == "accepted"
        assert await reception.ask(METADATA) == "rejected"
        async with asyncio.timeout(5):
            while not await reception.claims.is_spent("a"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        report = fold(read(reception.folder.journal))
        assert report.error is not None
        assert (report.dial_error, report.error.message) == ("too_many_calls", sentence)
        written = reception.folder.journal.read_text()
        assert written.count("Reported") == 1
        assert await reception.ask(METADATA) == "rejected"
        assert reception.folder.journal.read_text() == written


async def test_a_reported_attempt_makes_room_for_the_next(tmp_path: Path) -> None:
    async with desk(tmp_path, Caps(at_once=1)) as reception:
        assert await reception.ask(METADATA) == "accepted"
        with Journal(reception.folder.journal) as journal:
            journal.append(e.Accepted(**{**_fields(accepted(ATTEMPT)), "pid": os.getpid()}))
            journal.append(e.Ended(at=time.monotonic(), ended_by="user", end_reason="client_initiated"))
            journal.append(e.Reported(at=time.monotonic()))
        await asyncio.wait_for(reception.reception.settle(5), 5)
        assert await reception.ask({**METADATA, "attempt_id": "b"}) == "accepted"
        assert await reception.ask(METADATA) == "rejected"


async def lost() -> None:
    raise AssignmentTimeoutError


async def broken() -> None:
    raise RuntimeError("no process")


@pytest.mark.parametrize("then", [lost, broken])
async def test_a_job_that_was_accepted_and_never_comes_is_reported(tmp_path: Path, then: Then) -> None:
    async with desk(tmp_path, Caps(at_once=1)) as reception:
        assert await reception.ask(METADATA, then) == "accepted"
        report = await reception.reported()
        assert report.error is not None
        assert (report.error.code, report.error.message) == ("internal_error", NEVER_BEGUN)
        assert (report.status, report.ended_by, report.dial_error) == ("error", "system", None)
        assert await reception.ask(METADATA) == "rejected"
        assert await reception.ask({**METADATA, "attempt_id": "b"}) == "accepted"


async def test_a_job_that_never_comes_is_not_reported_where_somebody_else_has_its_attempt(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:

        async def taken() -> None:
            await reception.claims.release(Claim("a", OWNER))
            assert await reception.claims.take("a", OTHER) is not None
            raise AssignmentTimeoutError

        assert await reception.ask(METADATA, taken) == "accepted"
        await asyncio.wait_for(reception.reception.settle(5), 6)
        assert not reception.folder.journal.exists()
        await reception.claims.intend(Claim("a", OTHER))


async def test_a_job_that_never_comes_is_not_reported_where_nobody_knows_whose_its_attempt_is(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:

        async def forgotten() -> None:
            shutil.rmtree(tmp_path / "claims")
            raise AssignmentTimeoutError

        assert await reception.ask(METADATA, forgotten) == "accepted"
        await asyncio.wait_for(reception.reception.settle(5), 6)
        assert not reception.folder.journal.exists()


async def test_a_job_that_never_comes_is_not_reported_where_somebody_is_in_its_room(tmp_path: Path) -> None:
    async with livekit() as server, desk(tmp_path, server=server.variables) as reception:
        server.room("attempt-a", person(AGENT))
        assert await reception.ask(METADATA, lost) == "accepted"
        await asyncio.wait_for(reception.reception.settle(5), 6)
        assert not reception.folder.journal.exists()
        assert "attempt-a" in server.rooms
        assert await reception.claims.take("a", OTHER) is not None


async def test_a_job_that_never_comes_leaves_no_room(tmp_path: Path) -> None:
    async with livekit() as server, desk(tmp_path, server=server.variables) as reception:
        server.room("attempt-a")
        assert await reception.ask(METADATA, lost) == "accepted"
        await reception.reported()
        assert server.rooms == {}


async def test_an_attempt_whose_job_has_not_begun_is_not_taken_again_when_its_lease_is_over(tmp_path: Path) -> None:
    async with desk(tmp_path, lease=0.0) as reception:
        assert await reception.ask(METADATA) == "accepted"
        assert await reception.ask(METADATA) == "rejected"


async def test_an_attempt_that_cannot_be_remembered_or_written_down_is_passed_on(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:
        reception.folder.path.write_text("a file")
        assert await reception.ask(METADATA) == "passed on"
        reception.folder.path.unlink()
        assert await reception.ask(METADATA) == "accepted"
        shutil.rmtree(tmp_path / "claims")
        assert await reception.ask({**METADATA, "attempt_id": "b"}) == "passed on"


async def test_a_closed_reception_passes_attempts_on(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:
        await reception.reception.close()
        assert await reception.ask(METADATA) == "passed on"


def _fields(event: e.Accepted) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__dataclass_fields__}
