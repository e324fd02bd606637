"""`voice-worker compare` as a program: a whole small comparison, bad input, Ctrl-C."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from agent.comparison.run import Order, exit_code, run_compare, talking
from agent.comparison.versus import Comparison
from agent.problems import WorkerError
from agent.rehearsal.script import Answer
from agent.schemas import schemas
from tests.agent.comparison.sides import runs
from tests.agent.rehearsal.test_results import results
from tests.agent.test_cli import worker

ROOT = Path(__file__).parents[3]
BUSY: dict[str, Any] = {"answer": "busy", "ring": 0}
SHORT: dict[str, Any] = {
    "ring": 0.1,
    "callee": [{"after": "agent-stops", "wait": 0.2, "hang_up": True}],
    "expect": {"says": "hello"},
}
STAYS: dict[str, Any] = {"ring": 0.1, "callee": [], "expect": {"says": "hello"}}


class Desk:
    """A folder to compare in: `a.json` says hello, `b.json` does not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.write("a.json", {"prompt": "You are Emma.", "first_sentence": "Hello there."})
        self.write("b.json", {"prompt": "You are Emma.", "first_sentence": "Good day."})

    def write(self, name: str, value: object) -> None:
        (self.folder / name).write_text(json.dumps(value))

    @contextmanager
    def started(
        self, line: dict[str, Any], *options: str, files: tuple[str, str] = ("a.json", "b.json")
    ) -> Iterator[subprocess.Popen[str]]:
        """The program at work."""
        self.write("line.yaml", line)
        command = [sys.executable, "-m", "agent", "compare", *files, "--lines", "line.yaml", "--out", "out", *options]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def conduct(self, line: dict[str, Any], files: tuple[str, str] = ("a.json", "b.json"), **order: Any) -> int:
        """The same within this process, which is quicker: the exit code."""
        self.write("line.yaml", line)
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            asked: dict[str, Any] = {"lines": ("line.yaml",), "out": Path("out"), **order}
            return run_compare(Order(a=Path(files[0]), b=Path(files[1]), **asked))
        finally:
            os.chdir(here)

    def wait_for(self, event: str, process: subprocess.Popen[str], *folders: str) -> None:
        """Until the journals of these runs tell of it."""
        journals = [self.out / folder / "events.jsonl" for folder in folders]
        for _ in range(3000):
            if all(journal.exists() and f'"event":"{event}"' in journal.read_text() for journal in journals):
                return
            time.sleep(0.01)
            if process.poll() is not None:
                pytest.fail(f"it ended before {event}: {process.communicate()}")
        pytest.fail(f"{event} did not happen")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield Desk(tmp_path)
    logging.basicConfig(handlers=handlers, level=level, force=True)


Output = pytest.CaptureFixture[str]


def test_two_assistants_are_compared(desk: Desk, capsys: Output) -> None:
    assert desk.conduct(SHORT, repeat=2) == 0
    out, err = capsys.readouterr()
    rows = out.splitlines()
    assert rows[:5] == [
        "A  a.json  gpt-4.1",
        "B  b.json  gpt-4.1",
        "",
        "passed, 95 % interval  A              B            B − A in points",
        "line                   2/2  34–100 %  0/2  0–66 %  −100 (−100 to −7)",
    ]
    assert rows[5] == "no difference that 2 runs could show: 0/2 against 2/2 (−100 points, −100 to −7)"
    assert "line  B: says “hello” (2 of 2)" in rows
    assert "the model was a stand-in, which no prompt changes: --providers llm=real compares prompts" in rows
    assert rows[-2:] == ["A  out/A/index.html", "B  out/B/index.html"]
    for name, passed in (("A", True), ("B", False)):
        suite = json.loads((desk.out / name / "suite.json").read_text())
        assert [(run["folder"], run["seed"], run["passed"]) for run in suite["runs"]] == [
            ("run-01", 1, passed),
            ("run-02", 2, passed),
        ]
        page = (desk.out / name / "index.html").read_text()
        assert f"{name.lower()}.json" in page and "run-02/report.html" in page
    assert sorted(" ".join(row.split()[1:4]) for row in err.splitlines() if row[0] in "✓✗") == [
        "A line 1",
        "A line 2",
        "B line 1",
        "B line 2",
    ]


def test_programs_get_everything(desk: Desk, capsys: Output) -> None:
    wrong = {**BUSY, "expect": {"dial_error": "no_answer"}}
    assert desk.conduct(wrong, repeat=2, seed=5, as_json=True, fail_if_worse=True) == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["format", "a", "b", "repeat", "seed", "jobs", "whole", "all", "lines", "remarks"]
    assert printed["a"] == {
        "file": "a.json",
        "in_attempt_of": None,
        "attempt": "compare",
        "model": "gpt-4.1",
        "voice": "cartesia/sonic-3",
        "folder": "out/A",
        "index": "out/A/index.html",
    }
    assert (printed["repeat"], printed["seed"], printed["whole"]) == (2, 5, True)
    assert [line["line"] for line in printed["lines"]] == ["line"]
    assert (printed["all"]["finding"], printed["all"]["a"]["fails_most"]["runs"]) == ("undecided", 2)
    assert [error.message for error in Draft7Validator(schemas()["comparison"]).iter_errors(printed)] == []


@pytest.mark.parametrize(
    ("a", "b", "asked", "code"),
    [
        (9, 2, True, 1),
        (9, 2, False, 0),
        (2, 9, True, 0),
        (9, 8, True, 0),
    ],
)
def test_worse_is_a_failure_only_where_it_is_sure_and_asked_for(a: int, b: int, asked: bool, code: int) -> None:
    found = Comparison(results(*runs("x", a, 10)), results(*runs("x", b, 10)), {})
    assert exit_code(found, fail_if_worse=asked) == code


def test_what_was_not_done_is_a_failure() -> None:
    found = Comparison(results(*runs("x", 3, 3), planned=4), results(*runs("x", 3, 3)), {})
    assert exit_code(found, fail_if_worse=False) == 1


def test_ctrl_c_shows_what_was_done_so_far(desk: Desk) -> None:
    with desk.started(STAYS, "--repeat", "2", "--jobs", "2") as process:
        desk.wait_for("AgentStarted", process, "A/run-01", "B/run-01")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "nothing to compare: no run of A was judged" in out
    assert "A: 2 of 2 runs were not done" in out and "Traceback" not in err
    assert out.splitlines()[-2:] == ["A  out/A", "B  out/B"]
    report = json.loads((desk.out / "B/run-01/attempt.json").read_text())
    assert report["end_reason"] == "participant_removed"


def test_a_second_ctrl_c_still_shows_it(desk: Desk) -> None:
    with desk.started(STAYS, "--repeat", "2", "--jobs", "2", "--json") as process:
        desk.wait_for("AgentStarted", process, "A/run-01")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGSTOP)
        try:
            process.send_signal(signal.SIGINT)
            time.sleep(0.7)
            process.send_signal(signal.SIGINT)
            assert process.wait(2) == 1
        finally:
            os.kill(int(children[0]), signal.SIGCONT)
        out, err = process.communicate(timeout=30)
    assert (json.loads(out)["whole"], json.loads(out)["all"]["finding"]) == (False, "nothing")
    assert err.splitlines()[-1] == "stopped"


def test_a_run_that_cannot_be_done_counts_for_neither(desk: Desk, capsys: Output) -> None:
    (desk.out / "A").mkdir(parents=True)
    (desk.out / "A" / "run-02").write_text("in the way")
    assert desk.conduct(BUSY, repeat=2) == 1
    out = capsys.readouterr().out
    assert "line                   1/1  21–100 %  2/2  34–100 %" in out
    assert "A: 1 run could not be conducted: --out: expected a folder that can be written: " in out
    assert "without `expect` a call passes unless it fails: line" in out


def test_pages_that_cannot_be_written_cost_no_tables(desk: Desk, capsys: Output) -> None:
    (desk.out / "B" / "index.html").mkdir(parents=True)
    assert desk.conduct(BUSY, repeat=1) == 0
    out, err = capsys.readouterr()
    assert "no pages of the calls: --out: expected a file: this is a folder" in err
    assert out.splitlines()[-2:] == ["A  out/A/index.html", "B  out/B"]


@pytest.mark.parametrize(
    ("files", "options", "problem"),
    [
        (("none.json", "b.json"), {}, "none.json: expected a file: there is none"),
        (("a.json", "bad.json"), {}, "bad.json: prompt: expected a string"),
        (("a.json", "needs.json"), {}, "needs.json: --var: expected name=…, which the assistant uses"),
        (("a.json", "b.json"), {"variables": ("name",)}, "--var: expected NAME=VALUE"),
        (("a.json", "b.json"), {"lines": ("persn",)}, "did you mean person?"),
        (("a.json", "b.json"), {"lines": ("empty",)}, "empty: expected a folder with line files"),
        (("a.json", "b.json"), {"providers": "llm=magic"}, "--providers: expected stand-in, real, or pairs"),
        (("a.json", "b.json"), {"providers": "llm=real"}, "a.json: OPENAI_API_KEY"),
        (
            ("a.json", "b.json"),
            {"lines": ("played.yaml",), "providers": "persona=real"},
            "OPENAI_API_KEY: expected to be set",
        ),
        (("a.json", "b.json"), {"out": Path("a.json")}, "a.json/A: --out: expected a folder that can be written: "),
    ],
)
def test_bad_input_is_a_sentence_before_anything_is_made(
    desk: Desk, files: tuple[str, str], options: dict[str, Any], problem: str
) -> None:
    desk.write("bad.json", {"prompt": 1})
    desk.write("needs.json", {"prompt": "Call {{name}}."})
    desk.write("played.yaml", {"persona": "busy"})
    (desk.folder / "empty").mkdir()
    with pytest.raises(WorkerError) as raised:
        desk.conduct(BUSY, files, **options)
    assert any(problem in line for line in raised.value.lines())
    assert not desk.out.exists()


@pytest.mark.parametrize("arguments", [("a.json",), ("a.json", "b.json", "--repeat", "0"), ("a.json", "none.json")])
def test_a_misuse_is_exit_2(desk: Desk, arguments: tuple[str, ...]) -> None:
    done = worker("compare", *arguments, folder=desk.folder)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)


def test_by_default_the_lines_are_those_that_pick_up() -> None:
    lines = talking()
    assert len(lines) >= 10
    assert {line.script.answer for line in lines} == {Answer.PICKS_UP}


def test_the_help_has_an_example() -> None:
    assert "Example: voice-worker compare" in " ".join(worker("compare", "--help").stdout.split())
