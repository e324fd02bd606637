import asyncio
import time

from bench.callbacks import Callbacks


async def _busy(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        continue


async def _two_tasks() -> None:
    await asyncio.create_task(_busy(0.001), name="short")
    await asyncio.create_task(_busy(0.02), name="long")
    await asyncio.sleep(0.05)


def test_the_longest_callback_is_told_with_its_task() -> None:
    with Callbacks(timed=True) as callbacks:
        asyncio.run(_two_tasks())
    assert callbacks.longest is not None
    assert callbacks.longest.name == "long: _busy"
    assert 20 <= callbacks.longest.ms < 60


def test_what_is_not_the_workers_own_is_not_counted_as_such() -> None:
    with Callbacks(timed=True) as callbacks:
        asyncio.run(_two_tasks())
    assert callbacks.longest_own is None


def test_afterwards_nothing_is_timed_any_more() -> None:
    run = asyncio.Handle.__dict__["_run"]
    with Callbacks(timed=True):
        assert asyncio.Handle.__dict__["_run"] is not run
    assert asyncio.Handle.__dict__["_run"] is run
    with Callbacks(timed=False) as callbacks:
        asyncio.run(_two_tasks())
    assert callbacks.longest is None
