"""The pace of a burst: calls that begin at the same moment take turns in getting ready.

To get ready (room, providers, first sentence) keeps a core busy for a moment. Were ten calls on two cores to do it all
at once, whoever is answered first would wait for the slowest. The turns are locks on files, so that a process that dies
gives its own back. Processes for later calls are made ready when it is calm again, unless a call waits for one.
"""

import asyncio
import fcntl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO

from livekit.agents.utils.hw.cpu import get_cpu_monitor

HELD_LONGEST = 0.75
"""Seconds a turn lasts at most: whoever waits for a slow provider needs no core meanwhile."""
WAIT_LONGEST = 15.0
"""Seconds after which a call begins without a turn."""
LOOK = 0.02
"""Seconds between two tries to get a turn."""
CALM = 0.5
"""Cores that are free when it is calm."""
LISTEN = 0.3
"""Seconds over which that is measured."""
PUT_OFF_LONGEST = 15.0
"""Seconds a process that nobody waits for is put off at most."""
PATIENCE = 0.15
"""Seconds in which a job that was taken on arrives in a process, where one is ready."""
FORGOTTEN = 30.0
"""Seconds after which a job that never arrived is waited for no longer."""


class Turn:
    """A call's turn. To be given back, which the end of the process does as well."""

    def __init__(self, lock: BinaryIO | None, *, waited: bool) -> None:
        self.waited = waited
        """Others were getting ready when it was asked for."""
        self._lock = lock
        self._expiry = asyncio.get_running_loop().call_later(HELD_LONGEST, self.give_back)

    def give_back(self) -> None:
        """Let the next one begin. Once is enough."""
        self._expiry.cancel()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class Pace:
    """The turns of one machine's calls."""

    def __init__(
        self,
        folder: Path,
        at_once: int | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        free: Callable[[], Awaitable[float]] | None = None,
    ) -> None:
        """`at_once` calls get ready at the same moment; None: half as many as there are cores.

        `now` is wall time; `free` measures, and takes a moment for it, how many cores are free.
        """
        self._folder = folder / "pace"
        self._at_once = at_once or max(1, round(get_cpu_monitor().cpu_count()) // 2)
        self._now = now
        self._sleep = sleep
        self._free_cores = free or _free_cores

    async def turn(self) -> Turn:
        """Wait for a turn. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        began, waited = self._now(), False
        while True:
            lock = self._taken()
            if lock is not None or self._now() - began > WAIT_LONGEST:
                return Turn(lock, waited=waited)
            waited = True
            await self._sleep(LOOK)

    def expect(self, job_id: str) -> None:
        """Note that a job was taken on, which needs a process. Raises OSError."""
        self._expected.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in self._expected.iterdir():
            age = self._age(file)
            if age is not None and age >= FORGOTTEN:
                file.unlink(missing_ok=True)
        (self._expected / job_id).touch()

    def arrived(self, job_id: str) -> None:
        """Note that it is in a process of its own now."""
        (self._expected / job_id).unlink(missing_ok=True)

    async def calm(self) -> None:
        """Wait until a core is free, but not while a job waits for a process, and not for ever."""
        until = self._now() + PUT_OFF_LONGEST
        while self._now() < until and not self._is_pressed():
            if await self._free_cores() >= CALM:
                return

    @property
    def _expected(self) -> Path:
        return self._folder / "expected"

    def _is_pressed(self) -> bool:
        if not self._expected.is_dir():
            return False
        ages = (self._age(file) for file in self._expected.iterdir())
        return any(age is not None and PATIENCE < age < FORGOTTEN for age in ages)

    def _age(self, file: Path) -> float | None:
        try:
            return self._now() - file.stat().st_mtime
        except FileNotFoundError:
            return None

    def _taken(self) -> BinaryIO | None:
        for number in range(self._at_once):
            lock = (self._folder / f"{number}.lock").open("ab")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
            else:
                return lock
        return None


async def _free_cores() -> float:
    monitor = get_cpu_monitor()
    return (1.0 - await asyncio.to_thread(monitor.cpu_percent, LISTEN)) * monitor.cpu_count()
