"""Several calls of one attempt: which runs there are, what is kept of them, and what stops them."""

import asyncio
import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent import settings
from agent.providers import STAND_INS
from agent.rehearsal.line import SimulatedLine
from agent.rehearsal.outcome import Outcome
from agent.rehearsal.results import Came, Run
from agent.rehearsal.shipped import NamedLine, parse_line
from agent.rehearsal.suite import Case, Ledger, Part, Suite, conduct, in_turn, run_of
from agent.rehearse import read_subject
from agent.report import fold
from agent.standins.process import StandIns, running
from tests.agent.rehearsal.fakes import voice
from tests.agent.worker.attempts import FAILED, accepted
from tests.calls import attempt

LEAVES: dict[str, Any] = {"ring": 0.1, "callee": [{"at": 0.6, "hang_up": True}]}
STAYS: dict[str, Any] = {"ring": 0.1, "callee": []}
BUSY: dict[str, Any] = {"answer": "busy", "ring": 0}


def suite(folder: Path, lines: dict[str, dict[str, Any]], **more: Any) -> Suite:
    source = folder / "given.json"
    source.write_text(json.dumps(attempt(first_sentence="Hello.")))
    given = settings.of({})
    named = tuple(NamedLine(name, parse_line({"name": name, **line})) for name, line in lines.items())
    out = folder / "out"
    out.mkdir()
    return Suite(read_subject(source, given), named, STAND_INS, given, out, **more)


class Watched:
    """Remembers what went on, and how many calls there were at once."""

    def __init__(self, awaited: int = 1) -> None:
        """`enough` is set once so many runs have begun."""
        self.began_: list[str] = []
        self.ended_: list[Run] = []
        self.most = 0
        self.enough = asyncio.Event()
        self._awaited = awaited

    def began(self, case: Case) -> None:
        self.began_.append(case.folder)
        self.most = max(self.most, len(self.began_) - len(self.ended_))
        if len(self.began_) == self._awaited:
            self.enough.set()

    def ended(self, case: Case, run: Run) -> None:
        assert (case.folder, case.number, case.seed) == (run.folder, run.number, run.seed)
        self.ended_.append(run)


def test_the_first_run_of_every_line_comes_first(tmp_path: Path) -> None:
    cases = list(suite(tmp_path, {"a": BUSY, "b": BUSY}, repeat=2, seed=7).cases())
    assert [(case.folder, case.number, case.seed) for case in cases] == [
        ("a/run-01", 1, 7),
        ("b/run-01", 1, 7),
        ("a/run-02", 2, 8),
        ("b/run-02", 2, 8),
    ]


def test_suites_that_are_conducted_in_turn_take_turns_in_being_first(tmp_path: Path) -> None:
    parts = []
    for name in ("A", "B"):
        (tmp_path / name).mkdir()
        wanted = suite(tmp_path / name, {"a": BUSY}, repeat=3)
        parts.append(Part(wanted, Ledger(wanted, name), Watched()))
    turns = [(part.suite.folder.parent.name, case.seed) for part, case in in_turn(parts)]
    assert turns == [("A", 1), ("B", 1), ("B", 2), ("A", 2), ("A", 3), ("B", 3)]


def test_one_line_alone_needs_no_folder_of_its_own(tmp_path: Path) -> None:
    folders = [case.folder for case in suite(tmp_path, {"a": BUSY}, repeat=120).cases()]
    assert (folders[0], folders[-1]) == ("run-001", "run-120")


@pytest.mark.asyncio(loop_scope="session")
async def test_every_run_is_a_call_with_a_folder(stand_ins: StandIns, tmp_path: Path) -> None:
    hopes = {**LEAVES, "expect": {"says": "Hello", "ended_by": "user"}}
    fears = {**LEAVES, "expect": {"end_reason": "tool_end_call", "never_says": "hello"}}
    wanted = suite(tmp_path, {"hopes": hopes, "fears": fears, "busy": BUSY}, repeat=2, jobs=4)
    ledger, watched = Ledger(wanted, "attempt-1"), Watched()
    await conduct(wanted, ledger, watched, stand_ins, asyncio.Event())
    results = ledger.results
    assert results.whole and not results.passed(0.5)
    assert [(run.name, run.came) for run in results.runs] == [
        ("hopes 1", Came.PASSED),
        ("hopes 2", Came.PASSED),
        ("fears 1", Came.FAILED),
        ("fears 2", Came.FAILED),
        ("busy 1", Came.PASSED),
        ("busy 2", Came.PASSED),
    ]
    assert results.runs[2].reasons[0] == "ends with tool_end_call: it was client_initiated"
    assert watched.most == 4
    for run in results.runs:
        report = json.loads((wanted.folder / run.folder / "attempt.json").read_text())
        assert report["end_reason"] == run.end
    written = json.loads((wanted.folder / "suite.json").read_text())
    assert written["runs"] == results.as_json()["runs"]
    verdicts = json.loads((wanted.folder / "fears/run-01/expectations.json").read_text())
    assert [verdict["passed"] for verdict in verdicts] == [False, False]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_file_is_there_after_every_run(stand_ins: StandIns, tmp_path: Path) -> None:
    wanted = suite(tmp_path, {"busy": BUSY}, repeat=3, jobs=1)
    seen: list[int] = []

    class Reading(Watched):
        def ended(self, case: Case, run: Run) -> None:
            super().ended(case, run)
            seen.append(len(json.loads((wanted.folder / "suite.json").read_text())["runs"]))

    watched = Reading()
    await conduct(wanted, Ledger(wanted, "attempt-1"), watched, stand_ins, asyncio.Event())
    assert (seen, watched.most) == ([1, 2, 3], 1)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_same_seed_is_the_same_callee(stand_ins: StandIns, tmp_path: Path) -> None:
    line = {"ring": 0.1, "callee": [{"say": "Hello?"}, {"after": "previous", "hang_up": True}], "vary": 0.5}
    lengths: list[list[float]] = []
    for name, given in (("a", {"repeat": 3}), ("b", {"seed": 3})):
        (tmp_path / name).mkdir()
        wanted = suite(tmp_path / name, {"line": line}, **given)
        ledger = Ledger(wanted, "attempt-1")
        await conduct(wanted, ledger, Watched(), stand_ins, asyncio.Event())
        lengths.append([_talked(run) for run in ledger.results.runs])
    assert lengths[1][0] == pytest.approx(lengths[0][2], abs=0.06)
    assert max(lengths[0]) - min(lengths[0]) > 0.1


def _talked(run: Run) -> float:
    report = run.report
    assert report is not None and report.ended_at is not None and report.answered_at is not None
    return (report.ended_at - report.answered_at).total_seconds()


@pytest.mark.asyncio(loop_scope="session")
async def test_stopping_calls_off_what_goes_on_and_begins_no_more(stand_ins: StandIns, tmp_path: Path) -> None:
    wanted = suite(tmp_path, {"busy": BUSY, "stays": STAYS}, repeat=3, jobs=2)
    ledger, watched, stop = Ledger(wanted, "attempt-1"), Watched(awaited=4), asyncio.Event()
    task = asyncio.create_task(conduct(wanted, ledger, watched, stand_ins, stop))
    await watched.enough.wait()
    await asyncio.sleep(1.0)
    stop.set()
    await asyncio.wait_for(task, 10)
    came = {run.folder: run.came for run in ledger.results.runs}
    assert came == {
        "busy/run-01": Came.PASSED,
        "busy/run-02": Came.PASSED,
        "stays/run-01": Came.STOPPED,
        "stays/run-02": Came.STOPPED,
    }
    assert not ledger.results.whole
    report = json.loads((wanted.folder / "stays/run-01/attempt.json").read_text())
    assert report["end_reason"] == "participant_removed"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_folder_that_cannot_be_made_costs_one_run(stand_ins: StandIns, tmp_path: Path) -> None:
    wanted = suite(tmp_path, {"busy": BUSY}, repeat=3)
    (wanted.folder / "run-02").write_text("in the way")
    ledger = Ledger(wanted, "attempt-1")
    await conduct(wanted, ledger, Watched(), stand_ins, asyncio.Event())
    assert [run.came for run in ledger.results.runs] == [Came.PASSED, Came.ERROR, Came.PASSED]
    [reason] = ledger.results.runs[1].reasons
    assert "expected a folder that can be written" in reason


@pytest.mark.asyncio(loop_scope="session")
async def test_a_suite_that_cannot_be_written_is_an_error_of_the_file(stand_ins: StandIns, tmp_path: Path) -> None:
    wanted = suite(tmp_path, {"busy": BUSY}, repeat=4, jobs=2)
    (wanted.folder / "suite.part").mkdir()
    with pytest.raises(IsADirectoryError):
        await conduct(wanted, Ledger(wanted, "attempt-1"), Watched(), stand_ins, asyncio.Event())


async def test_without_stand_ins_nothing_more_is_begun(tmp_path: Path) -> None:
    wanted = suite(tmp_path, {"stays": STAYS}, repeat=5, jobs=2)
    ledger, watched = Ledger(wanted, "attempt-1"), Watched()
    async with running() as started:
        task = asyncio.create_task(conduct(wanted, ledger, watched, started, asyncio.Event()))
        await watched.enough.wait()
        await asyncio.sleep(1.5)
        os.kill(started.pid, signal.SIGKILL)
        await asyncio.wait_for(task, 30)
    assert len(watched.began_) == 2
    assert {run.came for run in ledger.results.runs} <= {Came.FAILED, Came.ERROR}
    assert all("stand-in process has died" in run.reasons[0] for run in ledger.results.runs)


@pytest.mark.parametrize(
    ("code", "reasons", "came"),
    [
        ("provider_failed", ("the model failed",), Came.ERROR),
        ("provider_failed", (), Came.PASSED),  # as its line expects
        ("internal_error", ("it broke",), Came.FAILED),
    ],
)
async def test_a_call_in_which_a_provider_failed_is_not_judged(code: str, reasons: tuple[str, ...], came: Came) -> None:
    script = parse_line({})
    line = SimulatedLine(script, language="en", voice=voice, mark=lambda marks: None, ringing_timeout=30)
    report = fold((accepted(), replace(FAILED, error_code=code)))
    run = run_of(Case(NamedLine("a", script), 1, 1, "a/run-01"), 1.0, Outcome(report, line, reasons=reasons))
    assert (run.came, run.reasons) == (came, reasons)
