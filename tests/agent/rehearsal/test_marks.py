import asyncio
from collections.abc import Sequence

from agent.rehearsal.marks import marking
from agent.standins.process import StandInsFailed
from agent.standins.speech import Mark

ONE, TWO = Mark("one", 1.0, 1.2, last=False), Mark("two", 1.3, 1.5, last=True)


async def test_marks_are_sent_in_order_although_sending_takes_time() -> None:
    sent: list[Sequence[Mark]] = []

    async def slow(words: Sequence[Mark]) -> None:
        await asyncio.sleep(0.01 if words[0] is ONE else 0)
        sent.append(words)

    async with marking(slow) as mark:
        mark([ONE])
        mark([TWO])
        await asyncio.sleep(0.05)
    assert sent == [[ONE], [TWO]]


async def test_a_stand_in_process_that_died_is_told_elsewhere() -> None:
    async def dead(words: Sequence[Mark]) -> None:
        raise StandInsFailed

    async with marking(dead) as mark:
        mark([ONE])
        await asyncio.sleep(0)
        mark([TWO])


async def test_nothing_runs_on_afterwards() -> None:
    async def send(words: Sequence[Mark]) -> None:
        await asyncio.Event().wait()

    async with marking(send) as mark:
        mark([ONE])
        await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "callee's marks"]
