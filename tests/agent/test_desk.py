"""`voice-worker rehearse` as a program: exit codes, what goes where, signals, readers that go away, secrets."""

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

from agent import events as e
from agent.desk import run_rehearsal
from agent.journal import read
from agent.problems import WorkerError
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
        self, script: dict[str, Any], *, given: dict[str, Any] | None = None, **environment: str
    ) -> Iterator[subprocess.Popen[str]]:
        """The program at work on an attempt."""
        self._write(script, given or attempt(**GREETED))
        command = [sys.executable, "-m", "agent", "rehearse", "attempt.json", "--line", "line.yaml", "--out", "out"]
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

    def run(self, script: dict[str, Any], **more: Any) -> tuple[int, str, str]:
        """The program from beginning to end: exit code, standard output, standard error."""
        with self.started(script, **more) as process:
            out, err = process.communicate(timeout=60)
            return process.returncode, out, err

    def conduct(self, script: dict[str, Any], *, as_json: bool = False) -> int:
        """The same within this process, which is quicker: the exit code."""
        self._write(script, attempt(**GREETED))
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            return run_rehearsal(Path("attempt.json"), "line.yaml", Path("out"), "stand-in", as_json=as_json)
        finally:
            os.chdir(here)

    def _write(self, script: dict[str, Any], given: dict[str, Any]) -> None:
        (self.folder / "attempt.json").write_text(json.dumps(given))
        (self.folder / "line.yaml").write_text(json.dumps(script))

    def wait_for(self, event: str, process: subprocess.Popen[str]) -> None:
        """Until the journal tells of it."""
        journal = self.out / "events.jsonl"
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
    assert capsys.readouterr().out == (desk.out / "attempt.json").read_text()
    assert desk.report["dial_error"] == "busy"


def test_a_call_that_ends_in_an_error_is_exit_1(desk: Desk, capsys: Output) -> None:
    (desk.folder / ".env").write_text("VOICE_WORKER_REPLY_SECS=1")
    mute = line({"after": "agent-stops", "say": "Are you there?"}, model={"script": [{"silent": True}]})
    assert desk.conduct(mute) == 1
    out, err = capsys.readouterr()
    assert "by system, provider_failed" in out
    assert "error      no answer could be heard within 1 s" in err


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
        run_rehearsal(given, name, tmp_path / folder, providers, as_json=False)
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


def test_ctrl_c_after_the_last_event_does_not_lose_the_report(desk: Desk) -> None:
    with desk.started(LEAVES) as process:
        desk.wait_for("Reported", process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, desk.report["end_reason"]) == (0, "client_initiated")
    assert "Traceback" not in err


def test_ctrl_c_before_there_is_a_call_is_one_word(desk: Desk) -> None:
    with desk.started(STAYS) as process:
        time.sleep(0.6)
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
