"""Tell the stand-in recogniser what the callee says, in order and without holding up the line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from agent.standins.process import StandInsFailed
from agent.standins.speech import Mark


@asynccontextmanager
async def marking(send: Callable[[Sequence[Mark]], Awaitable[None]]) -> AsyncIterator[Callable[[Sequence[Mark]], None]]:
    """Give a function that takes marks at any time and returns at once; `send` gets them one after the other.

    Marks are lost once the stand-in process has died, which `StandIns.died` tells.
    """
    waiting: asyncio.Queue[Sequence[Mark]] = asyncio.Queue()
    task = asyncio.create_task(_send(waiting, send), name="callee's marks")
    try:
        yield waiting.put_nowait
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _send(waiting: asyncio.Queue[Sequence[Mark]], send: Callable[[Sequence[Mark]], Awaitable[None]]) -> None:
    try:
        while True:
            await send(await waiting.get())
    except StandInsFailed:
        return
