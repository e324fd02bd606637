"""Importing livekit while somebody types already: it takes seconds."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Generic, TypeVar

T = TypeVar("T")

_SLOW = ("livekit.agents", "livekit.agents.inference", "openai.types.beta.realtime", "httpx2", "agent.events", "av")
"""What takes long; the plugins themselves have to be imported on the main thread, and then take little."""


class Behind(Generic[T]):
    """Work on a thread of its own, which nothing waits for at the end of the process."""

    def __init__(self, name: str, work: Callable[[], T]) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[T] = self._loop.create_future()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def result(self) -> T:
        """What the work gave, or raised."""
        return await asyncio.shield(self._done)

    def _run(self) -> None:
        try:
            found = self._work()
        except Exception as error:  # noqa: BLE001  (it is raised where the result is wanted)
            self._tell(self._fail, error)
        else:
            self._tell(self._finish, found)

    def _tell(self, how: Callable[..., None], what: object) -> None:
        try:
            self._loop.call_soon_threadsafe(how, what)
        except RuntimeError:
            return  # the loop is gone, as is whoever waited

    def _finish(self, found: T) -> None:
        if not self._done.done():
            self._done.set_result(found)

    def _fail(self, error: Exception) -> None:
        if not self._done.done():
            self._done.set_exception(error)
            self._done.exception()  # nobody may want to know


def import_slow() -> None:
    """Import what the conversation needs, as far as that can be done on any thread."""
    for name in _SLOW:
        import_module(name)


def import_stand_ins() -> None:
    """Import what starts the stand-ins."""
    import_module("agent.standins.process")


def leave_at_once(code: int) -> None:
    """End the process if a thread is still importing, or waiting for a line that never comes: it cannot be stopped."""
    sys.stdout.flush()
    sys.stderr.flush()
    if any(thread.daemon for thread in threading.enumerate()):
        os._exit(code)
