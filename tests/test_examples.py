"""Every example is conducted, on every line of the examples and some that come with the program."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent import events as e
from agent import settings
from agent.providers import STAND_INS
from agent.rehearsal.run import run
from agent.rehearsal.shipped import load_line, shipped
from agent.rehearse import make_ready
from agent.report import fold
from agent.standins.process import StandIns
from tests.calls import Conducted

EXAMPLES = Path(__file__).parents[1] / "examples"
OWN_LINES = {path.stem: path for path in (EXAMPLES / "lines").glob("*.yaml")}


@dataclass(frozen=True)
class Case:
    """An example on a line, and how it ends."""

    attempt: str
    line: str
    status: str
    ended_by: str
    end_reason: str
    turns: int = 0
    """Of a stand-in model without a script, before it says goodbye; 0: as the line has it."""
    changes: dict[str, Any] = field(default_factory=dict)
    """To the attempt, so that it is over sooner."""
    patience: str = "22"
    """`VOICE_WORKER_INACTIVITY_SECS`."""


CASES = (
    Case("appointment", "appointment", "completed", "agent", "tool_end_call"),
    Case("french", "person", "completed", "agent", "tool_end_call", turns=1),
    Case("parcel", "interrupter", "completed", "agent", "tool_end_call", turns=1),
    Case("callee-first", "hangs-up", "completed", "user", "client_initiated"),
    Case("e-mail", "person", "completed", "agent", "tool_end_call", turns=1),
    Case("realtime", "person", "completed", "agent", "tool_end_call", turns=1),
    Case("generated-opening", "silent", "completed", "system", "user_inactive", patience="3"),
    Case("parcel", "busy", "error", "system", "user_rejected"),
    Case("french", "no-answer", "error", "system", "user_unavailable", changes={"sip": {"ringing_timeout_secs": 5}}),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.attempt} on {case.line}")
@pytest.mark.asyncio(loop_scope="session")
async def test_an_example_is_conducted(stand_ins: StandIns, tmp_path: Path, case: Case) -> None:
    call = await conducted(stand_ins, tmp_path, case)
    report = call.report
    assert (report.status, report.ended_by, report.end_reason) == (case.status, case.ended_by, case.end_reason)
    assert (call.folder / "attempt.json").read_text() == fold(call.events).model_dump_json(indent=2) + "\n"
    assert isinstance(call.events[-1], e.Reported)
    if case.end_reason == "tool_end_call":
        assert report.result == "human"
        assert report.transcript[-1].role == "assistant"
        assert call.one(e.Ended).at - call.all(e.AgentStopped)[-1].at < 0.3


async def conducted(stand_ins: StandIns, folder: Path, case: Case) -> Conducted:
    """The example on its line."""
    given = yaml.safe_load((EXAMPLES / f"{case.attempt}.yaml").read_text())
    source = folder / "attempt-in.yaml"
    source.write_text(yaml.safe_dump({**given, **case.changes}))
    line = load_line(str(OWN_LINES.get(case.line, case.line)))
    if case.turns:
        line = line.model_copy(update={"model": line.model.model_copy(update={"turns": case.turns})})
    environment = settings.of({"VOICE_WORKER_INACTIVITY_SECS": case.patience})
    ready, unknown = make_ready(source, line, STAND_INS, environment, folder / "out", datetime.now(UTC))
    assert unknown == ()
    outcome = await run(ready, stand_ins, lambda event: None)
    assert outcome.reasons == () or case.line not in OWN_LINES
    return Conducted(outcome.report, outcome.line, ready.folder)


def test_every_example_and_every_line_of_theirs_is_among_them() -> None:
    assert {case.attempt for case in CASES} == {path.stem for path in EXAMPLES.glob("*.yaml")}
    assert set(OWN_LINES) <= {case.line for case in CASES} <= {*OWN_LINES, *shipped()}
