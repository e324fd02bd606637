"""Every shipped line in a whole call, with sound: it does what it says, and is as it expects.

The calls of a group are held at once, as in a suite; callees are brisk, so that the groups are over soon.
"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import settings
from agent.providers import STAND_INS
from agent.rehearsal.outcome import Outcome
from agent.rehearsal.run import run
from agent.rehearsal.script import LineScript, Step
from agent.rehearsal.shipped import load_line, shipped
from agent.rehearse import make_ready
from agent.standins.process import StandIns
from tests.calls import attempt

GROUPS = (
    ("person", "hard-of-hearing", "wrong-number", "silent", "busy"),
    ("interrupter", "speller", "noisy-car", "no-answer", "puts-phone-down"),
    ("manipulator", "child", "code-switcher", "slow-talker", "hangs-up", "busy-person"),
)
BRISK = 1.5
LONGEST = 2
"""Turns of the plausible conversation."""


def brisk(script: LineScript) -> LineScript:
    """The same callee, a little faster, with a model that takes leave sooner."""

    def quick(index: int, step: Step) -> Step:
        return step.model_copy(update={"wait": None if step.at is not None else step.waits(index == 0) / BRISK})

    return script.model_copy(
        update={
            "voice": script.voice.model_copy(update={"speed": script.voice.speed * BRISK}),
            "callee": tuple(quick(index, step) for index, step in enumerate(script.callee)),
            "model": script.model.model_copy(update={"turns": LONGEST}),
        }
    )


async def conducted(stand_ins: StandIns, folder: Path, name: str) -> tuple[str, Outcome]:
    (folder / name).mkdir()
    source = folder / name / "given.json"
    voice = {"provider": "cartesia", "id": "voice", "speed": 1.5}
    given = attempt(first_sentence="Hello.", end_of_call_sentence="Goodbye.", voice=voice)
    source.write_text(json.dumps({**given, "sip": {"ringing_timeout_secs": 5}}))
    environment = settings.of({"VOICE_WORKER_INACTIVITY_SECS": "6"})
    line = brisk(load_line(name))
    ready, _ = make_ready(source, line, STAND_INS, environment, folder / name / "out", datetime.now(UTC))
    return name, await run(ready, stand_ins, lambda event: None)


@pytest.mark.parametrize("group", GROUPS, ids=lambda names: names[0])
@pytest.mark.asyncio(loop_scope="session")
async def test_a_shipped_line_is_as_it_expects(stand_ins: StandIns, tmp_path: Path, group: tuple[str, ...]) -> None:
    outcomes = dict(await asyncio.gather(*(conducted(stand_ins, tmp_path, name) for name in group)))
    assert {name: outcome.reasons for name, outcome in outcomes.items() if outcome.reasons} == {}
    for name, outcome in outcomes.items():
        assert outcome.verdicts, name
        if load_line(name).model.script:
            assert [step.say for step in outcome.line.untold] == [], name
        written = json.loads((tmp_path / name / "out" / "expectations.json").read_text())
        assert [entry["passed"] for entry in written] == [True] * len(outcome.verdicts)


def test_every_shipped_line_is_in_a_group() -> None:
    assert sorted(name for group in GROUPS for name in group) == list(shipped())
