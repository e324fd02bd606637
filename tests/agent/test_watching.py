"""What `rehearse --watch` runs again, and when; the rehearsal is a small program that keeps a log."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from watchfiles import Change

from agent.problems import InputInvalid
from agent.rehearsal.stop import PATIENCE
from agent.watching import Watched, keep_running, run_watching
from tests.agent.test_cli import ROOT

QUICK = "open('log', 'a').write('ran\\n')"
LONG = """
import signal, sys, time
log = open('log', 'a', buffering=1)
signal.signal(signal.SIGINT, lambda *_: (log.write('ended\\n'), sys.exit(1)))
log.write('began\\n')
time.sleep(60)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
open('log', 'a').write('began\\n')
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "attempt.yaml").write_text("attempt_id: a\nassistant: who.yaml\n")
    (tmp_path / "who.yaml").write_text("prompt: x\n")
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines" / "one.yaml").write_text("name: one\n")
    return tmp_path


@asynccontextmanager
async def kept_running(program: str, *lines: str) -> AsyncIterator[list[str]]:
    """It at work; what it tells. It is ended by one Ctrl-C if it has not ended."""
    told: list[str] = []
    watched = Watched(Path("attempt.yaml"), lines or ("person",))
    task = asyncio.create_task(keep_running([sys.executable, "-c", program], watched, told.append))
    try:
        yield told
        if not task.done():
            os.kill(os.getpid(), signal.SIGINT)
        async with asyncio.timeout(5):
            await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    for _ in range(round(seconds / 0.02)):
        if holds():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not come to that")


def log() -> list[str]:
    return Path("log").read_text().split() if Path("log").exists() else []


def write(name: str, text: str) -> None:
    Path(name).write_text(text)


def remove(name: str) -> None:
    Path(name).unlink()


def save(name: str) -> None:
    """As careful editors do: a new file in the place of the old one."""
    Path("swap").write_text(Path(name).read_text() if Path(name).exists() else "")
    Path("swap").rename(name)


@pytest.mark.parametrize("name", ["attempt.yaml", "who.yaml", "mine.yaml", "lines/one.yaml", "lines/new.yml", ".env"])
async def test_it_runs_again_when_one_of_its_files_is_saved(name: str) -> None:
    async with kept_running(QUICK, "mine.yaml", "lines", "person") as told:
        await until(lambda: len(told) == 1)
        save(name)
        await until(lambda: len(told) == 3)
        assert log() == ["ran", "ran"]
    waits = "exit code 0; again when a file is saved, Ctrl-C ends"
    assert told == [waits, "saved: from the beginning", waits]


async def test_other_files_and_those_that_go_away_are_let_be() -> None:
    async with kept_running(QUICK, "mine.yaml", "lines") as told:
        await until(lambda: len(told) == 1)
        for name in ("notes.yaml", "attempt.yaml.swp", "lines/notes.txt"):
            save(name)
        remove("mine.yaml")
        await asyncio.sleep(0.6)
        assert log() == ["ran"]


async def test_a_save_in_several_steps_is_one() -> None:
    async with kept_running(QUICK) as told:
        await until(lambda: len(told) == 1)
        for _ in range(5):
            write("attempt.yaml", "")
            save("attempt.yaml")
            await asyncio.sleep(0.02)
        await until(lambda: len(told) == 3)
        await asyncio.sleep(0.5)
        assert log() == ["ran", "ran"]


async def test_a_save_calls_off_what_is_under_way() -> None:
    async with kept_running(LONG) as told:
        await until(lambda: log() == ["began"])
        save("who.yaml")
        await until(lambda: log() == ["began", "ended", "began"])
    assert log() == ["began", "ended", "began", "ended"], "and Ctrl-C ends it politely, too"
    assert told == ["saved: from the beginning"]


async def test_another_assistant_is_looked_at_once_the_attempt_names_it() -> None:
    write("other.yaml", "prompt: y\n")
    async with kept_running(QUICK) as told:
        await until(lambda: len(told) == 1)
        write("attempt.yaml", "attempt_id: a\nassistant: other.yaml\n")
        await until(lambda: len(told) == 3)
        save("who.yaml")
        await asyncio.sleep(0.4)
        assert len(log()) == 2
        save("other.yaml")
        await until(lambda: len(log()) == 3)


async def test_a_file_that_cannot_be_read_is_waited_for() -> None:
    write("attempt.yaml", "assistant: [")
    async with kept_running("raise SystemExit(2)") as told:
        await until(lambda: told == ["exit code 2; again when a file is saved, Ctrl-C ends"])


@pytest.fixture
def link(folder: Path) -> str:
    """The attempt is a link; what it leads to."""
    (folder / "elsewhere").mkdir()
    (folder / "attempt.yaml").rename(folder / "elsewhere" / "real.yaml")
    (folder / "attempt.yaml").symlink_to("elsewhere/real.yaml")
    return "elsewhere/real.yaml"


async def test_a_file_behind_a_link_is_looked_at(link: str) -> None:
    async with kept_running(QUICK) as told:
        await until(lambda: len(told) == 1)
        save(link)
        await until(lambda: len(told) == 3)


async def test_a_second_ctrl_c_does_not_wait_for_what_does_not_end() -> None:
    async with kept_running(DEAF):
        await until(lambda: log() == ["began"])
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(PATIENCE + 0.1)


@pytest.mark.parametrize(
    ("watched", "complaint"),
    [
        (Watched(Path("none.yaml"), ("person",)), "none.yaml: expected a file: there is none"),
        (Watched(Path("attempt.yaml"), ("persn",)), "did you mean person?"),
        (Watched(Path("a" * 300), ("person",)), "expected a file: there is none"),
        (Watched(Path("attempt.yaml"), ("a" * 300,)), "there is none"),
    ],
)
def test_nothing_to_look_at_is_bad_input(watched: Watched, complaint: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        run_watching(watched)
    assert complaint in caught.value.lines()[0]


def test_a_folder_stands_for_its_line_files_only(tmp_path: Path) -> None:
    places = Watched(Path("attempt.yaml"), ("lines", "shipped")).now()
    assert places.folders == {(tmp_path / "lines").resolve()}
    assert places.have(Change.modified, str((tmp_path / "lines").resolve() / "a.json"))
    assert not places.have(Change.modified, str((tmp_path / "lines").resolve() / "deeper" / "a.json"))


def test_the_program_rehearses_again_with_the_same_options(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "agent",
        "rehearse",
        "attempt.yaml",
        "--watch",
        "--line",
        "mine.yaml",
        "--out",
        "o",
    ]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    Path("attempt.yaml").write_text("attempt_id: a\n")  # so that it is over at once
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            first = [next(lines) for _ in range(4)]
            Path("mine.yaml").write_text("nam: mine\n")
            second = [next(lines) for _ in range(3)]
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert [line.partition(": ")[0] for line in first[:3]] == ["attempt.yaml"] * 3
    assert first[3] == "exit code 2; again when a file is saved, Ctrl-C ends\n"
    assert second[:2] == ["saved: from the beginning\n", "mine.yaml: nam: unknown field; did you mean name?\n"]
