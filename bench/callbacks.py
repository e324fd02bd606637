"""How long the callbacks of an event loop take, in CPU time of its thread: what nothing else can run beside."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from types import CodeType
from typing import Any, Self
from unittest.mock import patch

_ROOT = Path(__file__).resolve().parents[1]
_OWN = tuple(str(_ROOT / package) for package in ("agent", "audio", "tools"))


_CALLBACK: Callable[[asyncio.Handle], Any] = attrgetter("_callback")
"""What a handle runs; asyncio has no public name for it."""


@dataclass(frozen=True, slots=True)
class Longest:
    """The longest of some callbacks."""

    ms: float
    """CPU time of the thread."""
    name: str
    """Its function, or the task whose step it was and the coroutine of that."""


class Callbacks:
    """Times the callbacks of asyncio's own loops while it is entered."""

    def __init__(self, timed: bool) -> None:
        """Without `timed` nothing is done."""
        self.longest: Longest | None = None
        self.longest_own: Longest | None = None
        """Of the worker's own functions and tasks."""
        self._timed = timed
        self._patch = patch.object(asyncio.Handle, "_run", self._run_timed(asyncio.Handle.__dict__["_run"]))

    def __enter__(self) -> Self:
        if self._timed:
            self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timed:
            self._patch.stop()

    def _run_timed(self, run: Callable[[asyncio.Handle], None]) -> Callable[[asyncio.Handle], None]:
        took = self._took

        def timed(handle: asyncio.Handle) -> None:
            began = time.thread_time()
            run(handle)
            took(handle, (time.thread_time() - began) * 1000)

        return timed

    def _took(self, handle: asyncio.Handle, ms: float) -> None:
        if self.longest is None or ms > self.longest.ms:
            self.longest = Longest(ms, _name(handle))
        if (self.longest_own is None or ms > self.longest_own.ms) and _path(handle).startswith(_OWN):
            self.longest_own = Longest(ms, _name(handle))


def _name(handle: asyncio.Handle) -> str:
    code, task = _code(handle), _task(handle)
    name = "unknown" if code is None else code.co_qualname
    return name if task is None else f"{task.get_name()}: {name}"


def _path(handle: asyncio.Handle) -> str:
    code = _code(handle)
    return "" if code is None else code.co_filename


def _task(handle: asyncio.Handle) -> "asyncio.Task[Any] | None":
    """The task whose step it is."""
    owner = getattr(_CALLBACK(handle), "__self__", None)
    return owner if isinstance(owner, asyncio.Task) else None


def _code(handle: asyncio.Handle) -> CodeType | None:
    task = _task(handle)
    if task is not None:
        return getattr(task.get_coro(), "cr_code", None)
    callback = _CALLBACK(handle)
    return getattr(getattr(callback, "__func__", callback), "__code__", None)
