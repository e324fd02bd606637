"""The reception: takes or turns down each dispatched attempt, and stays by it until it is reported.

Runs in the worker's own process, so that it survives every job. Whoever holds an attempt's claim reports it: also where
nothing was dialled, since all others turned it down because of that claim.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit.agents import AssignmentTimeoutError, JobRequest

from agent import documents
from agent import events as e
from agent.journal import JournalDamaged, read
from agent.line import NOT_FREED
from agent.models.attempt import Attempt
from agent.models.parsing import Parsed, parse
from agent.problems import ErrorCode, InputInvalid, Problem
from agent.settings import Settings
from agent.worker import webhook
from agent.worker.claims import LEASE, Claim, ClaimLost, Claims, ClaimsUnavailable, Owner
from agent.worker.client import METADATA_LONGEST
from agent.worker.courier import Courier
from agent.worker.folder import Folder, pointed
from agent.worker.follow import follow
from agent.worker.limits import Limits
from agent.worker.pace import Pace
from agent.worker.refusal import refuse, turn_away
from agent.worker.release import NotFreed
from agent.worker.rooms import VACANT, Rooms
from agent.worker.watch import DIED, NEVER_BEGUN, Fate, watch

logger = logging.getLogger(__name__)

IDENTITY = "voice-worker"
"""What the agent is called in the room."""
RINGING, LIMIT = 80.0, 86_400.0
"""Seconds assumed until the job's journal tells the attempt's own."""
POINTER_LONGEST = 45.0
"""Seconds an inbound job may take to tell which attempt it is."""
POLL = 0.1
UNREPORTED: Mapping[Fate, str] = {Fate.DIED_EARLY: DIED, Fate.NEVER_STARTED: NEVER_BEGUN}
"""What became of jobs that left nothing to report, and what is reported then."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An attempt this worker conducts."""

    attempt: Attempt
    room: str
    claim: Claim | None
    """None for an inbound call, which its job claims."""


class Reception:
    """Answers livekit's job requests."""

    def __init__(self, settings: Settings, claims: Claims, owner: Owner, limits: Limits, courier: Courier) -> None:
        self._settings = settings
        self._claims = claims
        self._owner = owner
        self._limits = limits
        self._courier = courier
        self._rooms = Rooms(settings)
        self._pace = Pace(settings.data_dir)
        self._closed = False
        self._attending: dict[asyncio.Task[None], str] = {}
        """The room by the task that stays by its attempt."""
        self._staying: set[str] = set()
        """The attempts that were taken and are not reported yet."""
        self._tidying: set[asyncio.Task[None]] = set()

    async def answer(self, request: JobRequest) -> None:
        """Take the job or turn it down; livekit's `on_request`."""
        if self._closed:
            await request.reject(terminate=False)
            return
        parsed = self._read(request)
        if parsed is None:
            await self._turn_down(request)
            return
        for unknown in parsed.unknown:
            logger.warning("an unknown field is ignored", extra={"failure": unknown.path})
        if parsed.model.direction == "inbound":
            await self._answer_inbound(request, parsed)
        else:
            await self._answer_outbound(request, parsed)

    async def end_all(self, seconds: float) -> None:
        """End every call, politely: its room is deleted, and its job reports it."""
        until = time.monotonic() + seconds
        while self._attending and (left := until - time.monotonic()) > 0:
            # More than once: a job that is just joining its room makes it anew.
            await asyncio.gather(*(self._rooms.delete(room) for room in set(self._attending.values())))
            await self.settle(min(left, 1.0))

    async def settle(self, seconds: float) -> None:
        """Wait until every attempt is reported, but not longer than this."""
        if self._attending:
            await asyncio.wait(set(self._attending), timeout=seconds)

    async def close(self) -> None:
        """Take nothing more, and leave what is still under way."""
        self._closed = True
        tasks = [*self._attending, *self._tidying]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _read(self, request: JobRequest) -> Parsed[Attempt] | None:
        try:
            return parse(Attempt, documents.loads(request.job.metadata))
        except InputInvalid:
            # There is no attempt to report on: nobody knows whose it is.
            logger.error("a dispatch holds no attempt: expected a JSON object as the job's metadata")
            return None

    async def _answer_outbound(self, request: JobRequest, parsed: Parsed[Attempt]) -> None:
        attempt_id = parsed.model.attempt_id
        if attempt_id is None:
            logger.error("a dispatch names no attempt: expected attempt_id in the job's metadata")
            await self._turn_down(request)
            return
        try:
            claim = await self._claimed(attempt_id)
        except ClaimsUnavailable:
            logger.exception("the memory of attempts is out of reach", extra={"attempt": attempt_id})
            await request.reject(terminate=False)
            return
        if claim is None:
            logger.info("the attempt was taken before", extra={"attempt": attempt_id})
            await self._turn_down(request, attempt_id)
            return
        await self._take(request, parsed, claim)

    async def _take(self, request: JobRequest, parsed: Parsed[Attempt], claim: Claim) -> None:
        """Conduct an attempt, or report at once why not."""
        attempt, room = parsed.model, request.job.room.name
        folder = Folder.of(self._settings.data_dir, claim.attempt_id)
        try:
            await asyncio.to_thread(folder.clear)
            refused = self._refused(request, parsed, folder.journal)
        except OSError as error:
            logger.error(
                "a folder cannot be written", extra={"attempt": claim.attempt_id, "error": type(error).__name__}
            )
            await self._claims.release(claim)
            await request.reject(terminate=False)
            return
        jobless = asyncio.Event()
        self._staying.add(claim.attempt_id)
        self._attend(self._stay(Taken(attempt, room, claim), folder, jobless.is_set), room)
        if refused:
            await request.reject()
            await self._rooms.delete(room)
        elif not await self._accepted(request):
            jobless.set()

    def _refused(self, request: JobRequest, parsed: Parsed[Attempt], journal: Path) -> bool:
        """Report an attempt that may not be dialled, or not now; whether it was one. Raises OSError."""
        attempt = parsed.model
        problems = list(_problems(request, parsed))
        if problems:
            refuse(journal, attempt, InputInvalid(problems))
            return True
        reached = self._limits.begin(self._trunk(attempt), attempt.attempt_id or "")
        if reached is None:
            return False
        logger.warning("a limit is reached", extra={"attempt": attempt.attempt_id, "failure": reached.limit})
        turn_away(journal, attempt, reached.sentence)
        return True

    async def _accepted(self, request: JobRequest) -> bool:
        """Accept a job, whose process is then started; whether it was."""
        try:
            self._pace.expect(request.job.id)
            await request.accept(identity=IDENTITY, name=IDENTITY)
        except AssignmentTimeoutError:
            logger.error("the server did not assign a job that was accepted")
            return False
        except Exception as error:
            logger.exception("no process was started for a job", extra={"error": type(error).__name__})
            return False
        return True

    async def _turn_down(self, request: JobRequest, attempt_id: str | None = None) -> None:
        """Leave a job, and its room once nobody can be in it any more: the attempt may be conducted there."""
        await request.reject()
        self._tidy(self._vacate(request.job.room.name, attempt_id), "reception.vacate")

    def _tidy(self, tidying: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(tidying, name=name)
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)

    async def _vacate(self, room: str, attempt_id: str | None) -> None:
        try:
            async with asyncio.timeout(LEASE + VACANT):
                while attempt_id is not None and not await self._claims.is_spent(attempt_id):  # noqa: ASYNC110
                    await asyncio.sleep(VACANT)
        except (TimeoutError, ClaimsUnavailable):
            return  # the server closes an empty room in its own time
        for _ in range(2):  # who has just begun to dial is in the room by the second time
            if room in self._attending.values() or not await self._rooms.is_empty(room):
                return
            await asyncio.sleep(VACANT)
        await self._rooms.delete(room)

    async def _answer_inbound(self, request: JobRequest, parsed: Parsed[Attempt]) -> None:
        if parsed.problems:
            logger.error("the dispatch rule's metadata is invalid", extra={"failure": parsed.problems[0].path})
            await request.reject()
            await self._rooms.delete(request.job.room.name)
            return
        room = request.job.room.name
        staying = self._attend(self._stay_inbound(request.job.id, parsed.model, room), room)
        if not await self._accepted(request):
            staying.cancel()

    async def _claimed(self, attempt_id: str) -> Claim | None:
        """The claim on an attempt; None where it was taken before. Raises `ClaimsUnavailable`."""
        if attempt_id in self._staying:  # its lease may be over, but it will be reported from here
            return None
        return await self._claims.take(attempt_id, self._owner)

    def _trunk(self, attempt: Attempt) -> str:
        return attempt.sip.trunk_id or self._settings.sip_trunk_id or ""

    def _attend(self, staying: Coroutine[Any, Any, None], room: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(staying, name="reception.attempt")
        self._attending[task] = room
        task.add_done_callback(self._attending.pop)
        return task

    async def _stay(self, taken: Taken, folder: Folder, jobless: Callable[[], bool] = lambda: False) -> None:
        """Watch and deliver an attempt until it is reported; then remember that it is over."""
        attempt, journal = taken.attempt, folder.journal
        attempt_id = attempt.attempt_id or ""
        delivering = self._courier.deliver(attempt_id, journal, lambda: self._destination(attempt, journal))
        try:
            fate = await watch(
                journal,
                ringing=RINGING,
                limit=LIMIT,
                delete_room=lambda: self._free(taken.room),
                abandoned=folder.is_abandoned,
                jobless=jobless,
            )
            if fate is Fate.NEVER_STARTED and not await self._is_ours(taken):
                logger.error("a job never came, and its attempt is not ours any more", extra={"attempt": attempt_id})
                delivering.cancel()
                return
            if fate in UNREPORTED:
                await self._give_up(taken, journal, UNREPORTED[fate])
            if _lingers(journal):
                self._tidy(self._rooms.linger(taken.room), "reception.linger")
            if taken.claim is not None:
                await self._claims.finish(taken.claim)
        except ClaimsUnavailable:
            logger.exception("the memory of attempts is out of reach", extra={"attempt": attempt_id})
        finally:
            self._staying.discard(attempt_id)
            self._limits.end(self._trunk(attempt), attempt_id)

    async def _is_ours(self, taken: Taken) -> bool:
        """Whether an attempt that no job began is this worker's to report; then nobody else may dial it any more.

        It is not where somebody has the claim by now, or is in the room: a worker that shares no memory with this one.
        """
        if taken.claim is None:
            return True
        try:
            if await self._rooms.is_empty(taken.room) is False:
                await self._claims.release(taken.claim)
                return False
            await self._claims.intend(taken.claim)
        except (ClaimLost, ClaimsUnavailable):
            return False
        return True

    async def _give_up(self, taken: Taken, journal: Path, message: str) -> None:
        """Report an attempt whose job left no journal."""
        logger.error("a job is lost", extra={"attempt": taken.attempt.attempt_id, "failure": message})
        refuse(journal, taken.attempt, InputInvalid([Problem("", message, ErrorCode.INTERNAL_ERROR)]))
        await self._rooms.delete(taken.room)

    async def _stay_inbound(self, job_id: str, attempt: Attempt, room: str) -> None:
        until = time.monotonic() + POINTER_LONGEST
        while (attempt_id := pointed(self._settings.data_dir, job_id)) is None:
            if time.monotonic() > until:
                logger.warning("an inbound job conducted no call")
                return
            await asyncio.sleep(POLL)
        named = attempt.model_copy(update={"attempt_id": attempt_id, "call_id": attempt.call_id or attempt_id})
        await self._stay(Taken(named, room, None), Folder.of(self._settings.data_dir, attempt_id))

    async def _destination(self, attempt: Attempt, journal: Path) -> webhook.Destination | None:
        """The attempt's callback, or the assistant's own webhook, which the plan tells."""
        secret = self._settings.callback_secret
        if attempt.callback is not None and attempt.callback.url is not None:
            return webhook.destination(attempt.callback, None, secret)
        async for event in follow(journal):
            if isinstance(event, e.Planned):
                return webhook.destination(attempt.callback, event.webhook_url, secret)
        own = attempt.assistant.webhook_url if attempt.assistant is not None else None
        return webhook.destination(attempt.callback, own, secret)

    async def _free(self, room: str) -> None:
        if not await self._rooms.delete(room):
            raise NotFreed


def _problems(request: JobRequest, parsed: Parsed[Attempt]) -> Iterator[Problem]:
    if len(request.job.metadata.encode()) > METADATA_LONGEST:
        yield Problem("", f"expected at most {METADATA_LONGEST // 1024} KiB of metadata")
    yield from parsed.problems


def _lingers(journal: Path) -> bool:
    """Whether the far end may still be there although the attempt is over."""
    try:
        return any(isinstance(event, e.Warned) and event.message == NOT_FREED for event in read(journal))
    except (JournalDamaged, OSError):
        return False
