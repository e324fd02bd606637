"""Making a rehearsal ready: what is read, where it is written, and what is wrong with it."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent import settings
from agent.desk import make_place
from agent.problems import InputInvalid
from agent.providers import STAND_INS
from agent.rehearsal.script import LineScript
from agent.rehearse import FILES, Rehearsal, make_ready, read_subject, stand_ins
from tests.calls import attempt

NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)


def ready(
    folder: Path, document: dict[str, Any], out: Path | None = None, **environment: str
) -> tuple[Rehearsal, tuple[str, ...]]:
    source = folder / "attempt-in.json"
    source.write_text(json.dumps(document))
    given = settings.of({"VOICE_WORKER_DATA_DIR": str(folder / "calls"), **environment})
    return make_ready(source, LineScript(), STAND_INS, given, out, NOW)


def test_the_folder_is_named_after_the_attempt(tmp_path: Path) -> None:
    made, unknown = ready(tmp_path, {**attempt(), "attempt_id": "../evil"})
    assert made.folder == tmp_path / "calls" / "_evil"
    assert made.folder.is_dir()
    assert unknown == ()


def test_what_an_earlier_call_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in (*FILES, "notes.txt"):
        (out / name).write_text("old")
    ready(tmp_path, attempt(), out)
    assert {path.name: path.read_text() for path in out.iterdir()} == {"events.jsonl": "", "notes.txt": "old"}


def test_a_suite_leaves_nothing_of_an_earlier_call_beside_its_own(tmp_path: Path) -> None:
    for name in (*FILES, "notes.txt"):
        (tmp_path / name).write_text("old")
    make_place(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_a_problem_of_the_option(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputInvalid) as raised:
        ready(tmp_path, attempt(), tmp_path / place)
    [line] = raised.value.lines()
    assert line.startswith(f"{tmp_path / place}: --out: expected a folder that can be written: ")


def test_unknown_fields_are_named(tmp_path: Path) -> None:
    _, unknown = ready(tmp_path, {**attempt(mood="canary"), "colour": "canary"})
    assert [line.partition(":")[0] for line in unknown] == ["assistant.mood", "colour"]
    assert "canary" not in "".join(unknown)


def test_every_problem_names_the_file_and_the_field_and_no_value(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid) as raised:
        ready(tmp_path, {**attempt(voice={"provider": "canary", "id": 7}), "to_phone_number": "canary"})
    lines = raised.value.lines()
    assert [line.split(": ")[:2] for line in lines] == [
        [str(tmp_path / "attempt-in.json"), path] for path in ("to_phone_number", "assistant.voice.provider")
    ]
    assert "canary" not in "".join(lines)
    assert not (tmp_path / "calls").exists()


def test_what_does_not_resolve_is_found_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid) as raised:
        ready(tmp_path, attempt(first_sentence="Hello {{name}}."))
    [line] = raised.value.lines()
    assert (
        line
        == f"{tmp_path / 'attempt-in.json'}: assistant.first_sentence: expected a value for the variable {{{{name}}}}"
    )
    assert not (tmp_path / "calls").exists()


def test_what_is_rehearsed_is_read_once(tmp_path: Path) -> None:
    source = tmp_path / "attempt-in.json"
    source.write_text(json.dumps(attempt(prompt="It is {{current_time}}.", mood="canary")))
    given = settings.of({})
    subject = read_subject(source, given)
    source.unlink()
    plans = [subject.plan(given, STAND_INS, NOW.replace(hour=hour)) for hour in (9, 10)]
    assert plans[0].attempt_id == "attempt-1"
    assert plans[0].prompt != plans[1].prompt
    assert [line.partition(":")[0] for line in subject.unknown] == ["assistant.mood"]


async def test_the_stand_ins_are_there_with_everything_imported_and_end_with_the_context() -> None:
    async with stand_ins() as started:
        assert "agent.rehearsal.run" in sys.modules
        assert not started.died.is_set()
    assert started.died.is_set()
