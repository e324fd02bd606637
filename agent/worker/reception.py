"""The reception: takes or turns down each dispatched attempt, and stays by it until it is reported.

Runs in the worker's own process, so that it survives every job.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from livekit import api
from livekit.agents import JobRequest

from agent import documents
from agent import events as e
from agent.journal import JournalDamaged, read
from agent.line import NOT_FREED
from agent.models.attempt import Attempt
from agent.models.parsing import Parsed, parse
from agent.problems import ErrorCode, InputInvalid, Problem
from agent.settings import Settings
from agent.worker import webhook
from agent.worker.claims import LEASE, Claim, Claims, ClaimsUnavailable, Owner
from agent.worker.client import client
from agent.worker.courier import Courier
from agent.worker.folder import Folder, pointed
from agent.worker.follow import follow
from agent.worker.limits import Limits
from agent.worker.refusal import refuse
from agent.worker.release import NotFreed
from agent.worker.watch import DIED, Fate, watch

logger = logging.getLogger(__name__)

IDENTITY = "voice-worker"
"""What the agent is called in the room."""
RINGING, LIMIT = 80.0, 86_400.0
"""Seconds assumed until the job's journal tells the attempt's own."""
POINTER_LONGEST = 45.0
"""Seconds an inbound job may take to tell which attempt it is."""
POLL = 0.1
LARGEST = 512 * 1024
"""Bytes of metadata; not every server holds a dispatch to it."""
LINGER = 3600.0
"""Seconds in which a room is to be deleted once the server is back."""
RETURNING = 60.0
"""Seconds a bridge may take to come back into its room after that."""
VACANT = 1.5
"""Seconds between two looks at a room that nobody may be using."""


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
        self._closed = False
        self._attending: dict[asyncio.Task[None], str] = {}
        """The room by the task that stays by its attempt."""
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
            await asyncio.gather(*(self._delete(room) for room in set(self._attending.values())))
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
        attempt, room = parsed.model, request.job.room.name
        if attempt.attempt_id is None:
            logger.error("a dispatch names no attempt: expected attempt_id in the job's metadata")
            await self._turn_down(request)
            return
        claim = await self._claimed(attempt.attempt_id)
        if claim is None:
            await self._turn_down(request, attempt.attempt_id)
            return
        problems = list(_problems(request, parsed))
        refusal = None if problems else self._limits.begin(self._trunk(attempt), attempt.attempt_id)
        if refusal is not None:
            logger.warning("a limit is reached", extra={"attempt": attempt.attempt_id, "failure": refusal.limit})
            await self._claims.release(claim)
            await request.reject(terminate=False)
            return
        folder = Folder.of(self._settings.data_dir, attempt.attempt_id)
        await asyncio.to_thread(folder.clear)
        if problems:
            refuse(folder.journal, attempt, InputInvalid(problems))
            await request.reject()
            await self._delete(room)
        self._attend(self._stay(Taken(attempt, room, claim), folder), room)
        if not problems:
            await request.accept(identity=IDENTITY, name=IDENTITY)

    async def _turn_down(self, request: JobRequest, attempt_id: str | None = None) -> None:
        """Leave a job, and its room once nobody can be in it any more: the attempt may be conducted there."""
        await request.reject()
        self._tidy(self._vacate(request.job.room.name, attempt_id), "reception.vacate")

    def _tidy(self, tidying: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(tidying, name=name)
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)

    async def _linger(self, room: str) -> None:
        """Delete a room that could not be, until the server is back and whoever was in it cannot come back any more."""
        deleted, give_up = 0.0, time.monotonic() + LINGER
        while deleted < RETURNING and time.monotonic() < give_up:
            if await self._delete(room):
                deleted += VACANT
                await self._forget(room)
            await asyncio.sleep(VACANT)

    async def _forget(self, room: str) -> None:
        """Have a room struck off that is still listed: one of a server that died can be deleted once it is anew."""
        async with client(self._settings) as server:
            with suppress(api.TwirpError, aiohttp.ClientError, OSError, TimeoutError):
                if (await server.room.list_rooms(api.ListRoomsRequest(names=[room]))).rooms:
                    await server.room.create_room(api.CreateRoomRequest(name=room))
                    await server.room.delete_room(api.DeleteRoomRequest(room=room))

    async def _vacate(self, room: str, attempt_id: str | None) -> None:
        try:
            async with asyncio.timeout(LEASE + VACANT):
                while attempt_id is not None and not await self._claims.is_spent(attempt_id):  # noqa: ASYNC110
                    await asyncio.sleep(VACANT)
        except (TimeoutError, ClaimsUnavailable):
            return  # the server closes an empty room in its own time
        for _ in range(2):  # who has just begun to dial is in the room by the second time
            if room in self._attending.values() or not await self._is_empty(room):
                return
            await asyncio.sleep(VACANT)
        await self._delete(room)

    async def _answer_inbound(self, request: JobRequest, parsed: Parsed[Attempt]) -> None:
        if parsed.problems:
            logger.error("the dispatch rule's metadata is invalid", extra={"failure": parsed.problems[0].path})
            await request.reject()
            await self._delete(request.job.room.name)
            return
        self._attend(self._stay_inbound(request.job.id, parsed.model, request.job.room.name), request.job.room.name)
        await request.accept(identity=IDENTITY, name=IDENTITY)

    async def _claimed(self, attempt_id: str) -> Claim | None:
        try:
            claim = await self._claims.take(attempt_id, self._owner)
        except ClaimsUnavailable:
            logger.exception("the memory of attempts is out of reach", extra={"attempt": attempt_id})
            return None
        if claim is None:
            logger.info("the attempt was taken before", extra={"attempt": attempt_id})
        return claim

    def _trunk(self, attempt: Attempt) -> str:
        return attempt.sip.trunk_id or self._settings.sip_trunk_id or ""

    def _attend(self, staying: Coroutine[Any, Any, None], room: str) -> None:
        task = asyncio.create_task(staying, name="reception.attempt")
        self._attending[task] = room
        task.add_done_callback(self._attending.pop)

    async def _stay(self, taken: Taken, folder: Folder) -> None:
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
            )
            if fate is Fate.DIED_EARLY:
                logger.error("a job is lost", extra={"attempt": attempt_id, "failure": DIED})
                refuse(journal, attempt, InputInvalid([Problem("", DIED, ErrorCode.INTERNAL_ERROR)]))
                await self._delete(taken.room)
            if fate is Fate.NEVER_STARTED:
                logger.error("a job never started", extra={"attempt": attempt_id})
                delivering.cancel()
            if _lingers(journal):
                self._tidy(self._linger(taken.room), "reception.linger")
            if taken.claim is not None:
                await (self._claims.release if fate is Fate.NEVER_STARTED else self._claims.finish)(taken.claim)
        finally:
            self._limits.end(self._trunk(attempt), attempt_id)

    async def _stay_inbound(self, job_id: str, attempt: Attempt, room: str) -> None:
        until = time.monotonic() + POINTER_LONGEST
        while (attempt_id := pointed(self._settings.data_dir, job_id)) is None:
            if time.monotonic() > until:
                logger.warning("an inbound job conducted no call")
                return
            await asyncio.sleep(POLL)
        named = attempt.model_copy(update={"attempt_id": attempt_id})
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

    async def _is_empty(self, room: str) -> bool:
        """Whether there is nobody in the room; not if that cannot be told."""
        async with client(self._settings) as server:
            try:
                found = await server.room.list_participants(api.ListParticipantsRequest(room=room))
            except (api.TwirpError, aiohttp.ClientError, OSError, TimeoutError):
                return False
        return not found.participants

    async def _free(self, room: str) -> None:
        if not await self._delete(room):
            raise NotFreed

    async def _delete(self, room: str) -> bool:
        """Delete the room; whether the server has answered, be it that there is none."""
        async with client(self._settings) as server:
            try:
                await server.room.delete_room(api.DeleteRoomRequest(room=room))
            except api.TwirpError as error:
                logger.info("a room was not deleted", extra={"error": error.code})
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                logger.info("a room was not deleted", extra={"error": type(error).__name__})
                return False
        return True


def _problems(request: JobRequest, parsed: Parsed[Attempt]) -> Iterator[Problem]:
    if len(request.job.metadata.encode()) > LARGEST:
        yield Problem("", f"expected at most {LARGEST // 1024} KiB of metadata")
    yield from parsed.problems


def _lingers(journal: Path) -> bool:
    """Whether the far end may still be there although the attempt is over."""
    try:
        return any(isinstance(event, e.Warned) and event.message == NOT_FREED for event in read(journal))
    except (JournalDamaged, OSError):
        return False
