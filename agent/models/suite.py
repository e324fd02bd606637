"""`suite.json`: what came of many rehearsals of an attempt, as `rehearse` writes it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from agent.models.report import EndedBy, EndReason, Status


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Part):
    """How the runs of one line went."""

    line: str
    """Its name."""
    runs: int
    """That were judged."""
    passed: int
    """Of those."""
    rate: float
    """From 0 to 1."""


class Run(_Part):
    """One call."""

    line: str
    """Name of its line."""
    run: int
    """Which of the line's, from 1."""
    seed: int
    """What drew its differences from the line's file; 1: none."""
    folder: str
    """Relative to this file, with slashes."""
    passed: bool | None
    """null where it was called off."""
    outcome: Literal["passed", "failed", "error", "stopped"]
    """`failed`: not as expected; `error`: it could not be conducted; `stopped`: it was called off."""
    reasons: tuple[str, ...]
    """Why it did not pass."""
    seconds: float
    """It took, report included."""
    status: Status | None
    """The attempt's, as the next two; null where there was no call."""
    ended_by: EndedBy | None
    """Who ended the call."""
    end_reason: EndReason | None
    """Why it ended."""
    loop_lag_p99_ms: float
    """How the machine kept up: above 30 the run's timing is not to be trusted."""


class Suite(_Part):
    """The file; it is written anew after every run."""

    format: Literal[1]
    """Changes when a reader of the one before would misunderstand it."""
    attempt: str
    """The attempt's id."""
    began: str
    """ISO 8601, UTC."""
    seconds: float
    """It took so far."""
    seed: int
    """Of the first run of each line."""
    repeat: int
    """Runs of each line."""
    jobs: int
    """Calls at once."""
    planned: int
    """Runs there were to be."""
    passed: int
    """Runs that passed."""
    lines: tuple[Line, ...]
    """In the order of the suite."""
    runs: tuple[Run, ...]
    """By line and number."""
