"""Ctrl-C while the program is still being loaded; the moment is the import of a module, not a time."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INTERRUPTED = """
import os, runpy, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.{usual})
sys.meta_path.insert(0, Interrupting())
sys.argv = ["voice-worker", "check", "nothing.json"]
runpy.run_module("agent", run_name="__main__", alter_sys=True)
"""


def interrupted(module: str, usual: str = "default_int_handler") -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a `check` that is interrupted at the import of a module."""
    code = INTERRUPTED.format(module=module, usual=usual)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("module", ["agent.cli", "typer", "agent.problems"])
def test_ctrl_c_before_there_is_a_command_ends_the_program_with_a_word(module: str) -> None:
    assert interrupted(module) == (1, "", "stopped\n")


def test_ctrl_c_while_a_command_is_loaded_says_so_in_a_word() -> None:
    assert interrupted("agent.settings")[1:] == ("", "stopped\n")


@pytest.mark.parametrize("module", ["typer", "agent.settings"])
def test_where_ctrl_c_is_ignored_it_stays_so(module: str) -> None:
    code, _, said = interrupted(module, "SIG_IGN")
    assert (code, said) == (2, "nothing.json: expected a file: there is none\n")
