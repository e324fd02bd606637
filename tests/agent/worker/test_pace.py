"""Calls that begin at the same moment take turns."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.worker.pace import CALM, FORGOTTEN, HELD_LONGEST, LISTEN, PATIENCE, PUT_OFF_LONGEST, WAIT_LONGEST, Pace, Turn
from tests.agent.hurry import hurried, now


def paced(folder: Path, at_once: int = 1, cores: float = 2.0) -> Pace:
    return Pace(folder, at_once, now, asyncio.sleep, free(cores))


def free(cores: float) -> Callable[[], Awaitable[float]]:
    """A machine on which so many cores are free."""

    async def measured() -> float:
        await asyncio.sleep(LISTEN)
        return cores

    return measured


def test_who_is_alone_has_a_turn_without_waiting(tmp_path: Path) -> None:
    async def scene() -> tuple[bool, float]:
        began = now()
        turn = await paced(tmp_path).turn()
        turn.give_back()
        return turn.waited, now() - began

    assert hurried(scene()) == (False, 0.0)


def test_the_next_begins_when_a_turn_is_given_back(tmp_path: Path) -> None:
    async def scene() -> tuple[bool, float]:
        first = await paced(tmp_path).turn()
        asyncio.get_running_loop().call_later(0.3, first.give_back)
        began = now()
        second = await paced(tmp_path).turn()
        second.give_back()
        return second.waited, now() - began

    waited, seconds = hurried(scene())
    assert waited
    assert seconds == pytest.approx(0.32, abs=0.03)


def test_as_many_begin_at_once_as_there_are_turns(tmp_path: Path) -> None:
    async def scene() -> list[bool]:
        turns = [await paced(tmp_path, at_once=3).turn() for _ in range(4)]
        for turn in turns:
            turn.give_back()
        return [turn.waited for turn in turns]

    assert hurried(scene()) == [False, False, False, True]


def test_a_turn_ends_by_itself_when_it_is_held_too_long(tmp_path: Path) -> None:
    async def scene() -> float:
        held = await paced(tmp_path).turn()
        began = now()
        (await paced(tmp_path).turn()).give_back()
        held.give_back()
        return now() - began

    assert HELD_LONGEST <= hurried(scene()) < HELD_LONGEST + 0.05


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    async def scene() -> float:
        began = now()
        async with crowd(tmp_path):
            (await paced(tmp_path).turn()).give_back()
        return now() - began

    assert hurried(scene()) < WAIT_LONGEST + 0.1


@asynccontextmanager
async def crowd(folder: Path) -> AsyncIterator[None]:
    """Others who never leave the only turn free."""

    async def take() -> None:
        while True:
            held: Turn = await paced(folder).turn()
            try:
                await asyncio.sleep(HELD_LONGEST)
            finally:
                held.give_back()

    tasks = [asyncio.create_task(take()) for _ in range(30)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def test_a_process_that_dies_gives_its_turn_back(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, pathlib, sys\n"
        "from agent.worker.pace import Pace\n"
        "async def take():\n"
        "    turn = await Pace(pathlib.Path(sys.argv[1]), 1).turn()\n"
        "    print('taken', flush=True)\n"
        "    os._exit(9)\n"
        "asyncio.run(take())\n"
    )
    died = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (died.stdout, died.returncode) == ("taken\n", 9)

    async def scene() -> bool:
        turn = await paced(tmp_path).turn()
        turn.give_back()
        return turn.waited

    assert hurried(scene()) is False


def calm_after(pace: Pace) -> float:
    async def scene() -> float:
        began = now()
        await pace.calm()
        return now() - began

    return hurried(scene())


def test_it_is_calm_where_a_core_is_free(tmp_path: Path) -> None:
    assert calm_after(paced(tmp_path, cores=CALM)) == pytest.approx(LISTEN)


def test_what_nobody_waits_for_is_put_off_while_every_core_is_busy(tmp_path: Path) -> None:
    assert calm_after(paced(tmp_path, cores=0.2)) == pytest.approx(PUT_OFF_LONGEST, abs=LISTEN + 0.01)


def test_it_is_not_put_off_while_a_job_waits_for_a_process(tmp_path: Path) -> None:
    pace = Pace(tmp_path, 1, lambda: time.time() + PATIENCE + 0.05, asyncio.sleep, free(0.0))
    pace.expect("AJ_1")
    asyncio.run(asyncio.wait_for(pace.calm(), 1.0))


def test_jobs_that_arrived_or_were_forgotten_press_nobody(tmp_path: Path) -> None:
    pace = Pace(tmp_path, 1, time.time, asyncio.sleep, free(0.0))
    pace.expect("AJ_1")
    pace.arrived("AJ_1")
    pace.arrived("AJ_1")
    pace.expect("AJ_2")
    long_ago = time.time() - FORGOTTEN - 1.0
    os.utime(tmp_path / "pace" / "expected" / "AJ_2", (long_ago, long_ago))

    async def pressed() -> bool:
        try:
            await asyncio.wait_for(pace.calm(), 0.1)
        except TimeoutError:
            return False
        return True

    assert asyncio.run(pressed()) is False


def test_what_was_forgotten_is_cleared_away_by_the_next_job(tmp_path: Path) -> None:
    pace = Pace(tmp_path, 1, time.time, asyncio.sleep, free(0.0))
    pace.expect("AJ_1")
    long_ago = time.time() - FORGOTTEN - 1.0
    os.utime(tmp_path / "pace" / "expected" / "AJ_1", (long_ago, long_ago))
    pace.expect("AJ_2")
    pace.expect("AJ_3")
    assert {file.name for file in (tmp_path / "pace" / "expected").iterdir()} == {"AJ_2", "AJ_3"}
