import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from agent import events as e
from agent.page.judgement import UNJUDGED, Expectation, Judgement, SuiteRun, judged, suite
from agent.rehearsal.verdicts import Verdict
from agent.report import fold
from tests.agent.recorded import CALL

HELD = Verdict("expect.says[0]", "says Emma")
BROKEN = Verdict("expect.turns", "at most 2 turns", "there were 3")
FAILED = fold([replace(event, error_code="provider_failed") if isinstance(event, e.Ended) else event for event in CALL])


def expected(folder: Path, *verdicts: Verdict) -> Path:
    """A folder in which a rehearsal left its verdicts."""
    text = json.dumps([verdict.as_json() for verdict in verdicts])
    (folder / "expectations.json").write_text(text)
    return folder


def test_a_call_of_which_nothing_was_expected_is_not_judged(tmp_path: Path) -> None:
    assert judged(tmp_path, fold(CALL)) == UNJUDGED
    assert judged(tmp_path / "attempt.json", FAILED) == UNJUDGED


def test_a_call_is_judged_by_what_its_rehearsal_wrote(tmp_path: Path) -> None:
    assert judged(expected(tmp_path, HELD), fold(CALL)).passed
    found = judged(expected(tmp_path, HELD, BROKEN), fold(CALL))
    assert (found.passed, found.reasons) == (False, ("at most 2 turns: there were 3",))
    assert found.expectations[1] == Expectation(
        field="expect.turns", expectation="at most 2 turns", passed=False, failure="there were 3"
    )


def test_a_call_that_failed_is_as_it_should_be_only_where_that_was_expected(tmp_path: Path) -> None:
    assert judged(expected(tmp_path, HELD), FAILED).reasons == ("the call failed",)
    assert judged(expected(tmp_path, Verdict("expect.error", "the error is provider_failed")), FAILED).passed


def test_what_the_suite_says_counts(tmp_path: Path) -> None:
    run = SuiteRun(line="silent", folder="x", passed=None, reasons=())
    assert judged(expected(tmp_path, BROKEN), fold(CALL), run) == Judgement(
        None, (), judged(tmp_path, fold(CALL)).expectations, "silent"
    )


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"runs": 3}', '[{"field": 1}]'])
def test_what_cannot_be_read_is_not_there(tmp_path: Path, text: str) -> None:
    (tmp_path / "expectations.json").write_text(text)
    (tmp_path / "suite.json").write_text(text)
    assert judged(tmp_path, fold(CALL)) == UNJUDGED
    assert suite(tmp_path) is None


def test_a_suite_knows_what_was_not_done(tmp_path: Path) -> None:
    run = {"line": "a", "run": 1, "folder": "a", "passed": True, "new": 1}
    (tmp_path / "suite.json").write_text(json.dumps({"planned": 3, "runs": [run]}))
    found = suite(tmp_path)
    assert found is not None
    assert (found.missing, found.runs) == (2, (SuiteRun(line="a", folder="a", passed=True),))


def test_what_is_no_plain_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "expectations.json")
    os.mkfifo(tmp_path / "suite.json")
    assert judged(tmp_path, fold(CALL)) == UNJUDGED
    assert suite(tmp_path) is None


def test_a_run_whose_name_is_too_long_is_none_of_the_suite(tmp_path: Path) -> None:
    runs = [{"line": "x", "folder": name, "passed": True} for name in ("x" * 300, "x/" * 3000, "a")]
    (tmp_path / "suite.json").write_text(json.dumps({"planned": 3, "runs": runs}))
    found = suite(tmp_path)
    assert found is not None
    assert found.runs[-1].folder == "a"
