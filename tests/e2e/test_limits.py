"""A trunk that is asked for more than it may carry."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from tests.e2e.attempts import Gist, Scheduler
from tests.e2e.script import Script
from tests.e2e.worker import Worker

NewWorker = Callable[..., AbstractAsyncContextManager[Worker]]

CALLEE: Gist = ("completed", "user", "client_initiated", None)
FULL: Gist = ("error", "system", None, "dial_error")


async def test_what_a_trunk_has_no_room_for_never_rings_and_is_reported_once(
    scheduler: Scheduler, new_worker: NewWorker
) -> None:
    limited = {"VOICE_WORKER_AGENT_NAME": "limited", "VOICE_WORKER_CALLS_AT_ONCE": "1"}
    async with new_worker(**limited) as worker:
        first = await scheduler.dispatch(Script(hang_up_after=4), agent="limited")
        await first.answered()
        beyond = await asyncio.gather(*(scheduler.dispatch(agent="limited") for _ in range(3)))
        for ending in await asyncio.gather(*(one.ended(5) for one in beyond)):
            assert (ending.gist, ending.dial_error, ending.sip_code) == (FULL, "too_many_calls", None)
            assert ending.attempt["answered_at"] is None
        assert [one.told for one in beyond] == [["error", "analyzed"]] * 3
        await asyncio.gather(*(scheduler.room_gone(one) for one in beyond))
        assert (await first.ended()).gist == CALLEE
        # The attempt is over, whatever the trunk could carry now; a new one is not.
        again = beyond[0]
        await scheduler.again(again, agent="limited")
        await worker.logged(f"the attempt was taken before attempt={again.id}", 5)
        after = await scheduler.dispatch(Script(hang_up_after=1), agent="limited")
        assert (await after.ended()).gist == CALLEE
        assert again.told == ["error", "analyzed"]
        assert not any(one.calls for one in beyond)
        assert worker.log.count("a limit is reached") == 3
        await scheduler.nothing_left(within=8)
        scheduler.keeps_quiet(worker)


async def test_calls_begin_no_faster_than_a_trunk_takes_them(scheduler: Scheduler, new_worker: NewWorker) -> None:
    limited = {"VOICE_WORKER_AGENT_NAME": "paced", "VOICE_WORKER_CALLS_PER_SEC": "0.5"}
    async with new_worker(**limited) as worker:
        both = [await scheduler.dispatch(Script(hang_up_after=1), agent="paced") for _ in range(2)]
        ended = await asyncio.gather(*(one.ended() for one in both))
        assert sorted(ending.gist for ending in ended) == [CALLEE, FULL]
        await asyncio.sleep(1)
        later = await scheduler.dispatch(Script(hang_up_after=1), agent="paced")
        assert (await later.ended()).gist == CALLEE
        assert len(scheduler.phone.calls) == 2
        await scheduler.nothing_left(within=8)
        scheduler.keeps_quiet(worker)
