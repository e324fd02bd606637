import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def worker(*arguments: str, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **variables}
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_valid_file_is_exit_0_with_the_result_on_standard_output(tmp_path: Path) -> None:
    file = str(ROOT / "examples" / "appointment.yaml")
    done = worker("check", file, folder=tmp_path)
    assert done.returncode == 0
    assert done.stdout == f"{file}: valid attempt\n"
    assert "warning: OPENAI_API_KEY" in done.stderr


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"prompt": 1}', '{"assistant": {"llm_model": {"type": "x"}}}', "\0", '"\\ud800"']
)
def test_a_bad_file_is_exit_2_with_the_problem_on_standard_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    done = worker("check", str(file), folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == f"{file}: 1 problem\n"
    assert done.stderr.startswith(f"{file}: ")
    assert "Traceback" not in done.stderr


def test_json_is_for_programs(tmp_path: Path) -> None:
    done = worker("check", "--json", str(ROOT / "examples" / "assistant.json"), folder=tmp_path)
    assert [found["kind"] for found in json.loads(done.stdout)] == ["assistant"]
    assert done.stderr == ""


def test_a_bad_setting_is_exit_2_and_named(tmp_path: Path) -> None:
    done = worker("check", "x.json", folder=tmp_path, VOICE_WORKER_TIMEZONE="sk-secret")
    assert done.returncode == 2
    assert done.stderr == "VOICE_WORKER_TIMEZONE: expected an IANA time zone such as Europe/Paris\n"


def test_a_misused_command_is_exit_2() -> None:
    for arguments in (("check",), ("chek", "x"), ("check", "--nope", "x")):
        assert worker(*arguments).returncode == 2


def test_help_has_an_example() -> None:
    for command in ("check", "rehearse", "lines", "worker", "dial", "calls", "hangup"):
        done = worker(command, "--help")
        assert done.returncode == 0
        assert "Example: " in done.stdout and f"voice-worker {command}" in " ".join(done.stdout.split())


def test_the_lines_are_listed_and_one_is_shown_as_its_file() -> None:
    done = worker("lines")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nsilent " in done.stdout and "Picks up and never says a word." in done.stdout
    assert "\nname: silent\n" in worker("lines", "silent").stdout
    wrong = worker("lines", "silnt")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.endswith("did you mean silent?\n")


@pytest.mark.parametrize("option", [("--repeat", "0"), ("--jobs", "0"), ("--seed", "0"), ("--min-pass", "1.1")])
def test_a_number_out_of_its_range_is_exit_2(option: tuple[str, str]) -> None:
    assert worker("rehearse", "x.yaml", *option).returncode == 2


def test_check_stays_quick_by_what_it_does_not_import() -> None:
    code = (
        "import sys; sys.argv = ['voice-worker', 'check', 'examples/appointment.yaml', 'examples/french.yaml']\n"
        "from agent.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code in (None, 0), end.code\n"
        "heavy = ('livekit', 'numpy', 'aiohttp', 'av', 'httpx', 'py3langid', 'rich')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
