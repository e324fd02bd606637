"""Forwarding an attempt's events to where they would have gone by themselves, in their order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from agent.dispatch.receiver import Told
from agent.worker.post import Post, posting
from agent.worker.webhook import Destination, EventType, Verdict

PAUSES = (0.0, 1.0, 5.0)
"""Seconds before each try; the next event waits."""
LONGEST = 30.0
"""Seconds that what is under way may take once the call is followed to its end."""

Sleep = Callable[[float], Awaitable[None]]


class Forwarder:
    """Sends in the background what it is given. `warn` is told, in a sentence, of what was not taken."""

    def __init__(self, to: Destination, post: Post, warn: Callable[[str], None], sleep: Sleep) -> None:
        self._to = to
        self._post = post
        self._warn = warn
        self._sleep = sleep
        self._waiting: asyncio.Queue[Told] = asyncio.Queue()

    def forward(self, told: Told) -> None:
        """Send an event on. An assistant's webhook is told only the final one."""
        if self._to.is_schedulers or told.type is EventType.ANALYZED:
            self._waiting.put_nowait(told)

    async def run(self) -> None:
        """Send for ever, or until the receiver wants nothing more."""
        wanted = True
        while True:
            told = await self._waiting.get()
            if wanted:
                wanted = await self._sent(told)
            self._waiting.task_done()

    async def finish(self) -> None:
        """Wait for what is under way, though not for ever."""
        try:
            await asyncio.wait_for(self._waiting.join(), LONGEST)
        except TimeoutError:
            self._warn("not every event was forwarded in time")

    async def _sent(self, told: Told) -> bool:
        """Whether more is wanted. Identity, moment and body stay as they came; the receiver's own key signs."""
        reason = ""
        for pause in PAUSES:
            if pause:
                await self._sleep(pause)
            answer = await self._post.send(self._to, told.message, told.sent_at)
            if answer.verdict is Verdict.DELIVERED:
                return True
            if answer.verdict is Verdict.GONE:
                self._warn("the attempt's own receiver wants no more events")
                return False
            reason = answer.reason
        self._warn(f"{told.type} was not taken by the attempt's own receiver: {reason}")
        return True


@asynccontextmanager
async def forwarding(
    to: Destination | None, allowed_hosts: frozenset[str], warn: Callable[[str], None], sleep: Sleep = asyncio.sleep
) -> AsyncIterator[Callable[[Told], None]]:
    """What to call with each event; on a usual exit what is under way is waited for. To nowhere is fine, too."""
    if to is None:
        yield lambda _: None
        return
    async with posting(allowed_hosts) as post:
        forwarder = Forwarder(to, post, warn, sleep)
        running = asyncio.create_task(forwarder.run(), name="dispatch.forward")
        try:
            yield forwarder.forward
            await forwarder.finish()
        finally:
            running.cancel()
