import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import settings
from agent.check import check
from agent.documents import read_attempt
from agent.problems import InputInvalid
from agent.providers import STAND_INS
from agent.rehearsal.run import run
from agent.rehearsal.shipped import load_line
from agent.rehearse import make_ready
from agent.schemas import texts
from agent.standins.process import StandIns
from agent.starter.start import FILES, SCHEMAS, contents, start
from tests.agent.test_cli import worker

NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_is_there_with_the_schemas_it_refers_to(tmp_path: Path) -> None:
    start(tmp_path / "mine")
    assert tree(tmp_path / "mine") == contents()
    assert {*FILES, *(f"{SCHEMAS}/{kind}.schema.json" for kind in ("assistant", "attempt", "line"))} == set(contents())
    for name in FILES:
        path = tmp_path / "mine" / name
        named = path.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / named).read_text() == texts()[Path(named).name]


def test_it_checks_without_a_problem(tmp_path: Path) -> None:
    start(tmp_path)
    found = check([tmp_path / "attempt.yaml", tmp_path / "assistant.yaml"], settings.of({}), NOW)
    assert [(verdict.kind, verdict.problems, verdict.unknown) for verdict in found] == [
        ("attempt", (), ()),
        ("assistant", (), ()),
    ]
    assert all("_API_KEY: " in warning for verdict in found for warning in verdict.warnings)


@pytest.mark.asyncio(loop_scope="session")
async def test_it_rehearses_as_expected(stand_ins: StandIns, tmp_path: Path) -> None:
    start(tmp_path)
    line = load_line(str(tmp_path / "lines" / "customer.yaml"))
    ready, unknown = make_ready(tmp_path / "attempt.yaml", line, STAND_INS, settings.of({}), tmp_path / "out", NOW)
    outcome = await run(ready, stand_ins, lambda event: None)
    assert unknown == ()
    assert outcome.reasons == () and len(outcome.verdicts) == 7


def test_every_commented_field_works_when_it_is_taken_in(tmp_path: Path) -> None:
    """What is commented out is a field that exists, in a form that is read."""
    start(tmp_path)
    for name in ("assistant.yaml", "attempt.yaml"):
        path = tmp_path / name
        lines = path.read_text().splitlines()
        fields = [
            index for index, line in enumerate(lines) if line.startswith("# ") and ": " in line and line[2].islower()
        ]
        taken = [index for index in fields if lines[index][2:].partition(":")[0].replace("_", "").isalpha()]
        assert taken
        for index in taken:
            path.write_text("\n".join([*lines[:index], lines[index][2:], *lines[index + 1 :]]))
            (verdict,) = check([path], settings.of({}), NOW)
            complaints = [*map(str, verdict.problems), *verdict.unknown]
            assert [each for each in complaints if "secret" not in each and "yaml-language-server" not in each] == []


def test_the_assistant_is_the_file_beside_the_attempt(tmp_path: Path) -> None:
    start(tmp_path)
    assistant = read_attempt(tmp_path / "attempt.yaml").model.assistant
    assert assistant is not None and assistant.id == "workshop"


@pytest.mark.parametrize("name", sorted(contents()))
def test_nothing_is_overwritten_unless_forced(tmp_path: Path, name: str) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine\n")
    with pytest.raises(InputInvalid) as caught:
        start(tmp_path)
    assert caught.value.lines() == (f"{mine}: expected no such file; --force overwrites it",)
    assert tree(tmp_path) == {name: "mine\n"}, "nothing else is written either"
    start(tmp_path, force=True)
    assert tree(tmp_path) == contents()


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "attempt.yaml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputInvalid):
        start(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_second_time_changes_nothing_and_tells_the_same(tmp_path: Path) -> None:
    told = start(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.yaml")}
    assert start(tmp_path) == told
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.yaml")} == before


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputInvalid) as caught:
        start(tmp_path / "file")
    assert caught.value.lines()[0].startswith(f"{tmp_path / 'file'}: expected a folder that can be written: ")


def test_the_commands_it_tells_can_be_run(tmp_path: Path) -> None:
    folder = "my agent's"
    done = worker("init", folder, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    commands = [line.partition("  # ")[0] for line in done.stdout.partition("Next:\n")[2].splitlines()]
    assert len(commands) == 5 and all("'my agent'\"'\"'s/attempt.yaml'" in command for command in commands)
    for command in (commands[0], f"{commands[-1]} --providers stand-in </dev/null"):
        assert os.system(f"cd {tmp_path} && {command} >/dev/null 2>&1") == 0


def test_a_file_that_is_there_is_exit_2(tmp_path: Path) -> None:
    (tmp_path / "attempt.yaml").write_text("mine: 1\n")
    done = worker("init", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "attempt.yaml: expected no such file; --force overwrites it\n"
    assert worker("init", "--force", folder=tmp_path).returncode == 0


def test_the_schemas_can_be_made_anew(tmp_path: Path) -> None:
    done = worker("schemas", folder=tmp_path)
    assert done.returncode == 0
    assert all("title" in json.loads((tmp_path / name).read_text()) for name in done.stdout.splitlines())


@pytest.mark.parametrize("command", ["init", "schemas"])
def test_its_help_has_an_example(command: str) -> None:
    assert f"Example: voice-worker {command} " in worker(command, "--help").stdout
