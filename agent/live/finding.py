"""What asking a server comes to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.check import Verdict
from agent.problems import Problem


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, and what is well."""

    problems: tuple[Problem, ...] = ()
    confirmed: tuple[str, ...] = ()


def wrong(path: str, message: str) -> Findings:
    """One problem."""
    return Findings(problems=(Problem(path, message),))


def well(sentence: str) -> Findings:
    """One confirmation."""
    return Findings(confirmed=(sentence,))


def added(verdict: Verdict, findings: Iterable[Findings]) -> Verdict:
    """The verdict with what was found."""
    for found in findings:
        problems = (*verdict.problems, *(problem for problem in found.problems if problem not in verdict.problems))
        verdict = replace(verdict, problems=problems, confirmed=(*verdict.confirmed, *found.confirmed))
    return verdict
