import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from agent import settings
from agent.worker.claims import (
    DAY,
    Claim,
    ClaimLost,
    Claims,
    ClaimsUnavailable,
    LocalClaims,
    Owner,
    RedisClaims,
    claims_of,
)

SERVER = shutil.which("redis-server")
SKIPPED = "redis-server is not on the PATH"


class Clock:
    """Wall clock, turned by hand."""

    def __init__(self) -> None:
        self.at = 1_700_000_000.0

    def __call__(self) -> float:
        return self.at


@contextmanager
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own that could own a claim."""
    with subprocess.Popen(["sleep", "60"]) as sleeping:
        try:
            yield sleeping
        finally:
            sleeping.kill()


@dataclass
class Memory:
    """Somewhere to remember attempts, and how to let its leases run out."""

    claims: Claims
    again: Callable[[], Claims]
    """The same memory, as another worker sees it."""
    outlast: Callable[[], Awaitable[None]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "claims"


@contextmanager
def serving(port: int) -> Iterator[None]:
    """A Redis that keeps nothing on disk."""
    if SERVER is None:
        pytest.skip(SKIPPED)
    command = [SERVER, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.02)
            yield
        finally:
            server.terminate()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    port = free_port()
    with serving(port):
        yield f"redis://127.0.0.1:{port}/0"


@pytest_asyncio.fixture(params=["local", "redis"])
async def memory(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Memory]:
    clock = Clock()
    if request.param == "local":

        async def turned() -> None:
            clock.at += 31

        yield Memory(LocalClaims(folder, now=clock), lambda: LocalClaims(folder, now=clock), turned)
        return
    url = request.getfixturevalue("redis")
    made = [RedisClaims(url, lease=0.3)]
    await made[0]._redis.flushdb()

    def another() -> Claims:
        made.append(RedisClaims(url, lease=0.3))
        return made[-1]

    yield Memory(made[0], another, lambda: asyncio.sleep(0.35))
    for claims in made:
        await claims.aclose()


ME = Owner.of("worker-1")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def is_private(folder: Path) -> bool:
    return folder.stat().st_mode & 0o077 == 0


async def taken(claims: Claims, attempt_id: str = "attempt-1", owner: Owner = ME) -> Claim:
    claim = await claims.take(attempt_id, owner)
    assert claim is not None
    return claim


async def test_an_attempt_is_held_by_one_at_a_time(memory: Memory) -> None:
    await taken(memory.claims)
    assert await memory.claims.take("attempt-1", ME) is None
    assert await memory.again().take("attempt-1", Owner("worker-2", 1, "elsewhere")) is None
    await taken(memory.claims, "attempt-2")


async def test_of_many_who_ask_at_once_one_gets_it(memory: Memory) -> None:
    workers = [memory.claims, memory.again(), memory.again()]
    asked = [workers[index % 3].take("attempt-1", ME) for index in range(30)]
    assert sum(claim is not None for claim in await asyncio.gather(*asked)) == 1


async def test_a_dialled_attempt_is_never_held_again(memory: Memory) -> None:
    claim = await taken(memory.claims)
    await memory.claims.intend(claim)
    await memory.outlast()
    assert await memory.again().take("attempt-1", ME) is None
    await memory.claims.finish(claim)
    assert await memory.again().take("attempt-1", ME) is None


async def test_whether_an_attempt_is_spent_can_be_asked(memory: Memory) -> None:
    assert not await memory.claims.is_spent("attempt-1")
    claim = await taken(memory.claims)
    assert not await memory.claims.is_spent("attempt-1")
    await memory.claims.intend(claim)
    assert await memory.again().is_spent("attempt-1")
    assert not await memory.claims.is_spent("attempt-2")


async def test_a_claim_is_spent_once(memory: Memory) -> None:
    claim = await taken(memory.claims)
    spending = [claims.intend(claim) for claims in (memory.claims, memory.again(), memory.claims)]
    lost = await asyncio.gather(*spending, return_exceptions=True)
    assert sorted(map(repr, lost)) == ["ClaimLost()", "ClaimLost()", "None"]


async def test_a_job_makes_the_workers_claim_anew(memory: Memory) -> None:
    await taken(memory.claims)
    await memory.again().intend(Claim("attempt-1", ME))


async def test_a_claim_that_was_not_spent_in_time_may_be_taken_by_another_and_then_only_one_dials(
    memory: Memory,
) -> None:
    late = await taken(memory.claims)
    await memory.outlast()
    with process() as other:
        claim = await taken(memory.again(), owner=Owner.of("worker-2", other.pid))
        with pytest.raises(ClaimLost):
            await memory.claims.intend(late)
        await memory.claims.intend(claim)


async def test_late_intent_stands_where_nobody_else_came(memory: Memory) -> None:
    late = await taken(memory.claims)
    await memory.outlast()
    await memory.claims.intend(late)
    assert await memory.claims.take("attempt-1", ME) is None


async def test_a_released_attempt_is_free(memory: Memory) -> None:
    claim = await taken(memory.claims)
    await memory.claims.release(claim)
    await memory.claims.release(claim)
    await taken(memory.again())


async def test_what_was_dialled_cannot_be_released(memory: Memory) -> None:
    claim = await taken(memory.claims)
    await memory.claims.intend(claim)
    await memory.claims.release(claim)
    assert await memory.claims.take("attempt-1", ME) is None


async def test_an_attempt_that_ended_before_its_dial_is_over_too(memory: Memory) -> None:
    claim = await taken(memory.claims)
    await memory.claims.finish(claim)
    await memory.outlast()
    assert await memory.claims.take("attempt-1", ME) is None
    with pytest.raises(ClaimLost):
        await memory.claims.intend(claim)


async def test_nobody_releases_or_finishes_what_another_holds(memory: Memory) -> None:
    with process() as other:
        mine = await taken(memory.claims, owner=Owner.of("worker-2", other.pid))
        foreign = Claim("attempt-1", ME)
        await memory.claims.release(foreign)
        await memory.claims.finish(foreign)
        await memory.claims.intend(mine)


async def test_the_claim_of_a_dead_owner_is_taken_at_once(folder: Path) -> None:
    claims = LocalClaims(folder)
    with process() as other:
        await taken(claims, owner=Owner.of("worker-2", other.pid))
        assert await claims.take("attempt-1", ME) is None
    await taken(claims)


async def test_a_pid_that_is_used_again_is_another_owner(folder: Path) -> None:
    claims = LocalClaims(folder)
    await taken(claims, owner=Owner("worker-1", os.getpid(), "an earlier process"))
    await taken(claims)


async def test_the_dead_owner_of_a_dialled_attempt_frees_nothing(folder: Path) -> None:
    claims = LocalClaims(folder)
    with process() as other:
        await claims.intend(await taken(claims, owner=Owner.of("worker-2", other.pid)))
    assert await claims.take("attempt-1", ME) is None


async def test_a_claim_whose_writing_was_cut_off_is_nobodys(folder: Path) -> None:
    claims = LocalClaims(folder)
    claim = await taken(claims)
    for torn in ("", '{"worker": "w', "[]"):
        (folder / f"{claim.key}.held").write_text(torn)
        await taken(claims)


async def test_an_attempt_is_remembered_for_days_from_its_end(folder: Path) -> None:
    clock = Clock()
    claims = LocalClaims(folder, remembered=7 * DAY, now=clock)
    claim = await taken(claims)
    await claims.intend(claim)
    clock.at += DAY / 2
    await claims.finish(claim)
    clock.at += 7 * DAY - 1
    assert await claims.take("attempt-1", ME) is None
    clock.at += 1
    await taken(claims)


async def test_redis_forgets_after_the_same_time(redis: str) -> None:
    claims = RedisClaims(redis, remembered=0.2)
    claim = await taken(claims, "short")
    await claims.finish(claim)
    assert await claims.take("short", ME) is None
    await asyncio.sleep(0.25)
    await taken(claims, "short")
    await claims.aclose()


async def test_a_restart_of_redis_costs_no_claim() -> None:
    port = free_port()
    claims = RedisClaims(f"redis://127.0.0.1:{port}/0")
    with serving(port):
        await asyncio.gather(*(taken(claims, str(number)) for number in range(5)))
    with pytest.raises(ClaimsUnavailable):
        await claims.take("meanwhile", ME)
    with serving(port):
        await asyncio.gather(*(taken(claims, str(number)) for number in range(5)))
    with serving(port):
        await claims.intend(await taken(claims))
    await claims.aclose()


async def test_old_claims_leave_no_files(folder: Path) -> None:
    clock = Clock()
    claims = LocalClaims(folder, now=clock)
    for name in ("a", "b"):
        claim = await taken(claims, name)
        await claims.intend(claim)
    await taken(claims, "never dialled")
    clock.at += 8 * DAY
    await claims.finish(await taken(claims, "new"))
    assert [Path(name).suffix for name in names(folder) if name != ".lock"] == [".spent"]
    clock.at += 8 * DAY
    LocalClaims(folder, now=clock)
    assert names(folder) == [".lock"]


async def test_no_name_tells_the_attempt_and_nobody_else_may_read(folder: Path) -> None:
    claims = LocalClaims(folder)
    await claims.intend(await taken(claims, "../+33612345678"))
    assert len(names(folder)) == 3
    assert not any("33612345678" in name for name in names(folder))
    assert is_private(folder)


async def test_a_memory_out_of_reach_is_said_and_never_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ClaimsUnavailable):
        LocalClaims(tmp_path / "file" / "claims")
    claims = RedisClaims("redis://:hush@127.0.0.1:1/0")
    with pytest.raises(ClaimsUnavailable) as raised:
        await claims.take("attempt-1", ME)
    assert str(raised.value) == "ConnectionError"
    with pytest.raises(ClaimsUnavailable):
        await claims.intend(Claim("attempt-1", ME))
    await claims.aclose()


async def test_a_folder_that_vanished_is_said(folder: Path) -> None:
    claims = LocalClaims(folder)
    claim = await taken(claims)
    shutil.rmtree(folder)
    with pytest.raises(ClaimsUnavailable):
        await claims.intend(claim)


async def test_the_settings_choose_the_memory(tmp_path: Path) -> None:
    local = claims_of(settings.of({"VOICE_WORKER_DATA_DIR": str(tmp_path)}))
    assert isinstance(local, LocalClaims)
    assert (tmp_path / "claims").is_dir()
    fleet = claims_of(settings.of({"VOICE_WORKER_REDIS_URL": "redis://:hush@127.0.0.1:1/0"}))
    assert isinstance(fleet, RedisClaims)
    await fleet.aclose()
