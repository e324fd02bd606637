"""An attempt is dialled once, however often it is dispatched, to however many workers."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.e2e.attempts import Gist, Scheduler
from tests.e2e.rtp import until
from tests.e2e.script import Script
from tests.e2e.stack import Stack
from tests.e2e.worker import Worker, working

CALLEE: Gist = ("completed", "user", "client_initiated", None)
TAKEN = "the attempt was taken before"


async def test_an_attempt_that_is_dispatched_again_is_dialled_once(scheduler: Scheduler, worker: Worker) -> None:
    before = worker.log.count(TAKEN)
    at_once = await scheduler.dispatch(Script(hang_up_after=2))
    await scheduler.again(at_once)
    elsewhere = await scheduler.dispatch(Script(hang_up_after=2))
    await scheduler.again(elsewhere, room=f"{elsewhere.room}-again")
    await elsewhere.answered()
    await scheduler.again(elsewhere)
    for one in (at_once, elsewhere):
        assert (await one.ended()).gist == CALLEE
    await scheduler.again(at_once)  # later
    await until(lambda: worker.log.count(TAKEN) == before + 4, 10, "the worker had declined four times")
    for one in (at_once, elsewhere):
        assert len(one.calls) == 1
        assert one.told.count("completed") == one.told.count("analyzed") == 1
        assert f"{TAKEN} attempt={one.id}" in worker.log
    await scheduler.nothing_left(within=10)
    scheduler.keeps_quiet(worker)


async def test_two_workers_that_share_a_memory_dial_an_attempt_once(
    scheduler: Scheduler, stack: Stack, tmp_path: Path
) -> None:
    if stack.redis is None:
        pytest.skip("a Redis of one's own is needed")
    fleet = {"VOICE_WORKER_AGENT_NAME": "fleet", "VOICE_WORKER_REDIS_URL": stack.redis}
    async with AsyncExitStack() as workers:
        starting = (working(stack.deployment, tmp_path / name, **fleet) for name in ("one", "two"))
        first, second = await asyncio.gather(*map(workers.enter_async_context, starting))
        placed = [await scheduler.dispatch(Script(hang_up_after=1.5), agent="fleet") for _ in range(4)]
        for attempt in placed:
            await scheduler.again(attempt, agent="fleet")
            await scheduler.again(attempt, agent="fleet", room=f"{attempt.room}-again")
        ended = await asyncio.gather(*(attempt.ended(30) for attempt in placed))
        assert [ending.gist for ending in ended] == [CALLEE] * 4
        await until(lambda: (first.log + second.log).count(TAKEN) == 8, 10, "the workers had declined eight times")
        assert len(scheduler.phone.calls) == 4
        await scheduler.nothing_left(within=15)
        scheduler.keeps_quiet(first)
        scheduler.keeps_quiet(second)
