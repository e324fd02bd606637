"""Thinking beside the call: a reply is thought of and spoken into a clip while the line goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.rehearsal.clips import Clip
from agent.rehearsal.mind import Mind, MindFailed, Reply, Turn

Speak = Callable[[str], Awaitable[Clip]]
"""Speaks a text in the callee's voice."""


@dataclass(frozen=True, slots=True)
class Thought:
    """A reply, ready to be sent."""

    reply: Reply
    clip: Clip | None
    """None: nothing is said."""


class Thinking:
    """A mind at work for one callee."""

    def __init__(self, mind: Mind) -> None:
        self.failed = asyncio.Event()
        """Set once the mind has failed: the callee says nothing more."""
        self.why = ""
        """It has."""
        self._mind = mind
        self._tasks: set[asyncio.Task[Thought]] = set()

    async def think(self, turns: Sequence[Turn], speak: Speak) -> Thought:
        """The callee's next turn. Raises `MindFailed`, and what `speak` raises."""
        try:
            reply = await self._mind.reply(turns)
        except MindFailed as error:
            self.why = str(error)
            self.failed.set()
            raise
        return Thought(reply, await speak(reply.text) if reply.text else None)

    def begin(self, turns: Sequence[Turn], speak: Speak) -> "asyncio.Task[Thought]":
        """The same beside the call; whoever has no use for it cancels it."""
        task = asyncio.create_task(self.think(turns, speak), name="callee's thought")
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: "asyncio.Task[Thought]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, for a thought that nobody has a use for any more

    async def end(self) -> None:
        """Give up what is under way."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def thinking(mind: Mind) -> AsyncIterator[Thinking]:
    """Have a mind think until the call is over."""
    one = Thinking(mind)
    try:
        yield one
    finally:
        await one.end()
