import os
import subprocess
import time

from agent.worker.pids import identity, started


def test_a_process_keeps_its_identity_and_shares_it_with_none() -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            assert identity(os.getpid()) == identity(os.getpid()) != identity(other.pid)
        finally:
            other.kill()


def test_the_start_is_told_on_the_monotonic_clock() -> None:
    before = time.monotonic()
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            at = started(other.pid)
        finally:
            other.kill()
    assert at is not None
    assert before - 0.02 <= at <= time.monotonic() + 0.02


def test_a_dead_process_is_none_even_before_its_parent_noticed() -> None:
    with subprocess.Popen(["true"]) as dead:
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
        assert started(dead.pid) is None
        assert identity(dead.pid) is None
    assert identity(dead.pid) is None
