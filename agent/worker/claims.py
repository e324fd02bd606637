"""Claims: an attempt is dialled once, however often it is dispatched, at once or later.

free ──take──▶ held ──intend──▶ spent, remembered for days
  ▲              │
  └──────────────┘ released, its owner dead, or its lease over

Two jobs may come to hold an attempt one after the other, if the first is very late; only one of them can spend it.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, Self

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from agent.settings import Settings
from agent.worker.pids import identity

LEASE = 30.0
"""Seconds a claim is held without intent, however alive its owner; from the dispatch to the dial takes one or two."""
DAY = 86_400.0


class ClaimLost(Exception):
    """The attempt is another job's, or was dialled before."""


class ClaimsUnavailable(Exception):
    """The memory of attempts is out of reach, so nothing may be dialled."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that holds a claim."""

    worker: str
    """For people who look."""
    pid: int
    start: str
    """`agent.worker.pids.identity` of it: machine boot and process start."""

    @classmethod
    def of(cls, worker: str, pid: int | None = None) -> Self:
        """A living process of this machine, by default this one. Raises ProcessLookupError."""
        pid = os.getpid() if pid is None else pid
        start = identity(pid)
        if start is None:
            raise ProcessLookupError(pid)
        return cls(worker, pid, start)

    def is_alive(self) -> bool:
        """Whether the process still runs on this machine."""
        return identity(self.pid) == self.start


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt and who may dial it; a plain value, which a job makes anew from the worker's `Owner`."""

    attempt_id: str
    owner: Owner

    @property
    def key(self) -> str:
        """The attempt's name in files and databases, which does not tell it."""
        return hashed(self.attempt_id)


def hashed(attempt_id: str) -> str:
    """An attempt's name in files and databases, which does not tell it."""
    return hashlib.sha256(attempt_id.encode()).hexdigest()


class Claims(Protocol):
    """The memory of attempts. Every method raises `ClaimsUnavailable` where it is out of reach."""

    async def take(self, attempt_id: str, owner: Owner) -> Claim | None:
        """Hold the attempt; None where somebody else does, or where it was dialled before."""
        ...

    async def intend(self, claim: Claim) -> None:
        """Spend the claim, durably: what follows is the dial. Raises `ClaimLost`; of one attempt, once succeeds."""
        ...

    async def release(self, claim: Claim) -> None:
        """Give back a claim that was not spent; the attempt may be taken again. Does nothing to any other."""
        ...

    async def finish(self, claim: Claim) -> None:
        """The attempt is over, dialled or not: remember it from now on. Does nothing to another's claim."""
        ...

    async def is_spent(self, attempt_id: str) -> bool:
        """Whether the attempt is being dialled, or was."""
        ...

    async def aclose(self) -> None:
        """Let go of connections; claims stay."""
        ...


def claims_of(settings: Settings) -> Claims:
    """The memory that the settings name. Raises `ClaimsUnavailable` if its folder cannot be made."""
    remembered = settings.claim_days * DAY
    if settings.redis_url is not None:
        return RedisClaims(settings.redis_url.get_secret_value(), remembered=remembered)
    return LocalClaims(settings.data_dir / "claims", remembered=remembered)


_OWNER: TypeAdapter[Owner] = TypeAdapter(Owner)


class LocalClaims:
    """Claims as files in a folder, for the processes of one machine.

    `<sha256>.held` names the owner; `<sha256>.spent` is there once the attempt may never be dialled again. A lock on
    the folder puts every step in a row. `now` gives seconds of the wall clock; `remembered` is in seconds.
    """

    def __init__(
        self, folder: Path, *, remembered: float = 7 * DAY, lease: float = LEASE, now: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._remembered = remembered
        self._lease = lease
        self._now = now
        with _available():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._swept = now()
            self._sweep()

    async def take(self, attempt_id: str, owner: Owner) -> Claim | None:
        return await asyncio.to_thread(self._take, Claim(attempt_id, owner))

    async def intend(self, claim: Claim) -> None:
        await asyncio.to_thread(self._intend, claim)

    async def release(self, claim: Claim) -> None:
        await asyncio.to_thread(self._release, claim)

    async def finish(self, claim: Claim) -> None:
        await asyncio.to_thread(self._finish, claim)

    async def is_spent(self, attempt_id: str) -> bool:
        with _available():
            return await asyncio.to_thread(self._is_spent, hashed(attempt_id))

    async def aclose(self) -> None:
        """Nothing is open between two steps."""

    def _take(self, claim: Claim) -> Claim | None:
        with _available(), self._locked():
            if self._is_spent(claim.key) or self._is_held(claim):
                return None
            held = self._held(claim)
            held.write_text(json.dumps(asdict(claim.owner)), encoding="utf-8")
            os.utime(held, (self._now(), self._now()))
            return claim

    def _intend(self, claim: Claim) -> None:
        with _available(), self._locked():
            if self._is_spent(claim.key) or self._owner(claim) != claim.owner:
                raise ClaimLost
            self._spend(claim)

    def _release(self, claim: Claim) -> None:
        with _available(), self._locked():
            if self._owner(claim) == claim.owner:
                self._held(claim).unlink()

    def _finish(self, claim: Claim) -> None:
        with _available(), self._locked():
            if self._is_spent(claim.key) or self._owner(claim) == claim.owner:
                self._spend(claim)
                self._held(claim).unlink(missing_ok=True)
        if self._now() - self._swept > DAY:
            self._swept = self._now()
            with _available():
                self._sweep()

    def _held(self, claim: Claim) -> Path:
        return self._folder / f"{claim.key}.held"

    def _spent(self, key: str) -> Path:
        return self._folder / f"{key}.spent"

    def _is_spent(self, key: str) -> bool:
        return self._age(self._spent(key)) < self._remembered

    def _is_held(self, claim: Claim) -> bool:
        owner = self._owner(claim)
        return owner is not None and owner.is_alive() and self._age(self._held(claim)) < self._lease

    def _owner(self, claim: Claim) -> Owner | None:
        """Who holds it; nobody where the writing of it was cut off."""
        try:
            return _OWNER.validate_json(self._held(claim).read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def _age(self, path: Path) -> float:
        """Seconds since it was written; endless where there is none."""
        try:
            return self._now() - path.stat().st_mtime
        except FileNotFoundError:
            return float("inf")

    def _spend(self, claim: Claim) -> None:
        with _opened(self._spent(claim.key), os.O_WRONLY | os.O_CREAT) as file:
            os.utime(file, (self._now(), self._now()))
            os.fsync(file)
        with _opened(self._folder, os.O_RDONLY | os.O_DIRECTORY) as folder:
            os.fsync(folder)

    def _sweep(self) -> None:
        """Remove what need not be remembered any more."""
        for path in self._folder.iterdir():
            if path.suffix in (".held", ".spent") and self._age(path) >= self._remembered:
                with self._locked():
                    if self._age(path) >= self._remembered:
                        path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with _opened(self._folder / ".lock", os.O_RDWR | os.O_CREAT) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    file = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise ClaimsUnavailable(type(error).__name__) from None


_INTEND = """
local found = redis.call('GET', KEYS[1])
if found and found ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'spent', 'PX', ARGV[2])
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
_FINISH = """
local found = redis.call('GET', KEYS[1])
if not found or found == 'spent' or found == ARGV[1] then redis.call('SET', KEYS[1], 'spent', 'PX', ARGV[2]) end
"""


class RedisClaims:
    """Claims in Redis, for workers on many machines.

    Whether an owner on another machine is alive cannot be seen from here, so a claim without intent comes free when
    its lease is over. How durable an intent is, is Redis' own configuration: with `appendonly yes` and `appendfsync
    always` it is on disk before the dial.
    """

    def __init__(self, url: str, *, remembered: float = 7 * DAY, lease: float = LEASE) -> None:
        """`remembered` and `lease` are in seconds. Raises ValueError for what is not a URL of Redis."""
        self._remembered = round(remembered * 1000)
        self._lease = round(lease * 1000)
        # A step that is sent twice would find its own trace and take it for another's; see `_reach`.
        never = Retry(NoBackoff(), 0)
        self._redis = Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0, retry=never)

    async def take(self, attempt_id: str, owner: Owner) -> Claim | None:
        claim = Claim(attempt_id, owner)
        with _available():
            await self._reach()
            taken = await self._redis.set(_key(claim), _value(claim), nx=True, px=self._lease)
        return claim if taken else None

    async def intend(self, claim: Claim) -> None:
        if not await self._run(_INTEND, claim, self._remembered):
            raise ClaimLost

    async def release(self, claim: Claim) -> None:
        await self._run(_RELEASE, claim)

    async def finish(self, claim: Claim) -> None:
        await self._run(_FINISH, claim, self._remembered)

    async def is_spent(self, attempt_id: str) -> bool:
        with _available():
            await self._reach()
            return await self._redis.get(_named(hashed(attempt_id))) == b"spent"

    async def aclose(self) -> None:
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    async def _reach(self) -> None:
        """Let go of connections that the far end closed while they were idle, as a restart does."""
        try:
            await self._redis.ping()
        except RedisError:
            await self._redis.connection_pool.disconnect(inuse_connections=False)

    async def _run(self, script: str, claim: Claim, *more: int) -> object:
        with _available():
            await self._reach()
            return await self._redis.eval(script, 1, _key(claim), _value(claim), *map(str, more))


def _key(claim: Claim) -> str:
    return _named(claim.key)


def _named(key: str) -> str:
    return f"voice-worker:attempt:{key}"


def _value(claim: Claim) -> str:
    return json.dumps(asdict(claim.owner), sort_keys=True)
