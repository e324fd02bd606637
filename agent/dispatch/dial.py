"""`dial`: dispatch an attempt to a running worker and follow it to its final event.

order ─CreateDispatch→ worker ─events→ receiver ─┬─ shown
                                                 └─ forwarded to the attempt's own callback
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

from livekit import api

from agent.dispatch.order import Order
from agent.dispatch.progress import DISPATCHES, Progress, Step
from agent.dispatch.receiver import Told
from agent.dispatch.server import Server, ServerFailed
from agent.problems import SettingsInvalid
from agent.worker.webhook import EventType

TICK = 2.0
"""Seconds between two looks into the room."""

_OURS = (api.ParticipantInfo.Kind.AGENT, api.ParticipantInfo.Kind.SIP)


class Interrupted:
    """The operator wants the call to end."""


Inbox = asyncio.Queue[Told | Interrupted]
"""What comes from outside, in order."""


class NotFollowed(Exception):
    """The attempt's final event did not come; the message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Where time comes from."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Dial:
    """One attempt from its dispatch to its final event."""

    def __init__(self, server: Server, order: Order, metadata: str, inbox: Inbox, timing: Timing | None = None) -> None:
        """`metadata` is what the worker gets, and makes it send its events to `inbox`."""
        self._server = server
        self._order = order
        self._metadata = metadata
        self._inbox = inbox
        self._timing = timing or Timing()

    async def follow(self, tell: Callable[[Told], None], say: Callable[[str], None]) -> Told:
        """Dispatch, hand every event to `tell`, and return the final one. `say` is told what is done, in sentences.

        Raises `NotFollowed`; and `SettingsInvalid` or `ServerFailed` where the server does not take the dispatch.
        """
        if await self._is_somebody_there():
            raise NotFollowed("a call of this attempt is going on already: nothing was dispatched")
        progress = Progress()
        while True:
            progress = await self._done(progress, say)
            item = await self._next()
            now = self._timing.now()
            match item:
                case Told():
                    progress = progress.seen(now)
                    tell(item)
                    if item.type is EventType.ANALYZED:
                        return item
                case Interrupted():
                    say("hanging up; Ctrl-C once more leaves at once")
                    progress = progress.interrupted(now)
                case None:
                    progress = progress.seen(now) if await self._is_somebody_there() else progress
                case _:
                    assert_never(item)

    async def _done(self, progress: Progress, say: Callable[[str], None]) -> Progress:
        """Do what is due."""
        step = progress.step(self._timing.now())
        match step:
            case Step.WAIT:
                return progress
            case Step.DISPATCH:
                again = " again: no worker has taken it" if progress.dispatches else ""
                say(f"dispatching to {self._order.agent}, room {self._order.room}{again}")
                await self._server.dispatch(self._order.room, self._order.agent, self._metadata)
                return progress.dispatched(self._timing.now())
            case Step.HANG_UP:
                await self._hang_up()
                return progress
            case Step.NOT_TAKEN:
                await self._hang_up()
                raise NotFollowed(_not_taken(progress, self._order.agent))
            case Step.NOT_REPORTED:
                await self._hang_up()
                raise NotFollowed("the final event did not come: the worker may have died, its own log says more")
            case _:
                assert_never(step)

    async def _next(self) -> Told | Interrupted | None:
        """What comes next; None when nothing has come for a while."""
        if not self._inbox.empty():
            return self._inbox.get_nowait()
        coming = asyncio.create_task(self._inbox.get(), name="dial.inbox")
        tick = asyncio.ensure_future(self._timing.sleep(TICK))
        try:
            await asyncio.wait((coming, tick), return_when=asyncio.FIRST_COMPLETED)
            return coming.result() if coming.done() else None
        finally:
            coming.cancel()
            tick.cancel()

    async def _is_somebody_there(self) -> bool:
        """Whether a worker or the phone is in the room; False also where the server cannot be asked just now."""
        try:
            present = await self._server.participants(self._order.room)
        except (ServerFailed, SettingsInvalid):
            return False
        return any(one.kind in _OURS for one in present)

    async def _hang_up(self) -> None:
        try:
            await self._server.delete(self._order.room)
        except (ServerFailed, SettingsInvalid):
            return  # tried again at the next tick, as long as it matters


def _not_taken(progress: Progress, agent: str) -> str:
    if progress.interrupted_at is not None:
        return "hung up before any worker had taken the attempt"
    return (
        f"no worker took the attempt, dispatched {DISPATCHES} times: is one registered as {agent}, "
        "and was this attempt_id never dialled before?"
    )
