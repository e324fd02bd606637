"""A hundred calls one after another: the worker does not grow."""

import os
from pathlib import Path

from tests.e2e.attempts import Scheduler, spoken
from tests.e2e.script import Script
from tests.e2e.worker import Worker

WARMING = 10
"""Calls after which everything that stays is there."""
CALLS = 100
GROWTH = 1.05


async def test_a_hundred_calls_do_not_make_the_worker_grow(scheduler: Scheduler, worker: Worker) -> None:
    script = Script(hang_up_after=2, play=spoken("Yes, who is there?"))
    sizes: list[int] = []
    for number in range(WARMING + CALLS):
        one = await scheduler.dispatch(script)
        assert (await one.ended(30)).status == "completed"
        await scheduler.nothing_left()
        if number >= WARMING - 1:
            sizes.append(proportional(worker.pid))
    assert sizes[-1] < sizes[0] * GROWTH, f"from {sizes[0]} to {sizes[-1]} kB"


def proportional(group: int) -> int:
    """PSS of all processes of a process group, kB."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getpgid(int(entry.name)) == group:
                rollup = (entry / "smaps_rollup").read_text()
                total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        except (ProcessLookupError, FileNotFoundError):
            continue
    return total
