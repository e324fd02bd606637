"""What A and B are read as."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent import settings
from agent.comparison.sides import read_sides
from agent.problems import InputInvalid
from agent.providers import STAND_INS
from tests.calls import attempt

GIVEN = settings.of({})
NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
ASSISTANT: dict[str, Any] = {"prompt": "You are Emma. You call {{name}}.", "first_sentence": "Hello."}


def written(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


def test_two_assistants_are_put_into_a_call_of_nobody(tmp_path: Path) -> None:
    a = written(tmp_path / "a.json", ASSISTANT)
    b = written(tmp_path / "b.json", {"assistant": {**ASSISTANT, "prompt": "You are Bea."}})
    one, other = read_sides(a, b, GIVEN, {"name": "Ann"})
    assert (one.name, one.told, other.name, other.told) == ("A", str(a), "B", str(b))
    plan = one.subject.plan(GIVEN, STAND_INS, NOW)
    assert (plan.attempt_id, plan.callee_number, "Ann" in plan.prompt) == ("compare", "", True)
    assert "You are Bea." in other.subject.plan(GIVEN, STAND_INS, NOW).prompt


def test_what_an_assistant_needs_is_asked_for(tmp_path: Path) -> None:
    a = written(tmp_path / "a.json", ASSISTANT)
    with pytest.raises(InputInvalid) as raised:
        read_sides(a, a, GIVEN, {})
    assert raised.value.lines() == (f"{a}: --var: expected name=…, which the assistant uses",)


@pytest.mark.parametrize("swapped", [False, True])
def test_an_assistant_beside_an_attempt_takes_its_place_there(tmp_path: Path, swapped: bool) -> None:
    call = {**attempt(prompt="You are Old."), "prompt_variables": {"name": "Ann"}}
    host, bare = written(tmp_path / "call.json", call), written(tmp_path / "new.json", ASSISTANT)
    if swapped:
        new, old = read_sides(bare, host, GIVEN, {})
    else:
        old, new = read_sides(host, bare, GIVEN, {})
    assert (old.host, new.host) == (None, host)
    assert new.told == f"{bare}, in the attempt of {host}"
    plans = [side.subject.plan(GIVEN, STAND_INS, NOW) for side in (old, new)]
    assert [plan.attempt_id for plan in plans] == ["attempt-1", "attempt-1"]
    assert [plan.callee_number for plan in plans] == ["+33612345678", "+33612345678"]
    assert "You are Old." in plans[0].prompt and "You call Ann." in plans[1].prompt


def test_two_attempts_stay_as_they_are(tmp_path: Path) -> None:
    a = written(tmp_path / "a.json", attempt())
    b = written(tmp_path / "b.json", {**attempt(), "attempt_id": "attempt-2"})
    ids = [side.subject.plan(GIVEN, STAND_INS, NOW).attempt_id for side in read_sides(a, b, GIVEN, {})]
    assert ids == ["attempt-1", "attempt-2"]


def test_a_variable_that_is_given_wins_on_both_sides(tmp_path: Path) -> None:
    call = {**attempt(prompt="Call {{name}}."), "prompt_variables": {"name": "Ann"}}
    a, b = written(tmp_path / "a.json", call), written(tmp_path / "b.json", ASSISTANT)
    for side in read_sides(a, b, GIVEN, {"name": "Zoe"}):
        assert "Zoe" in side.subject.plan(GIVEN, STAND_INS, NOW).prompt


def test_unknown_fields_are_kept_for_either(tmp_path: Path) -> None:
    a, b = written(tmp_path / "a.json", attempt()), written(tmp_path / "b.json", {**ASSISTANT, "promt": "x"})
    _, other = read_sides(a, b, GIVEN, {"name": "Ann"})
    assert other.subject.unknown == ("promt: unknown field; did you mean prompt?",)


@pytest.mark.parametrize("host", [True, False])
def test_what_is_wrong_names_the_file(tmp_path: Path, host: bool) -> None:
    a = written(tmp_path / "a.json", attempt() if host else {"prompt": "x"})
    b = written(tmp_path / "b.json", {"prompt": 1, "first_sentence": 2})
    with pytest.raises(InputInvalid) as raised:
        read_sides(a, b, GIVEN, {})
    assert len(raised.value.lines()) == 2
    assert all(line.startswith(f"{b}: ") for line in raised.value.lines())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    a = written(tmp_path / "a.json", ASSISTANT)
    with pytest.raises(InputInvalid) as raised:
        read_sides(a, tmp_path / "none.json", GIVEN, {"name": "Ann"})
    assert raised.value.lines() == (f"{tmp_path / 'none.json'}: expected a file: there is none",)
