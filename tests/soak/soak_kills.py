"""Processes killed at many moments, media that stops, a server that comes back: no leg, no room, a report each."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.attempts import Gist, Scheduler, job_pid, spoken
from tests.e2e.rtp import Media, until
from tests.e2e.script import Script
from tests.e2e.stack import Program, Stack
from tests.e2e.worker import Worker

DIED: Gist = ("error", "system", None, "internal_error")
LOST: Gist = ("completed", "system", "connection_timeout", None)


@pytest.mark.parametrize("moment", range(20))
async def test_a_job_that_is_killed_at_any_moment_leaves_nothing(
    moment: int, scheduler: Scheduler, worker: Worker
) -> None:
    """The phone rings for 2 s; the moments are 0.3 s apart, from the dispatch on."""
    one = await scheduler.dispatch(Script(after=2))
    if moment:
        await until(lambda: job_pid(worker, one.id) is not None, 15, "the job had begun")
        await asyncio.sleep(0.3 * (moment - 1))
    pid = await _job(worker, one.id)
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    await one.over(DIED, killed)
    await until(lambda: not scheduler.phone.left, killed + 5 - time.monotonic(), "the leg was gone")
    await scheduler.nothing_left(killed + 5 - time.monotonic())


async def _job(worker: Worker, attempt_id: str) -> int:
    """The process of an attempt, as soon as it has noted that it is."""
    noted = worker.data_dir / attempt_id / "job"
    await until(noted.exists, 15, "a job had begun")
    return int(noted.read_text().split()[0])


async def test_a_call_that_outlives_a_dead_server_is_ended_once_that_is_back(
    scheduler: Scheduler, worker: Worker, stack: Stack
) -> None:
    one = await scheduler.dispatch()
    call = await one.answered()
    stack.kill(Program.SERVER)
    await one.over(LOST, time.monotonic(), 25)
    assert not call.is_over  # the bridge holds the call and tries to come back
    await stack.revive()
    await call.over(within=60)
    assert call.received("BYE") is not None
    await scheduler.nothing_left(15)


async def test_a_phone_that_falls_silent_is_given_up(scheduler: Scheduler, worker: Worker) -> None:
    """A bridge gives no call up in its first 30 s, and later after 15 s without a packet."""
    one = await scheduler.dispatch()
    call = await one.answered()
    call.stream.play(np.tile(spoken("I have a lot to say, and I will go on saying it, whatever you ask me."), 8))
    await asyncio.sleep(32)
    call.stream.media = Media.NONE
    # By default the worker's own patience with silence, 22 s, may be over before the bridge's.
    ending = await one.ended(40)
    assert ending.gist in (LOST, ("completed", "system", "user_inactive", None))
    await call.over(within=2)
    await scheduler.nothing_left()


async def test_a_bridge_that_dies_while_it_rings_is_noticed(scheduler: Scheduler, worker: Worker, stack: Stack) -> None:
    one = await scheduler.dispatch(Script(final=None), sip={"ringing_timeout_secs": 60})
    await one.event("ringing")
    stack.kill(Program.BRIDGE)
    killed = time.monotonic()
    told = await one.event("error", 30)
    assert told.at - killed <= 25
    assert (await one.ended()).gist == ("error", "system", "user_unavailable", "dial_error")
    for call in scheduler.phone.left:
        call.end()  # nobody tells the phone
    await stack.revive()
    await scheduler.nothing_left(15)


async def test_a_job_that_never_starts_is_reported_and_rings_nobody_later(scheduler: Scheduler, worker: Worker) -> None:
    """The warm processes are stopped, so a dispatch finds nobody to conduct it, and must not find them later."""
    one = await scheduler.dispatch(Script(final=None), sip={"ringing_timeout_secs": 5})
    await one.ended(30)  # the worker has conducted, and its processes are warm again
    stopped = _stop(worker)
    late = await scheduler.dispatch(Script(hang_up_after=1))
    assert (await late.ended(90)).status == "error"
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(3)
    assert late.calls == []


def _stop(worker: Worker) -> list[int]:
    """Stop every process the worker's forkserver has made, and the forkserver."""
    stopped = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            pid = int(folder.name)
            if os.getpgid(pid) == worker.pid and "forkserver" in (folder / "cmdline").read_text():
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
    assert stopped
    return stopped
