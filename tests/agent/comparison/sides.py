"""Runs that were never done, for what is read off them."""

from agent.rehearsal.results import Came, Run
from tests.agent.rehearsal.test_results import run


def runs(line: str, passed: int, many: int) -> list[Run]:
    """So many runs of a line, of which so many passed."""
    came = [Came.PASSED] * passed + [Came.FAILED] * (many - passed)
    return [run(line, number, each) for number, each in enumerate(came, 1)]
