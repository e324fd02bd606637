import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

from agent import settings
from agent.check import Verdict, check

NOW = datetime(2026, 3, 9, tzinfo=UTC)
LEAST: dict[str, JsonValue] = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+33612345678"}
KEYS = {"OPENAI_API_KEY": "k", "CARTESIA_API_KEY": "k", "DEEPGRAM_API_KEY": "k"}


def verdict(folder: Path, raw: JsonValue, variables: dict[str, str] | None = None) -> Verdict:
    path = folder / "x.json"
    path.write_text(json.dumps(raw))
    (found,) = check([path], settings.of(KEYS if variables is None else variables), NOW)
    return found


def said(found: Verdict) -> list[str]:
    return [line.removeprefix(f"{found.file}: ") for line in found.lines()]


def test_a_valid_attempt_is_said_to_be(tmp_path: Path) -> None:
    found = verdict(tmp_path, {**LEAST, "assistant": {}})
    assert found.valid
    assert found.lines() == []
    assert found.summary() == f"{found.file}: valid attempt"


def test_an_assistant_on_its_own_says_which_variables_it_needs(tmp_path: Path) -> None:
    raw: JsonValue = {
        "prompt": "{{name}} {{current_date}} {{agent_phone_number}}",
        "first_sentence": "{{name}} {{place}}",
    }
    found = verdict(tmp_path, raw)
    assert found.valid
    assert found.summary() == f"{found.file}: valid assistant, needs name, place"
    assert said(verdict(tmp_path, {"assistant": {"type": "multi-step"}})) == [
        "assistant.type: expected an assistant that stands alone, not one that is multi-step or sub-assistant"
    ]


def test_what_is_malformed_and_what_cannot_be_prepared_are_said_together(tmp_path: Path) -> None:
    found = verdict(
        tmp_path,
        {
            **LEAST,
            "to_phone_number": "+19002345678",
            "attempt_number": 0,
            "prmpt_variables": {},
            "assistant": {"prompt": "{{nobody}}", "voice": {"provider": "cartesia", "id": "v", "speed": 9}},
        },
    )
    assert said(found) == [
        "attempt_number: expected a number above 0",
        "assistant.voice.speed: expected a number from 0.6 to 1.5, the range of Cartesia",
        "to_phone_number: expected a number other than a premium-rate number",
        "assistant.prompt: expected a value for the variable {{nobody}}",
        "prmpt_variables: unknown field; did you mean prompt_variables?",
    ]
    assert found.summary().endswith("4 problems")


def test_missing_credentials_are_warnings(tmp_path: Path) -> None:
    found = verdict(tmp_path, {**LEAST, "assistant": {"sms_enabled": True}}, {})
    assert found.valid
    assert said(found) == [
        "warning: OPENAI_API_KEY: expected to be set, as this call's model is OpenAI's",
        "warning: CARTESIA_API_KEY: expected to be set, as this call's voice is Cartesia's",
        "warning: DEEPGRAM_API_KEY: expected to be set, as this call's recogniser is Deepgram",
        "warning: assistant.sms_enabled does nothing yet",
    ]


def test_unknown_fields_alone_leave_a_file_valid(tmp_path: Path) -> None:
    found = verdict(tmp_path, {**LEAST, "assistant": {"zzz": 1}})
    assert found.valid
    assert said(found) == ["assistant.zzz: unknown field"]


def test_an_assistant_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    found = verdict(tmp_path, {**LEAST, "assistant_url": "http://127.0.0.1:1/"}, {})
    assert found.valid
    assert said(found) == ["warning: assistant_url is not fetched, so the assistant is not checked"]


def test_an_inbound_attempt_needs_no_identity(tmp_path: Path) -> None:
    assert verdict(tmp_path, {"direction": "inbound", "assistant": {}}).valid


def test_a_file_that_cannot_be_read_is_a_problem_of_that_file_only(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text('{"prompt": "x"}')
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    verdicts = check([bad, good, tmp_path / "none.yaml"], settings.of(KEYS), NOW)
    assert [found.valid for found in verdicts] == [False, True, False]
    assert verdicts[0].lines()[0].startswith(f"{bad}: line 1, column 2: expected JSON")


def test_a_program_can_read_the_verdict(tmp_path: Path) -> None:
    found = verdict(tmp_path, {**LEAST, "assistant": {"prompt": "{{x}}", "zzz": 0}}, KEYS)
    assert json.loads(json.dumps(found.as_json())) == {
        "file": found.file,
        "kind": "attempt",
        "valid": False,
        "problems": [
            {
                "path": "assistant.prompt",
                "message": "expected a value for the variable {{x}}",
                "code": "unresolved_variable",
            }
        ],
        "unknown_fields": ["assistant.zzz: unknown field"],
        "warnings": [],
        "prompt_variables": [],
        "confirmed": [],
    }
