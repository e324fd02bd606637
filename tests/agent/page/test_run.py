import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.page.run import found, write_index, write_page
from agent.problems import InputInvalid
from tests.agent.page.folders import written
from tests.agent.worker.attempts import REFUSED_CALL

ROOT = Path(__file__).parents[3]


def report(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **variables}
    command = [sys.executable, "-m", "agent", "report", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def refused(path: Path, out: Path | None = None) -> str:
    with pytest.raises(InputInvalid) as problem:
        write_page(path, out)
    return "\n".join(problem.value.lines())


def test_a_calls_page_is_written_into_its_folder(tmp_path: Path) -> None:
    done = report(written(tmp_path / "call"))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{tmp_path / 'call' / 'report.html'}\n", "")
    page = (tmp_path / "call" / "report.html").read_text()
    assert "Hello, this is Emma." in page and "data:audio/ogg;base64," in page
    assert sorted(file.name for file in (tmp_path / "call").iterdir()) == [
        "attempt.json",
        "audio.ogg",
        "events.jsonl",
        "report.html",
    ]


def test_a_reports_page_is_written_beside_it(tmp_path: Path) -> None:
    written(tmp_path, seconds=None)
    assert write_page(tmp_path / "attempt.json").first == tmp_path / "attempt.html"
    assert "data:audio" not in (tmp_path / "attempt.html").read_text()


def test_json_names_the_page_and_what_is_missing(tmp_path: Path) -> None:
    (written(tmp_path / "call", seconds=None) / "attempt.json").unlink()
    done = report(tmp_path / "call", "--out", tmp_path / "new" / "x.html", "--json")
    assert done.returncode == 0
    shown = json.loads(done.stdout)
    assert shown["page"] == str(tmp_path / "new" / "x.html") and (tmp_path / "new" / "x.html").exists()
    assert len(shown["problems"]) == 1
    assert done.stderr == shown["problems"][0] + "\n"


def test_a_folder_of_calls_gets_an_index_and_every_page(tmp_path: Path) -> None:
    for name in ("suite/silent/10", "suite/silent/9", "suite/person"):
        written(tmp_path / name, seconds=None)
    done = report(tmp_path, "--json")
    assert done.returncode == 0
    shown = json.loads(done.stdout)
    assert shown["index"] == str(tmp_path / "index.html")
    assert [Path(page).relative_to(tmp_path).as_posix() for page in shown["pages"]] == [
        "suite/person/report.html",
        "suite/silent/9/report.html",
        "suite/silent/10/report.html",
    ]
    index = (tmp_path / "index.html").read_text()
    assert 'href="suite/silent/10/report.html"' in index and "3 calls" in index


def suite(folder: Path, planned: int, *runs: dict[str, object]) -> None:
    """Write what came of a suite."""
    (folder / "suite.json").write_text(json.dumps({"format": 1, "planned": planned, "runs": runs}))


def test_a_suites_index_shows_what_came_of_its_runs(tmp_path: Path) -> None:
    for name in ("silent/run-02", "silent/run-01", "older/run-01"):
        written(tmp_path / name, seconds=None)
    suite(
        tmp_path,
        5,
        {"line": "silent", "run": 1, "folder": "silent/run-02", "passed": False, "reasons": ["it was too long"]},
        {"line": "silent", "run": 2, "folder": "silent/run-01", "passed": True, "reasons": []},
        {"line": "gone", "run": 1, "folder": "gone", "passed": False, "reasons": ["it could not be conducted"]},
    )
    done = write_index(tmp_path)
    index = done.first.read_text()
    assert "1 of 3 passed (33.3 %); 2 more runs were planned and not done" in index
    assert index.index("silent/run-02") < index.index("silent/run-01") and "older" not in index
    assert "it was too long" in index and "it could not be conducted" in index
    assert "it was too long" in (tmp_path / "silent" / "run-02" / "report.html").read_text()
    assert [page.parent.name for page in done.pages] == ["run-02", "run-01"]


def test_a_suite_reaches_nothing_outside_its_folder(tmp_path: Path) -> None:
    written(tmp_path / "outside", seconds=None)
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "link").symlink_to(tmp_path / "outside")
    names = ("../outside", str(tmp_path / "outside"), "link", "a\0b")
    suite(tmp_path / "suite", 4, *({"line": "x", "folder": name, "passed": True} for name in names))
    with pytest.raises(InputInvalid):
        write_index(tmp_path / "suite")
    assert not (tmp_path / "outside" / "report.html").exists()


def test_what_was_expected_stands_on_the_page(tmp_path: Path) -> None:
    expected = [
        {"field": "expect.says[0]", "expectation": "says Emma", "passed": True, "failure": None},
        {"field": "expect.turns", "expectation": "at most 2 turns", "passed": False, "failure": "there were 3"},
    ]
    (written(tmp_path / "call", seconds=None) / "expectations.json").write_text(json.dumps(expected))
    page = write_page(tmp_path / "call").first.read_text()
    assert "Not as expected" in page and "at most 2 turns: there were 3" in page and "says Emma" in page
    assert "0 of 1 passed" in write_index(tmp_path).first.read_text()


def test_a_call_that_cannot_be_read_stands_in_the_index_without_a_page(tmp_path: Path) -> None:
    written(tmp_path / "good", seconds=None)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "attempt.json").write_text("[]")
    done = report(tmp_path)
    assert done.returncode == 0
    assert done.stderr == f"{tmp_path / 'bad' / 'attempt.json'}: expected the report of an attempt, an object\n"
    index = (tmp_path / "index.html").read_text()
    assert "There was no call." in index and "expected the report of an attempt" in index
    assert not (tmp_path / "bad" / "report.html").exists()


def test_an_index_elsewhere_leads_to_the_pages(tmp_path: Path) -> None:
    written(tmp_path / "calls" / "a b#c", seconds=None)
    write_index(tmp_path / "calls", tmp_path / "out" / "all.html")
    assert 'href="../calls/a%20b%23c/report.html"' in (tmp_path / "out" / "all.html").read_text()


def test_calls_are_looked_for_some_levels_down_and_not_within_calls(tmp_path: Path) -> None:
    for name in ("a", "b/c/d/e", "b/c/d/e/f", "a/inner", "1/2/3/4/5"):
        written(tmp_path / name, seconds=None)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert [case.folder.relative_to(tmp_path).as_posix() for case in found(tmp_path)] == ["a", "b/c/d/e"]


def test_a_call_that_was_not_answered_has_a_page(tmp_path: Path) -> None:
    page = write_page(written(tmp_path, REFUSED_CALL, seconds=0)).first.read_text()
    assert "The line was busy (486 Busy Here)." in page
    assert "<audio" not in page and "<script" not in page


def test_bad_input_is_exit_2_with_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", ROOT / "examples" / "appointment.yaml"):
        done = report(path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"{path}: expected ") and done.stderr.count("\n") == 1


def test_nothing_that_is_read_is_overwritten(tmp_path: Path) -> None:
    written(tmp_path, seconds=None)
    before = (tmp_path / "attempt.json").read_text()
    for name in ("attempt.json", "events.jsonl", "audio.ogg"):
        assert "--out: expected a file that ends in .html" in refused(tmp_path, tmp_path / name)
    assert "--out: expected a file: this is a folder" in refused(tmp_path, tmp_path)
    assert (tmp_path / "attempt.json").read_text() == before


def test_a_page_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "call", seconds=None)
    (tmp_path / "file").write_text("")
    assert "expected a file that can be written: " in refused(tmp_path / "call", tmp_path / "file" / "x.html")


def test_a_browser_is_opened_where_there_is_one(tmp_path: Path) -> None:
    written(tmp_path / "call", seconds=None)
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    assert report(tmp_path / "call", "--open", BROWSER=f"{browser} %s").returncode == 0
    assert (tmp_path / "opened").read_text() == (tmp_path / "call" / "report.html").as_uri()


def test_one_call_with_an_impossible_number_does_not_keep_the_others_from_being_shown(tmp_path: Path) -> None:
    written(tmp_path / "good", seconds=None)
    journal = written(tmp_path / "journal", seconds=None) / "events.jsonl"
    (tmp_path / "journal" / "attempt.json").unlink()
    journal.write_text(f'{journal.read_text()}{{"event":"Rang","at":1e308}}\n')
    huge = written(tmp_path / "huge", seconds=None) / "attempt.json"
    raw = json.loads(huge.read_text())
    raw["speech_events"][0]["started_speaking_at_ms"] = 10**400
    huge.write_text(json.dumps(raw))
    done = report(tmp_path)
    assert done.returncode == 0
    assert f"{tmp_path / 'huge'}: this call could not be shown: OverflowError\n" in done.stderr
    index = (tmp_path / "index.html").read_text()
    assert 'href="good/report.html"' in index and 'href="journal/report.html"' in index
    assert "this call could not be shown" in index and 'href="huge/report.html"' not in index
    assert refused(tmp_path / "huge").endswith("this call could not be shown: OverflowError")


def test_where_a_suite_is_a_call_beside_it_is_not_shown(tmp_path: Path) -> None:
    folder = written(tmp_path / "both", seconds=None)
    written(folder / "run-01", seconds=None)
    suite(folder, 1, {"line": "x", "folder": "run-01", "passed": True})
    done = report(folder)
    assert (done.returncode, done.stdout) == (0, f"{folder / 'index.html'}\n")
    assert [case.folder.name for case in found(tmp_path)] == ["run-01"]


def test_a_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    done = report(tmp_path / ("x" * 300))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(": expected a file that can be read\n")
