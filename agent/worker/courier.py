"""The courier: delivers the events of every attempt from the worker's own process, whatever becomes of its job.

journal ─follow→ Story ─Message→ a task each: try, wait, try again → callback
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.worker import webhook
from agent.worker.follow import follow
from agent.worker.post import Post, posting
from agent.worker.webhook import Destination, EventType, Message, Story, Verdict

logger = logging.getLogger(__name__)

HURRIED = 3.0
"""Longest wait between two tries once the worker stops."""

Finder = Callable[[], Awaitable[Destination | None]]
"""Finds out where an attempt's events go. None: nobody is told."""


class _Gone(Exception):
    """The receiver wants nothing more of this attempt."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Where time and chance come from."""

    now: Callable[[], float] = time.time
    """Seconds of the wall clock."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    """From 0 to 1."""


class Courier:
    """Delivers; an async context manager, since it owns the connections. What is under way at its end is given up.

    `allowed_hosts`: `host` or `host:port` that an assistant's `webhook_url` may reach although private.
    """

    _post: Post

    def __init__(self, allowed_hosts: frozenset[str] = frozenset(), timing: Timing | None = None) -> None:
        self._allowed = allowed_hosts
        self._timing = timing or Timing()
        self._connections = AsyncExitStack()
        self._attempts: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._post = await self._connections.enter_async_context(posting(self._allowed))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.drain(0.0)
        await self._connections.aclose()

    def deliver(self, attempt_id: str, journal: Path, find: Finder) -> asyncio.Task[None]:
        """Deliver an attempt's events, to the final one. The journal need not be there yet.

        The task ends when all is delivered or given up and raises nothing; cancel it if there will be no journal.
        """
        task = asyncio.create_task(self._attend(attempt_id, journal, find), name=f"courier.{attempt_id}")
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)
        return task

    async def drain(self, seconds: float) -> None:
        """The worker stops: what waits for its next try is tried now, and given up after `seconds`."""
        self._stopping.set()
        attempts = set(self._attempts)
        if not attempts:
            return
        _, left = await asyncio.wait(attempts, timeout=seconds)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if left:
            logger.error("the worker stopped before everything was delivered", extra={"undelivered": len(left)})

    async def _attend(self, attempt_id: str, journal: Path, find: Finder) -> None:
        try:
            to = await find()
            if to is not None:
                await self._tell(to, attempt_id, journal)
        except* _Gone:
            logger.warning("the receiver wants no more events of this attempt", extra={"attempt": attempt_id})
        except* Exception as group:
            logger.error(
                "the attempt's events cannot be delivered",
                extra={"attempt": attempt_id, "error": type(group.exceptions[0]).__name__},
                exc_info=group,
            )

    async def _tell(self, to: Destination, attempt_id: str, journal: Path) -> None:
        story = Story()
        before = asyncio.Event()
        before.set()
        async with asyncio.TaskGroup() as sending:
            async for event in follow(journal):
                message = story.take(event)
                if message is None or not (to.is_schedulers or message.type is EventType.ANALYZED):
                    continue
                tried = asyncio.Event()
                sending.create_task(self._deliver(to, attempt_id, message, before, tried), name=message.type)
                before = tried

    async def _deliver(
        self, to: Destination, attempt_id: str, message: Message, before: asyncio.Event, tried: asyncio.Event
    ) -> None:
        """Send a message until it is taken. It waits for the first try of the one before, and no longer."""
        await before.wait()
        asked = 0.0
        for planned in webhook.RETRIES:
            if planned:
                await self._pause(webhook.pause(planned, asked, self._timing.chance()))
            answer = await self._post.send(to, message, self._timing.now())
            tried.set()
            facts = {"attempt": attempt_id, "part": message.type.value, "failure": answer.reason}
            match answer.verdict:
                case Verdict.DELIVERED:
                    return
                case Verdict.GONE:
                    raise _Gone
                case Verdict.FAILED:
                    asked = answer.asked
                    logger.warning("an event was not delivered", extra=facts)
        logger.error("an event was given up", extra={"attempt": attempt_id, "part": message.type.value})

    async def _pause(self, seconds: float) -> None:
        """Wait, shorter once the worker stops."""
        if not self._stopping.is_set():
            waiting = (
                asyncio.ensure_future(self._timing.sleep(seconds)),
                asyncio.create_task(self._stopping.wait(), name="courier.stopping"),
            )
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waiting:
                    one.cancel()
            return
        await self._timing.sleep(min(seconds, HURRIED))
