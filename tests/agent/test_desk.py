"""`voice-worker rehearse` as a program: exit codes, what goes where, signals, readers that go away, secrets."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent import events as e
from agent.desk import Order, run_rehearsal
from agent.journal import read
from agent.problems import InputInvalid, WorkerError
from agent.report import fold
from tests.calls import attempt, line

ROOT = Path(__file__).parents[2]
FILES = ["attempt.json", "audio.ogg", "events.jsonl"]
GREETED: dict[str, Any] = {"first_sentence": "Hello there.", "end_of_call_sentence": "Goodbye."}
LEAVES = line({"after": "agent-stops", "wait": 0.2, "hang_up": True})
STAYS = line({"at": 30, "hang_up": True})


class Desk:
    """A folder to rehearse in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"

    @contextmanager
    def started(
        self,
        script: dict[str, Any],
        *options: str,
        given: dict[str, Any] | None = None,
        **environment: str,
    ) -> Iterator[subprocess.Popen[str]]:
        """The program at work on an attempt."""
        self._write(script, given or attempt(**GREETED))
        command = [sys.executable, "-m", "agent", "rehearse", "attempt.json", "--line", "line.yaml", "--out", "out"]
        command += options
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, script: dict[str, Any], *options: str, **more: Any) -> tuple[int, str, str]:
        """The program from beginning to end: exit code, standard output, standard error."""
        with self.started(script, *options, **more) as process:
            out, err = process.communicate(timeout=60)
            return process.returncode, out, err

    def conduct(self, script: dict[str, Any], **order: Any) -> int:
        """The same within this process, which is quicker: the exit code."""
        self._write(script, attempt(**GREETED))
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            asked: dict[str, Any] = {"lines": ("line.yaml",), "out": Path("out"), **order}
            return run_rehearsal(Order(attempt=Path("attempt.json"), **asked))
        finally:
            os.chdir(here)

    def _write(self, script: dict[str, Any], given: dict[str, Any]) -> None:
        (self.folder / "attempt.json").write_text(json.dumps(given))
        (self.folder / "line.yaml").write_text(json.dumps(script))

    def wait_for(self, event: str, process: subprocess.Popen[str], within: str = ".") -> None:
        """Until the journal tells of it."""
        journal = self.out / within / "events.jsonl"
        for _ in range(3000):
            if journal.exists() and f'"event":"{event}"' in journal.read_text():
                return
            time.sleep(0.01)
            if process.poll() is not None:
                pytest.fail(f"it ended before {event}: {process.communicate()}")
        pytest.fail(f"{event} did not happen")

    @property
    def report(self) -> dict[str, Any]:
        """The report, which is what the journal folds to."""
        text = (self.out / "attempt.json").read_text()
        events = list(read(self.out / "events.jsonl"))
        assert text == fold(events).model_dump_json(indent=2) + "\n"
        assert sum(isinstance(event, e.Ended) for event in events) == 1
        report: dict[str, Any] = json.loads(text)
        return report


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield Desk(tmp_path)
    logging.basicConfig(handlers=handlers, level=level, force=True)


Output = pytest.CaptureFixture[str]


def test_the_summary_is_the_only_thing_on_standard_output(desk: Desk, capsys: Output) -> None:
    assert desk.conduct(LEAVES) == 0
    out, err = capsys.readouterr()
    assert [row.split()[0] for row in out.splitlines()] == ["attempt", "status", "ended", "talked", "voice", "written"]
    assert "by user, client_initiated" in out
    assert "agent      Hello there." in err
    assert sorted(path.name for path in desk.out.iterdir()) == FILES
    assert desk.report["end_reason"] == "client_initiated"


def test_json_is_the_report_itself_and_nobody_home_is_no_failure(desk: Desk, capsys: Output) -> None:
    assert desk.conduct(line(answer="busy", ring=0), as_json=True) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {**desk.report, "expectations": []}
    assert desk.report["dial_error"] == "busy"


def test_a_call_that_ends_in_an_error_is_exit_1(desk: Desk, capsys: Output) -> None:
    (desk.folder / ".env").write_text("VOICE_WORKER_REPLY_SECS=1")
    mute = line({"after": "agent-stops", "say": "Are you there?"}, model={"script": [{"silent": True}]})
    assert desk.conduct(mute) == 1
    out, err = capsys.readouterr()
    assert "by system, provider_failed" in out
    assert "error      no answer could be heard within 1 s" in err


HOPEFUL = {**LEAVES, "expect": {"ended_by": "user", "says": ["hello", "discount"], "never_says": "there"}}


def test_what_is_expected_is_ticked_off_and_what_is_not_so_is_exit_1(desk: Desk, capsys: Output) -> None:
    assert desk.conduct(HOPEFUL) == 1
    out, err = capsys.readouterr()
    assert err.splitlines()[-4:] == [
        "✓ ended by user",
        "✓ says “hello”",
        "✗ says “discount”: not in 1 sentence of the agent's",
        "✗ never says “there”: said at 0:00.4: “Hello there.”",
    ]
    assert "expected        2 of 4 held\n" in out
    assert sorted(path.name for path in desk.out.iterdir()) == sorted([*FILES, "expectations.json"])


def test_programs_get_what_is_expected_beside_the_report(desk: Desk, capsys: Output) -> None:
    junit = desk.folder / "junit.xml"
    assert desk.conduct(HOPEFUL, as_json=True, junit=junit) == 1
    printed = json.loads(capsys.readouterr().out)
    expectations = printed.pop("expectations")
    assert printed == desk.report
    assert expectations == json.loads((desk.out / "expectations.json").read_text())
    assert [verdict["passed"] for verdict in expectations] == [True, True, False, False]
    [case] = ET.parse(junit).findall("testsuite/testcase")
    assert (case.get("name"), [child.tag for child in case]) == ("run 1", ["failure"])
    assert not (desk.out / "suite.json").exists()


def test_what_is_as_expected_is_exit_0_also_where_it_is_a_failure(desk: Desk) -> None:
    (desk.folder / ".env").write_text("VOICE_WORKER_REPLY_SECS=1")
    mute = line(
        {"after": "agent-stops", "say": "Are you there?"},
        model={"script": [{"silent": True}]},
        expect={"error": "provider_failed"},
    )
    assert desk.conduct(mute) == 0


BUSY = line(answer="busy", ring=0, expect={"dial_error": "busy"})


def test_repeats_are_a_suite_with_a_table(desk: Desk, capsys: Output) -> None:
    junit = desk.folder / "junit.xml"
    assert desk.conduct(BUSY, repeat=3, junit=junit) == 0
    out, err = capsys.readouterr()
    assert [row.split()[:4] for row in out.splitlines()] == [
        ["line", "passed", "rate", "seconds"],
        ["line", "3", "of", "3"],
    ]
    assert sorted(row.split()[:3] for row in err.splitlines()) == [["✓", "line", str(number)] for number in (1, 2, 3)]
    assert sorted(path.name for path in desk.out.iterdir()) == ["run-01", "run-02", "run-03", "suite.json"]
    assert [len(suite) for suite in ET.parse(junit).getroot()] == [3]


def test_a_folder_of_lines_is_a_suite(desk: Desk, capsys: Output) -> None:
    lines = desk.folder / "lines"
    lines.mkdir()
    (lines / "good.yaml").write_text(json.dumps(BUSY))
    (lines / "bad.yaml").write_text(json.dumps({**BUSY, "expect": {"dial_error": "no_answer"}}))
    assert desk.conduct(BUSY, lines=("lines",), repeat=2, as_json=True) == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((desk.out / "suite.json").read_text()) | {"seconds": printed["seconds"]}
    assert [(run["folder"], run["passed"]) for run in printed["runs"]] == [
        ("bad/run-01", False),
        ("bad/run-02", False),
        ("good/run-01", True),
        ("good/run-02", True),
    ]
    assert printed["runs"][0]["reasons"] == ["the dial ends with no_answer: it was busy"]


def test_a_share_of_the_runs_can_be_enough(desk: Desk) -> None:
    failing = {**BUSY, "expect": {"dial_error": "no_answer"}}
    assert desk.conduct(failing, repeat=2, share=0.0) == 0
    assert desk.conduct(failing, repeat=2, share=0.5) == 1


def test_a_suite_can_be_of_one_line_and_one_run(desk: Desk) -> None:
    lines = desk.folder / "lines"
    lines.mkdir()
    (lines / "only.yaml").write_text(json.dumps(BUSY))
    assert desk.conduct(BUSY, lines=("lines",)) == 0
    assert sorted(path.name for path in desk.out.iterdir()) == ["run-01", "suite.json"]


@pytest.mark.parametrize("place", ["none/junit.xml", "."])
def test_a_junit_file_that_cannot_be_written_is_found_before_the_calls(desk: Desk, place: str) -> None:
    with pytest.raises(InputInvalid) as raised:
        desk.conduct(BUSY, junit=Path(place))
    [problem] = raised.value.lines()
    assert problem.startswith(f"{Path(place)}: --junit: expected a file that can be written: ")
    assert not desk.out.exists()


def test_a_contradiction_in_a_line_is_found_before_anything_is_made(desk: Desk) -> None:
    with pytest.raises(WorkerError) as raised:
        desk.conduct({**BUSY, "expect": {"says": "a", "never_says": "a"}}, repeat=2)
    [problem] = raised.value.lines()
    assert problem.startswith("line.yaml: expect: ") and "says[0] and never_says[0]" in problem
    assert not desk.out.exists()


@pytest.mark.parametrize(
    ("name", "providers", "folder", "problem"),
    [
        ("nobody", "stand-in", "out", "nobody: expected busy, "),
        ("busy", "llm=magic", "out", "--providers: expected stand-in, real, or pairs"),
        ("busy", "stand-in", "given.json", "given.json: --out: expected a folder that can be written: "),
    ],
)
def test_a_bad_option_is_one_line(tmp_path: Path, name: str, providers: str, folder: str, problem: str) -> None:
    given = tmp_path / "given.json"
    given.write_text(json.dumps(attempt(**GREETED)))
    with pytest.raises(WorkerError) as raised:
        run_rehearsal(Order(attempt=given, lines=(name,), out=tmp_path / folder, providers=providers))
    [text] = raised.value.lines()
    assert problem in text


@pytest.mark.parametrize(
    ("moment", "number", "code", "status", "reason"),
    [
        ("Rang", signal.SIGTERM, 1, "error", None),
        ("AgentStarted", signal.SIGINT, 0, "completed", "participant_removed"),
    ],
)
def test_a_call_that_is_stopped_is_still_reported(
    desk: Desk, moment: str, number: signal.Signals, code: int, status: str, reason: str | None
) -> None:
    with desk.started(STAYS) as process:
        desk.wait_for(moment, process)
        for _ in range(3):
            process.send_signal(number)
            time.sleep(0.05)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert (desk.report["status"], desk.report["ended_by"], desk.report["end_reason"]) == (status, "system", reason)
    assert out.startswith("attempt ")
    assert "Traceback" not in err


def test_one_ctrl_c_ends_every_call_of_a_suite_with_its_report(desk: Desk) -> None:
    with desk.started(STAYS, "--repeat", "3", "--jobs", "2") as process:
        for within in ("run-01", "run-02"):
            desk.wait_for("AgentStarted", process, within)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert out.splitlines()[-1] == "3 of 3 runs were not done"
    assert [row.split()[0] for row in err.splitlines()] == ["–", "–"]
    for within in ("run-01", "run-02"):
        report = json.loads((desk.out / within / "attempt.json").read_text())
        assert (report["ended_by"], report["end_reason"]) == ("system", "participant_removed")
    written = json.loads((desk.out / "suite.json").read_text())
    assert [(run["run"], run["outcome"], run["passed"]) for run in written["runs"]] == [
        (1, "stopped", None),
        (2, "stopped", None),
    ]


def test_a_second_ctrl_c_ends_at_once_whatever_hangs(desk: Desk) -> None:
    with desk.started(STAYS, "--repeat", "2", "--junit", "junit.xml") as process:
        desk.wait_for("AgentStarted", process, "run-01")
        stand_ins = _child(process.pid)
        os.kill(stand_ins, signal.SIGSTOP)
        try:
            process.send_signal(signal.SIGINT)
            time.sleep(0.7)
            assert process.poll() is None, "the stand-ins hang, and so does the polite end"
            process.send_signal(signal.SIGINT)
            assert process.wait(1) == 1
        finally:
            os.kill(stand_ins, signal.SIGCONT)
        out, err = process.communicate(timeout=30)
    assert err.splitlines()[-1] == "stopped"
    assert out.splitlines()[-1] == "2 of 2 runs were not done"
    assert ET.parse(desk.folder / "junit.xml").getroot().get("tests") == "0"


def _child(pid: int) -> int:
    """The only child of a process."""
    [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def test_ctrl_c_after_the_last_event_does_not_lose_the_report(desk: Desk) -> None:
    with desk.started(LEAVES) as process:
        desk.wait_for("Reported", process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, desk.report["end_reason"]) == (0, "client_initiated")
    assert "Traceback" not in err


def test_ctrl_c_before_there_is_a_call_is_one_word(desk: Desk) -> None:
    with desk.started(STAYS) as process:
        while not desk.out.exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    if not (desk.out / "attempt.json").exists():  # else the machine was quicker than the hand
        assert (out, err) == ("", "stopped\n")


def test_the_call_goes_on_when_nobody_reads_along(desk: Desk) -> None:
    with desk.started(LEAVES) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stderr.readline()
        process.stderr.close()
        process.stdout.close()
        assert process.wait(30) == 0
    assert desk.report["end_reason"] == "client_initiated"


def test_a_report_that_cannot_be_written_is_a_sentence(desk: Desk) -> None:
    with desk.started(LEAVES) as process:
        desk.wait_for("Answered", process)
        (desk.out / "attempt.json").mkdir()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[-1] == "out: Is a directory"
    assert sorted(path.name for path in desk.out.iterdir()) == FILES


def test_without_espeak_the_sentence_says_what_to_install(desk: Desk, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "espeakng_loader.py").write_text("raise ImportError")
    code, out, err = desk.run(LEAVES, PYTHONPATH=f"{broken}:{ROOT}")
    assert (code, out) == (1, "")
    assert "espeakng-loader" in err and err.count("\n") == 1


def test_no_secret_is_written_anywhere(desk: Desk) -> None:
    secrets = {name: f"canary-{name}" for name in ("OPENAI_API_KEY", "DEEPGRAM_API_KEY", "CARTESIA_API_KEY")}
    dedicated = {"gpt-4.1": {"base_url": "https://models.example/v1", "api_key": "canary-dedicated", "model": "m"}}
    tool = {
        "name": "look_up",
        "description": "Looks something up.",
        "method": "GET",
        "url": "http://tools.stand-in/echo",
        "headers": [{"key": "Authorization", "value": "Bearer canary-tool"}],
        "input_schema": [],
    }
    model = {"type": "custom", "api_url": "https://models.example/v1", "api_key": "canary-model", "model_name": "m"}
    given = {
        **attempt(**GREETED, custom_tools=[tool], llm_model=model, webhook_url="https://hook.example/canary-hook"),
        "prompt_variables": {"unused": "canary-variable"},
        "callback": {"url": "https://hook.example/canary-callback", "secret": "whsec_Y2FuYXJ5LWNhbGxiYWNr"},
        "sip": {"headers": {"X-Token": "canary-header"}},
    }
    given["assistant"]["prompt"] = "canary-prompt"
    _, out, err = desk.run(
        line(
            {"after": "agent-stops", "say": "Look it up, please."},
            {"after": "agent-stops", "hang_up": True},
            model={
                "script": [
                    {"when": "look", "call": {"tool": "look_up"}},
                    {"after_tool": "look_up", "reply": "I have it."},
                ]
            },
        ),
        given=given,
        VOICE_WORKER_DEDICATED_INSTANCES=json.dumps(dedicated),
        **secrets,
    )
    written = [(desk.out / name).read_text() for name in ("attempt.json", "events.jsonl")]
    assert desk.report["transcript"][-1]["content"] == "I have it."
    for text in (out, err, *written):
        assert "canary" not in text and "Y2FuYXJ5" not in text
    for text in (out, err):
        assert "33612345678" not in text
