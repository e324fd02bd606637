import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from agent import events as e
from agent.journal import encode
from agent.page.source import parse_report, read
from agent.problems import InputInvalid
from agent.report import fold
from tests.agent.page.folders import written
from tests.agent.recorded import CALL, PICKED_UP, RINGING
from tests.agent.worker.attempts import accepted


def report() -> dict[str, Any]:
    """A whole report as JSON."""
    raw: dict[str, Any] = json.loads(fold(CALL).model_dump_json())
    return raw


def refused(path: Path) -> str:
    """What there is to say of a path that cannot be read."""
    with pytest.raises(InputInvalid) as problem:
        read(path)
    return "\n".join(problem.value.lines())


def test_a_calls_folder_is_read_whole(tmp_path: Path) -> None:
    source = read(written(tmp_path, seconds=1))
    assert (source.attempt, source.events, source.notes) == (fold(CALL), CALL, ())
    assert source.recording == tmp_path / "audio.ogg"


def test_without_its_report_a_call_is_folded_from_the_journal(tmp_path: Path) -> None:
    (written(tmp_path, seconds=None) / "attempt.json").unlink()
    source = read(tmp_path)
    assert source.attempt == fold(CALL)
    assert [note.partition(":")[0] for note in source.notes] == ["attempt.json is missing"]
    assert source.recording is None


def test_of_a_job_that_died_everything_up_to_the_torn_line_is_shown(tmp_path: Path) -> None:
    lines = "".join(encode(event) + "\n" for event in PICKED_UP)
    (tmp_path / "events.jsonl").write_text(lines[:-20])
    source = read(tmp_path)
    assert source.attempt == fold(RINGING)
    assert source.notes[1:] == ("The journal has no end: the call goes on, or its process died.",)


@pytest.mark.parametrize("damage", ["", "{", '{"id": 1}'])
def test_a_damaged_report_is_replaced_by_the_journal(tmp_path: Path, damage: str) -> None:
    (written(tmp_path, seconds=None) / "attempt.json").write_text(damage)
    source = read(tmp_path)
    assert source.attempt == fold(CALL)
    assert source.notes[0].startswith("attempt.json cannot be used (")


def test_a_damaged_report_without_a_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "attempt.json").write_text("{")
    assert refused(tmp_path).startswith(f"{tmp_path / 'attempt.json'}: line 1, column 2: expected JSON")


def test_lines_that_nobody_knows_are_told_and_passed_over(tmp_path: Path) -> None:
    journal = written(tmp_path, seconds=None) / "events.jsonl"
    lines = journal.read_text().splitlines()
    lines[3:3] = ['{"event":"Levitated","at":1}', "nonsense"]
    journal.write_text("\n".join(lines) + "\n")
    source = read(tmp_path)
    assert source.events == CALL
    assert source.notes == ("events.jsonl: 2 lines, from line 4 on, are nothing this version knows, and passed over.",)


def test_another_attempts_journal_is_left_out(tmp_path: Path) -> None:
    written(tmp_path, seconds=None)
    (tmp_path / "events.jsonl").write_text(encode(accepted(attempt_id="another")) + "\n")
    source = read(tmp_path)
    assert source.events == ()
    assert source.notes == ("events.jsonl is another attempt's and was left out.",)


@pytest.mark.parametrize("text", ["", "nonsense\nmore\n", encode(CALL[3]) + "\n"])
def test_a_journal_that_begins_with_nothing_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "events.jsonl").write_text(text)
    assert refused(tmp_path).endswith("events.jsonl: expected a journal that begins with an accepted attempt")


def test_a_journal_by_itself_is_a_call(tmp_path: Path) -> None:
    source = read(written(tmp_path, seconds=None) / "events.jsonl")
    assert (source.attempt, source.events) == (fold(CALL), CALL)


def test_a_report_by_itself_is_a_call(tmp_path: Path) -> None:
    source = read(written(tmp_path, seconds=1) / "attempt.json")
    assert (source.attempt, source.events, source.recording, source.notes) == (fold(CALL), (), None, ())


def test_a_report_may_come_as_the_event_of_a_webhook() -> None:
    event: dict[str, JsonValue] = {
        "type": "attempt.analyzed",
        "data": {"call_id": "call-1", "sequence": 4, "attempt": report()},
    }
    assert parse_report(event) == (fold(CALL), ())


def test_fields_of_another_version_are_named_and_left_out() -> None:
    raw = report()
    raw["mood"] = {"key": "sk-secret"}
    raw["transcript"][1]["colour"] = "blue"
    attempt, notes = parse_report(raw)
    assert attempt == fold(CALL)
    assert notes == ("Fields that this version does not know: transcript[1].colour, mood.",)


def test_details_may_hold_what_nobody_knows_yet() -> None:
    raw = report()
    raw["details"]["moods"] = ["calm"]
    attempt, notes = parse_report(raw)
    assert (attempt.details.model_extra, notes) == ({"moods": ["calm"]}, ())


def test_what_is_wrong_in_a_report_is_named_and_not_quoted(tmp_path: Path) -> None:
    raw = report()
    raw["status"] = "sk-secret"
    raw["speech_events"][0]["started_speaking_at_ms"] = "sk-secret"
    del raw["id"]
    (tmp_path / "attempt.json").write_text(json.dumps(raw))
    text = refused(tmp_path)
    assert "attempt.json: id: expected a value" in text
    assert "status: expected 'queued', 'ringing', 'ongoing', 'completed' or 'error'" in text
    assert "speech_events[0].started_speaking_at_ms: expected another kind of value" in text
    assert "sk-secret" not in text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            '{"attempt_id": "a", "assistant": {}}',
            "expected the report of an attempt (attempt.json), not what it is made from",
        ),
        ("[]", "expected the report of an attempt, an object"),
        ("\\", "expected JSON"),
    ],
)
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    assert refused(file).startswith(f"{file}: ")
    assert why in refused(file)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.json").endswith("none.json: expected a file: there is none")
    assert refused(tmp_path / "none.jsonl").startswith(f"{tmp_path / 'none.jsonl'}: expected")
    assert "expected a call's folder" in refused(tmp_path)


@pytest.mark.parametrize("number", ["1e308", "NaN", "Infinity"])
def test_a_line_with_an_impossible_moment_is_passed_over(tmp_path: Path, number: str) -> None:
    (written(tmp_path, seconds=None) / "attempt.json").unlink()
    journal = tmp_path / "events.jsonl"
    journal.write_text(f'{journal.read_text()}{{"event":"Rang","at":{number}}}\n')
    source = read(tmp_path)
    assert (source.attempt, source.events) == (fold(CALL), CALL)
    assert source.notes[1].startswith(f"events.jsonl: line {len(CALL) + 1} is nothing this version knows")


@pytest.mark.parametrize("utc", ["9999-12-31T23:59:59+00:00", "soon"])
def test_a_journal_without_a_date_is_refused(tmp_path: Path, utc: str) -> None:
    events = (replace(accepted(), utc=utc), e.Ended(at=1e6, ended_by="user", end_reason=None))
    (tmp_path / "events.jsonl").write_text("".join(encode(event) + "\n" for event in events))
    assert refused(tmp_path).endswith("events.jsonl: expected the journal of a call, with moments that have a date")


def test_what_is_no_plain_file_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("events.jsonl", "attempt.json"):
        os.mkfifo(tmp_path / name)
    assert "expected a call's folder" in refused(tmp_path)
    assert refused(tmp_path / "events.jsonl").endswith("expected a file that can be read")
    (tmp_path / "attempt.json").unlink()
    (tmp_path / "attempt.json").write_text(fold(CALL).model_dump_json())
    assert refused(tmp_path).endswith("events.jsonl: expected a file that can be read")
    (tmp_path / "events.jsonl").unlink()
    (tmp_path / "events.jsonl").symlink_to("/dev/zero")
    assert refused(tmp_path).endswith("events.jsonl: expected a file that can be read")


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + ".json", "x" * 300 + ".jsonl"])
def test_a_name_that_is_too_long_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name).endswith("expected a file that can be read")
