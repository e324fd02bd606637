import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import settings
from agent.console.subject import hears_by_itself, parse_variables, read
from agent.problems import InputInvalid
from agent.providers import REAL, Providers, Source

ROOT = Path(__file__).parents[3]
GIVEN = settings.of({})


def lines(error: InputInvalid) -> str:
    return "\n".join(error.lines())


def test_an_assistant_alone_is_told_what_to_give_it() -> None:
    with pytest.raises(InputInvalid) as raised:
        read(ROOT / "examples/assistant.json", GIVEN, {"customer": "Ann"})
    assert lines(raised.value).endswith("--var: expected order=…, which the assistant uses")


def test_an_assistant_alone_is_a_call_of_nobody_in_particular() -> None:
    subject = read(ROOT / "examples/assistant.json", GIVEN, {"customer": "Ann", "order": "NW-1"})
    plan = subject.plan(GIVEN, Providers(), datetime.now(UTC))
    assert (plan.attempt_id, plan.callee_number) == ("console", "")
    assert "Ann" in plan.prompt


def test_options_win_over_the_attempt() -> None:
    subject = read(ROOT / "examples/appointment.yaml", GIVEN, {"patient": "Zoe"})
    assert "Zoe" in subject.plan(GIVEN, Providers(), datetime.now(UTC)).prompt


def test_by_keyboard_only_the_models_key_is_asked_for() -> None:
    subject = read(ROOT / "examples/appointment.yaml", GIVEN, {})
    with pytest.raises(InputInvalid) as raised:
        subject.check(GIVEN, Providers(llm=Source.REAL), datetime.now(UTC))
    assert [problem.path for problem in raised.value.problems] == ["OPENAI_API_KEY"]
    subject.check(settings.of({"OPENAI_API_KEY": "k"}), Providers(llm=Source.REAL), datetime.now(UTC))


def test_what_is_wrong_with_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({"prompt": 1, "first_sentence": 2}))
    with pytest.raises(InputInvalid) as raised:
        read(file, GIVEN, {})
    assert len(raised.value.lines()) == 2 and all(line.startswith(str(file)) for line in raised.value.lines())


def test_an_edited_prompt_has_its_variables_filled_in() -> None:
    subject = read(ROOT / "examples/appointment.yaml", GIVEN, {}).with_prompt("Call {{patient}}.")
    assert subject.plan(GIVEN, Providers(), datetime.now(UTC)).prompt == "Call Sarah."
    with pytest.raises(InputInvalid):
        subject.with_prompt("{{nobody}}").plan(GIVEN, Providers(), datetime.now(UTC))


def test_variables_are_pairs() -> None:
    assert parse_variables(["a=b=c", "d="]) == {"a": "b=c", "d": ""}
    with pytest.raises(InputInvalid):
        parse_variables(["=b"])


@pytest.mark.parametrize(
    ("keys", "enough"), [({"OPENAI_API_KEY": "k"}, True), ({}, False), ({"DEEPGRAM_API_KEY": "k"}, False)]
)
def test_a_model_that_hears_by_itself_needs_one_key(tmp_path: Path, keys: dict[str, str], enough: bool) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "prompt: x\nllm_model: {type: realtime, provider: openai, realtime_model_id: m, realtime_voice_id: marin}\n"
    )
    given = settings.of(keys)
    assert hears_by_itself(read(file, given, {}), given, REAL, datetime.now(UTC)) is enough
    plain = read(ROOT / "examples/callee-first.yaml", given, {})
    assert not hears_by_itself(plain, given, REAL, datetime.now(UTC))
