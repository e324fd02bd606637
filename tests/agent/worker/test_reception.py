"""Taking and turning down dispatched attempts; the far ends are a folder and livekit's own job requests."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from livekit.agents import JobRequest
from livekit.agents.job import JobAcceptArguments
from livekit.protocol import agent as protocol
from livekit.protocol import models

from agent import events as e
from agent import settings
from agent.journal import Journal, read
from agent.report import fold
from agent.worker.claims import LocalClaims, Owner
from agent.worker.courier import Courier
from agent.worker.folder import Folder
from agent.worker.limits import Caps, Limits
from agent.worker.reception import Reception
from agent.worker.refusal import accepted
from tests.agent.worker.test_refusal import ATTEMPT

METADATA: dict[str, Any] = {
    "call_id": "c",
    "attempt_id": "a",
    "to_phone_number": "+33612345678",
    "assistant": {"prompt": "p"},
}


class Request:
    """A job request and what was answered to it."""

    def __init__(self, metadata: str | dict[str, Any]) -> None:
        self.answer = ""
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        job = protocol.Job(id="AJ_1", room=models.Room(name="attempt-a"), metadata=text)
        self.request = JobRequest(job=job, on_reject=self._reject, on_accept=self._accept)

    async def _reject(self, terminate: bool) -> None:
        self.answer = "rejected" if terminate else "passed on"

    async def _accept(self, arguments: JobAcceptArguments) -> None:
        self.answer = "accepted"


class Desk:
    """A reception, and answers to requests."""

    def __init__(self, reception: Reception, data_dir: Path) -> None:
        self.reception = reception
        self.folder = Folder.of(data_dir, "a")

    async def ask(self, metadata: str | dict[str, Any]) -> str:
        asked = Request(metadata)
        await self.reception.answer(asked.request)
        return asked.answer


@asynccontextmanager
async def desk(tmp_path: Path, caps: Caps | None = None) -> AsyncIterator[Desk]:
    given = settings.of(
        {
            "LIVEKIT_URL": "ws://127.0.0.1:9",
            "LIVEKIT_API_KEY": "key",
            "LIVEKIT_API_SECRET": "s" * 32,
            "VOICE_WORKER_DATA_DIR": str(tmp_path),
        }
    )
    claims = LocalClaims(tmp_path / "claims")
    async with Courier() as courier:
        limits = Limits(caps or Caps(), time.monotonic)
        reception = Reception(given, claims, Owner.of("test"), limits, courier)
        try:
            yield Desk(reception, tmp_path)
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
        await asyncio.wait_for(reception.reception.settle(10), 11)
        report = fold(read(reception.folder.journal))
        assert report.error is not None
        assert report.error.code == "internal_error"
        assert await reception.ask(METADATA) == "rejected"


async def test_a_trunk_takes_only_so_many_calls_and_the_attempt_stays_free(tmp_path: Path) -> None:
    async with desk(tmp_path, Caps(at_once=1)) as reception:
        assert await reception.ask(METADATA) == "accepted"
        assert await reception.ask({**METADATA, "attempt_id": "b"}) == "passed on"
        assert await reception.ask({**METADATA, "attempt_id": "b"}) == "passed on"


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


async def test_a_closed_reception_passes_attempts_on(tmp_path: Path) -> None:
    async with desk(tmp_path) as reception:
        await reception.reception.close()
        assert await reception.ask(METADATA) == "passed on"


def _fields(event: e.Accepted) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__dataclass_fields__}
