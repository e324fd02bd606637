"""Processes that die or are told to stop: every call is ended and reported all the same."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from tests.e2e.attempts import Gist, Placed, Scheduler, job_pid
from tests.e2e.rtp import until
from tests.e2e.script import Script
from tests.e2e.worker import Worker

NewWorker = Callable[..., AbstractAsyncContextManager[Worker]]

DIED: Gist = ("error", "system", None, "internal_error")
CALLEE: Gist = ("completed", "user", "client_initiated", None)
REMOVED: Gist = ("completed", "system", "participant_removed", None)


async def test_a_job_that_is_killed_leaves_no_leg_and_is_reported(scheduler: Scheduler, worker: Worker) -> None:
    async def dies(one: Placed, stage: str | None, seconds: float) -> None:
        if stage is not None:
            await one.event(stage)
        await until(lambda: job_pid(worker, one.id) is not None, 15, "the job had begun")
        await asyncio.sleep(seconds)
        pid = job_pid(worker, one.id)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        gone = await scheduler.room_gone(one)
        await one.over(DIED, killed)
        assert gone - killed <= 5
        await until(lambda: not any(call in scheduler.phone.left for call in one.calls), 5, "the leg was gone")

    ringing = Script(after=3)
    await asyncio.gather(
        dies(await scheduler.dispatch(ringing), None, 0),
        dies(await scheduler.dispatch(ringing), "ringing", 0.2),
        dies(await scheduler.dispatch(), "ongoing", 0),
        dies(await scheduler.dispatch(), "ongoing", 1.0),
        dies(await scheduler.dispatch(), "ongoing", 3.0),
    )
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_a_worker_that_is_told_to_stop_lets_its_calls_finish_and_takes_no_more(
    scheduler: Scheduler, new_worker: NewWorker
) -> None:
    async with new_worker(VOICE_WORKER_AGENT_NAME="stopping", VOICE_WORKER_IDLE_PROCESSES="3") as worker:
        talking = Script(hang_up_after=5)
        placed = [await scheduler.dispatch(talking, agent="stopping") for _ in range(2)]
        placed.append(await scheduler.dispatch(Script(after=4, hang_up_after=2), agent="stopping"))
        await asyncio.gather(placed[0].answered(), placed[1].answered(), placed[2].event("ringing"))
        worker.terminate()
        await worker.logged("draining", 2)
        await asyncio.sleep(0.5)
        late = await scheduler.dispatch(agent="stopping")
        ended = await asyncio.gather(*(one.ended(20) for one in placed))
        assert [ending.gist for ending in ended] == [CALLEE] * 3
        assert await worker.ended(15) == 0
        assert not late.calls and not late.told
        await late.delete_room()
        await scheduler.nothing_left()
        scheduler.keeps_quiet(worker)


async def test_a_worker_that_is_told_twice_to_stop_ends_its_calls_politely(
    scheduler: Scheduler, new_worker: NewWorker
) -> None:
    async with new_worker(VOICE_WORKER_AGENT_NAME="leaving", VOICE_WORKER_IDLE_PROCESSES="3") as worker:
        talking = [await scheduler.dispatch(agent="leaving") for _ in range(2)]
        ringing = await scheduler.dispatch(Script(final=None), agent="leaving")
        await asyncio.gather(*(one.answered() for one in talking), ringing.event("ringing"))
        worker.terminate()
        await worker.logged("draining", 2)
        worker.terminate()
        told = time.monotonic()
        for one in talking:
            await one.over(REMOVED, told, 8)
        await ringing.over(("error", "system", None, "cancelled"), told, 8)
        assert await worker.ended(15) == 0
        await scheduler.nothing_left()
        scheduler.keeps_quiet(worker)
