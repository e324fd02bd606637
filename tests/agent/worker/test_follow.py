import asyncio
from pathlib import Path

import pytest

from agent import events as e
from agent.journal import Journal, JournalDamaged, encode
from agent.worker.follow import Tail, follow
from tests.agent.worker.attempts import ANSWERED, ANSWERED_CALL, RANG, REPORTED, accepted, written


async def followed(path: Path) -> list[e.Event]:
    return [event async for event in follow(path)]


async def test_a_journal_is_followed_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    following = asyncio.create_task(followed(path))
    await asyncio.sleep(0.06)
    with Journal(path) as journal:
        for event in ANSWERED_CALL:
            journal.append(event)
            await asyncio.sleep(0.01)
        assert await asyncio.wait_for(following, 2) == list(ANSWERED_CALL)


async def test_a_journal_that_is_whole_already_is_read_at_once(tmp_path: Path) -> None:
    path = written(tmp_path / "events.jsonl", ANSWERED_CALL)
    assert await asyncio.wait_for(followed(path), 0.5) == list(ANSWERED_CALL)


async def test_nothing_is_read_after_the_report(tmp_path: Path) -> None:
    path = written(tmp_path / "events.jsonl", [accepted(), REPORTED, RANG])
    assert await followed(path) == [accepted(), REPORTED]


async def test_following_sleeps_between_two_looks(tmp_path: Path) -> None:
    path = written(tmp_path / "events.jsonl", [accepted()])
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            with path.open("a") as file:
                file.write(encode(REPORTED) + "\n")

    assert [event async for event in follow(path, sleep=sleep)] == [accepted(), REPORTED]
    assert slept == [0.05] * 3


def test_a_torn_last_line_waits_for_its_rest(tmp_path: Path) -> None:
    path = written(tmp_path / "events.jsonl", [accepted()])
    line = (encode(e.CalleeHeard(at=13.0, text="né")) + "\n").encode()
    cut = line.index("é".encode()) + 1
    tail = Tail(path)
    assert list(tail.read()) == [accepted()]
    with path.open("ab") as file:
        file.write(line[:cut])
    assert list(tail.read()) == []
    with path.open("ab") as file:
        file.write(line[cut:])
    assert list(tail.read()) == [e.CalleeHeard(at=13.0, text="né")]
    assert list(tail.read()) == []


def test_a_torn_line_that_is_taken_away_was_never_read(tmp_path: Path) -> None:
    path = written(tmp_path / "events.jsonl", [accepted()])
    tail = Tail(path)
    with path.open("a") as file:
        file.write('{"event":"Answ')
    assert list(tail.read()) == [accepted()]
    with Journal.resume(path) as journal:
        journal.append(RANG)
    assert list(tail.read()) == [RANG]


def test_a_line_longer_than_any_buffer_is_one_event(tmp_path: Path) -> None:
    long = e.CalleeHeard(at=13.0, text="é" * 2_000_000)
    path = written(tmp_path / "events.jsonl", [accepted(), long, ANSWERED])
    assert list(Tail(path).read()) == [accepted(), long, ANSWERED]


def test_damage_is_said_after_what_came_before_it(tmp_path: Path) -> None:
    path = written(tmp_path / "events.jsonl", [accepted()])
    with path.open("a") as file:
        file.write("\n{}\n" + encode(RANG) + "\n")
    reading = Tail(path).read()
    assert next(reading) == accepted()
    with pytest.raises(JournalDamaged, match="line 3 "):
        next(reading)


def test_no_file_holds_no_events(tmp_path: Path) -> None:
    assert list(Tail(tmp_path / "events.jsonl").read()) == []
