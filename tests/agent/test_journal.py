"""The journal: what is written can be read, and what was cut off reads up to there."""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent import events as e
from agent.journal import Journal, JournalDamaged, decode, encode, read

TRICKY = "“né\u2028à\n\r\x00 Zürich\" \\ {'event': 1} 🙂"

FULL_DISK = Path("/dev/full")


def value_for(kind: Any) -> Any:
    """Some value of an annotated type; the fields of events have no others."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return arguments[-1]
    if origin in (types.UnionType, typing.Union):
        return value_for(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        return (value_for(arguments[0]), value_for(arguments[0]))
    if origin is Mapping:
        return {TRICKY: [1, 2.5, None, {"deep": True}]}
    return {float: 1234.0625, int: 480, bool: True, str: TRICKY}[kind]


def example(kind: type[e.Event], *, bare: bool = False) -> e.Event:
    """An event of the kind; `bare`: what may be left out is."""
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    given = [field for field in fields if not bare or field.default is dataclasses.MISSING]
    return kind(**{field.name: value_for(hints[field.name]) for field in given})


def heard(text: str, at: float = 1.0) -> e.Event:
    return e.CalleeHeard(at=at, text=text)


def journal_of(folder: Path, *events: e.Event) -> Path:
    path = folder / "events.jsonl"
    with Journal(path) as journal:
        for event in events:
            journal.append(event)
    return path


@pytest.mark.parametrize("kind", e.EVENTS.values(), ids=list(e.EVENTS))
def test_every_kind_of_event_reads_as_it_was_written(kind: type[e.Event]) -> None:
    for event in (example(kind), example(kind, bare=True)):
        line = encode(event)
        assert "\n" not in line
        assert json.loads(line)["event"] == kind.__name__
        assert decode(line) == event


def test_every_event_has_a_name_and_is_frozen_and_says_what_it_is() -> None:
    assert len(e.EVENTS) > 25
    for kind in e.EVENTS.values():
        assert kind.__doc__
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(example(kind), "at", 2.0)  # noqa: B010 - the plain assignment would not pass the type checker


def test_a_journal_reads_back_whole(tmp_path: Path) -> None:
    events = [example(kind) for kind in e.EVENTS.values()]
    assert list(read(journal_of(tmp_path, *events))) == events


def test_what_is_not_given_is_null(tmp_path: Path) -> None:
    event = e.ReplyMeasured(at=1.0, utterances=(), llm_ttft=None, tts_ttfb=None, model=None)
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"at": 1.0}',
        '{"event": "Event", "at": 1.0}',
        '{"event": "Answered"}',
        '{"event": "Answered", "at": "soon"}',
        '{"event": "Vanished", "at": 1.0}',
        '{"event": ["Answered"], "at": 1.0}',
        '{"event": "Answered", "at": 1.0',
        b'{"event": "CalleeHeard", "at": 1.0, "text": "n\xc3',
    ],
)
def test_a_line_that_is_no_event_is_refused(line: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own errors are among them
        decode(line)


def test_a_last_line_that_is_torn_anywhere_is_left_out(tmp_path: Path) -> None:
    first, last = heard("Hello"), heard("Où êtes-vous ?", 2.0)
    path = journal_of(tmp_path, first, last)
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for length in range(start, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert list(read(path)) == [first]
    path.write_bytes(whole[:-1])
    assert list(read(path)) == [first, last]


@pytest.mark.parametrize("damage", [b"\x00\x00\x00", b"{}", b'{"event":"CalleeHeard","at":1.0,"te', b"\xff\xfe"])
def test_damage_before_the_last_line_is_named_by_its_line_and_nothing_else(tmp_path: Path, damage: bytes) -> None:
    path = journal_of(tmp_path, heard("Hello"), heard("secret"), heard("Bye"))
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], damage, lines[2], b""]))
    events = read(path)
    assert next(events) == heard("Hello")
    with pytest.raises(JournalDamaged, match=r"^line 2 of the journal is not an event this version knows$") as raised:
        next(events)
    assert raised.value.__cause__ is None


def test_a_last_line_that_was_ended_is_damage_and_not_torn(tmp_path: Path) -> None:
    path = journal_of(tmp_path, heard("Hello"))
    path.write_bytes(path.read_bytes() + b'{"event": "Vanished"}\n')
    with pytest.raises(JournalDamaged, match="line 2"):
        list(read(path))


def test_an_empty_journal_has_no_events(tmp_path: Path) -> None:
    assert list(read(journal_of(tmp_path))) == []


def test_every_event_is_in_the_file_before_the_next_happens(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with Journal(path) as journal:
        for count in range(1, 4):
            journal.append(heard(str(count)))
            assert len(list(read(path))) == count


def test_a_journal_without_a_file_keeps_its_events_in_memory() -> None:
    with Journal(None) as journal:
        journal.append(heard("Hello"))
    assert journal.events == [heard("Hello")]


def test_a_journal_that_is_there_already_is_overwritten(tmp_path: Path) -> None:
    journal_of(tmp_path, heard("old"), heard("older"))
    assert list(read(journal_of(tmp_path, heard("new")))) == [heard("new")]


def test_halves_of_characters_are_replaced_in_the_file_and_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with Journal(path) as journal:
        journal.append(heard("broken \ud83d emoji"))
    assert journal.events == list(read(path)) == [heard("broken ? emoji")]


def test_watchers_see_every_event_in_order_once_it_is_written(tmp_path: Path) -> None:
    path, seen = tmp_path / "events.jsonl", list[tuple[e.Event, int]]()
    with Journal(path) as journal:
        journal.append(heard("before"))
        journal.watch(lambda event: seen.append((event, len(list(read(path))))))
        journal.append(heard("one"))
        journal.append(heard("two"))
    assert seen == [(heard("one"), 2), (heard("two"), 3)]


def test_a_journal_may_be_closed_twice(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events.jsonl")
    journal.close()
    journal.close()


def test_a_folder_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Journal(tmp_path / "nowhere" / "events.jsonl")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_and_the_event_is_in_memory_all_the_same() -> None:
    journal = Journal(FULL_DISK)
    journal.append(heard("Hello"))
    assert journal.torn
    assert journal.events == [heard("Hello")]
    journal.close()


@pytest.mark.parametrize("number", ["1e308", "NaN", "Infinity", "-Infinity", '"inf"', "-1e11", "1e400"])
def test_a_number_that_no_call_can_have_is_no_event(number: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own errors are among them
        decode(f'{{"event": "Answered", "at": {number}}}')
    with pytest.raises(ValueError):  # noqa: PT011
        decode(f'{{"event": "CalleeStarted", "at": 1.0, "sample": {number}}}')


def test_the_numbers_of_those_who_ask_for_a_call_are_theirs() -> None:
    accepted = example(e.Accepted)
    asked = dataclasses.replace(accepted, metadata={"budget": 1e300})  # type: ignore[call-arg] # only this kind has it
    assert decode(encode(asked)) == asked
