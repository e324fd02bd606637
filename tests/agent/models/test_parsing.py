import pytest
from pydantic import JsonValue

from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.problems import ErrorCode, InputInvalid

Raw = dict[str, JsonValue]


def attempt(**fields: JsonValue) -> Raw:
    return {"call_id": "c1", "attempt_id": "a1", "to_phone_number": "+12025550123", "assistant": {}, **fields}


def complaints(raw: Raw) -> list[str]:
    return [str(problem) for problem in parse(Attempt, raw).problems]


def test_the_least_attempt_is_valid() -> None:
    parsed = parse(Attempt, attempt())
    assert parsed.valid().attempt_number == 1
    assert parsed.unknown == ()


def test_null_and_absent_are_the_same() -> None:
    nulls: Raw = dict.fromkeys(Attempt.model_fields)
    given = {**nulls, **attempt(assistant=dict.fromkeys(Assistant.model_fields))}
    parsed = parse(Attempt, given).valid()
    outcomes: Raw = {"after_call_sms_outcomes": None, "email_notification_outcomes": None}
    assert parsed == parse(Attempt, attempt(assistant=outcomes)).valid()


def test_null_outcomes_mean_none_and_absent_outcomes_mean_every() -> None:
    assert parse(Assistant, {"after_call_sms_outcomes": None}).valid().after_call_sms_outcomes == ()
    assert parse(Assistant, {"after_call_sms_outcomes": []}).valid().after_call_sms_outcomes == ()
    assert parse(Assistant, {}).valid().after_call_sms_outcomes is None


def test_nulls_in_free_form_data_are_kept() -> None:
    assert parse(Attempt, attempt(metadata={"a": None})).valid().metadata == {"a": None}


def test_a_null_prompt_variable_is_absent() -> None:
    assert parse(Attempt, attempt(prompt_variables={"a": None, "b": "x"})).valid().prompt_variables == {"b": "x"}


def test_all_problems_are_said_at_once_whether_within_a_field_or_between_fields() -> None:
    assert complaints(
        {
            "attempt_number": "3",
            "assistant": {"voice": {"provider": "cartesia", "id": "x", "speed": 2}, "prompt": 5},
            "assistant_url": "https://api.example.com/assistant",
        }
    ) == [
        "attempt_number: expected a whole number",
        "assistant.prompt: expected a string",
        "assistant.voice.speed: expected a number from 0.6 to 1.5, the range of Cartesia",
        "call_id: expected a value: this field is required",
        "attempt_id: expected a value: this field is required",
        "to_phone_number: expected a value: this field is required",
        "assistant_url: expected either this field or assistant, not both",
    ]


@pytest.mark.parametrize(
    ("assistant", "complaint"),
    [
        ({"llm_model": "gpt"}, "assistant.llm_model: expected an object"),
        (
            {"llm_model": {"type": "sk-secret"}},
            "assistant.llm_model.type: expected 'dedicated-instance', 'openrouter', 'custom', 'realtime'",
        ),
        ({"llm_model": {}}, "assistant.llm_model.type: expected a value: this field says what the others mean"),
        (
            {"llm_model": {"type": "dedicated-instance", "name": "x"}},
            "assistant.llm_model.name: expected 'gpt-4.1' or 'ministral-3-8b-instruct'",
        ),
        (
            {"llm_model": {"type": "custom", "api_url": "https://x.example", "model_name": "m"}},
            "assistant.llm_model.api_key: expected a value: this field is required",
        ),
        ({"custom_tools": {}}, "assistant.custom_tools: expected a list"),
        ({"custom_tools": [None]}, "assistant.custom_tools[0]: expected an object"),
        ({"sms_enabled": "yes"}, "assistant.sms_enabled: expected true or false"),
        ({"first_sentence_delay_ms": 1.5}, "assistant.first_sentence_delay_ms: expected a whole number"),
        ({"background_sound_volume": 1.1}, "assistant.background_sound_volume: expected a number from 0 to 1"),
        ({"background_sound": "audio/no.ogg"}, "assistant.background_sound: expected 'audio/office.ogg'"),
        (
            {"max_duration_end_message": "x" * 151},
            "assistant.max_duration_end_message: expected at most 150 characters",
        ),
        ({"first_sentence_delay_ms": 60_001}, "assistant.first_sentence_delay_ms: expected a number of at most 60000"),
        ({"max_call_duration_secs": 90_000}, "assistant.max_call_duration_secs: expected a number of at most 86400"),
        ({"max_call_duration_secs": 0}, "assistant.max_call_duration_secs: expected a number above 0"),
    ],
)
def test_each_problem_names_its_field_and_what_was_expected(assistant: Raw, complaint: str) -> None:
    assert complaints(attempt(assistant=assistant)) == [complaint]


def test_no_problem_quotes_a_value() -> None:
    secret = "sk-live-8d7f"
    raw = attempt(
        attempt_id=secret + "\n",
        to_phone_number=secret,
        language=secret + "!",
        timezone=secret,
        direction=secret,
        prompt_variables=secret,
        callback={"url": secret, "secret": secret},
        assistant={
            "type": 1,
            "llm_model": {"type": secret},
            "voice": {"provider": secret},
            "custom_tools": [{"name": secret, "method": secret, "url": secret, "input_schema": [{"type": secret}]}],
            "transfer_phone_number": secret,
            "email_notification_address": secret,
            "stt_model": secret,
        },
    )
    said = "\n".join(complaints(raw))
    assert said.count("\n") > 15
    assert secret not in said


def test_unknown_fields_are_collected_by_path_with_the_name_they_resemble() -> None:
    parsed = parse(
        Attempt,
        attempt(promt_variables={}, assistant={"first_sentnce": "x", "custom_tools": [{"nmae": 1}], "zzz": 0}),
    )
    assert {str(unknown) for unknown in parsed.unknown} == {
        "promt_variables: unknown field; did you mean prompt_variables?",
        "assistant.first_sentnce: unknown field; did you mean first_sentence?",
        "assistant.custom_tools[0].nmae: unknown field; did you mean name?",
        "assistant.zzz: unknown field",
    }


def test_fields_of_a_union_member_are_known_by_its_tag() -> None:
    voice: Raw = {"provider": "elevenlabs", "id": "x", "pitch": 2}
    assert [unknown.path for unknown in parse(Assistant, {"voice": voice}).unknown] == ["voice.pitch"]


def test_fields_that_are_not_the_workers_are_known() -> None:
    fields = ("is_archived", "is_default", "slack", "zoho", "prompt_flow", "position", "logo_url", "created_by")
    raw: Raw = {name: {"any": [1, "{{thing}}"]} for name in fields}
    parsed = parse(Assistant, raw)
    assert parsed.unknown == ()
    assert parsed.problems == ()


def test_names_are_shown_without_control_characters_and_cut() -> None:
    unknown = parse(Assistant, {"\x1b[31mred\u202e": 1, "x" * 500: 2}).unknown
    assert [len(item.path) for item in unknown] == [9, 60]
    assert all(item.path.isprintable() for item in unknown)


@pytest.mark.parametrize("raw", [[], "x", 1, None, True])
def test_what_is_no_object_is_refused(raw: JsonValue) -> None:
    with pytest.raises(InputInvalid, match=r"^assistant: expected an object$"):
        parse(Assistant, raw, within="assistant")


def test_the_rest_of_an_invalid_attempt_can_still_be_read() -> None:
    parsed = parse(
        Attempt,
        attempt(
            timezone="Nowhere",
            prompt_variables={"a": 1, "b": "x"},
            assistant={"prompt": "Hello", "voice": 3},
        ),
    )
    assert len(parsed.problems) == 3
    assert parsed.model.timezone is None
    assert parsed.model.prompt_variables == {"a": "", "b": "x"}
    assert parsed.model.assistant is not None
    assert parsed.model.assistant.prompt == "Hello"
    with pytest.raises(InputInvalid) as raised:
        parsed.valid()
    assert raised.value.code is ErrorCode.INVALID_METADATA


def test_a_long_prompt_is_accepted() -> None:
    prompt = "Say hello to {{name}}. " * 9000
    assert len(prompt) > 200_000
    assert parse(Assistant, {"prompt": prompt}).valid().prompt == prompt


def test_models_do_not_show_what_they_hold() -> None:
    parsed = parse(Attempt, attempt(assistant={"prompt": "secret plan"}))
    assert "secret" not in repr(parsed.model)
    assert "+1202" not in f"{parsed.model}{parsed.model!r}"


def test_models_are_frozen() -> None:
    assistant = parse(Assistant, {}).model
    with pytest.raises(ValueError, match="frozen"):
        assistant.prompt = "other"


@pytest.mark.parametrize(
    ("raw", "near"),
    [
        (attempt(prompt="x"), "prompt: unknown field; did you mean assistant.prompt?"),
        (attempt(first_sentence="x"), "first_sentence: unknown field; did you mean assistant.first_sentence?"),
        (attempt(trunk_id="x"), "trunk_id: unknown field; did you mean sip.trunk_id?"),
        (attempt(assistent={}), "assistent: unknown field; did you mean assistant?"),
        (attempt(assistant={"terms": []}), "assistant.terms: unknown field; did you mean stt_context.terms?"),
        (attempt(assistant={"speed": 1}), "assistant.speed: unknown field"),
    ],
)
def test_an_unknown_field_is_told_where_it_belongs(raw: Raw, near: str) -> None:
    assert [str(unknown) for unknown in parse(Attempt, raw).unknown] == [near]


def test_what_tells_editors_the_schema_is_no_field() -> None:
    parsed = parse(Attempt, attempt(assistant={"$schema": "a.json"}, **{"$schema": "b.json"}))
    assert (parsed.problems, parsed.unknown) == ((), ())
