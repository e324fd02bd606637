from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from agent import settings
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.plan import Clip, Endpointing, Plan, Sounds
from agent.prepare import prepare
from agent.problems import ErrorCode, InputInvalid
from agent.providers import REAL, STAND_INS, Providers
from tools.custom import CustomTool, ToolInput

NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
Raw = dict[str, JsonValue]


def plan(
    assistant: Raw,
    variables: dict[str, str] | None = None,
    providers: Providers = STAND_INS,
    **fields: JsonValue,
) -> Plan:
    least: Raw = {"call_id": "c1", "attempt_id": "a1", "to_phone_number": "+33612345678", "language": "en"}
    attempt = parse(Attempt, {**least, "assistant": assistant, **fields}).valid()
    return prepare(attempt, attempt.assistant or Assistant(), settings.of(variables or {}), providers, NOW)


def problems(assistant: Raw, variables: dict[str, str] | None = None, **fields: JsonValue) -> list[tuple[str, str]]:
    with pytest.raises(InputInvalid) as raised:
        plan(assistant, variables, STAND_INS, **fields)
    return [(problem.path, problem.code.value) for problem in raised.value.problems]


def test_the_least_attempt_has_a_plan() -> None:
    made = plan({})
    assert (made.attempt_id, made.call_id, made.callee_number, made.agent_number) == ("a1", "c1", "+33612345678", None)
    assert (made.opening.mode, made.goodbye, made.limit_message, made.tools) == ("none", None, None, ())
    assert (made.patience.ringing, made.patience.limit) == (30, 600)
    assert made.warnings == ()


def test_the_settings_say_how_turns_end() -> None:
    assert plan({}).endpointing == Endpointing()
    chosen = {"VOICE_WORKER_ENDPOINTING_SECS": "1.2", "VOICE_WORKER_SPEECH_AHEAD": "false"}
    assert plan({}, chosen).endpointing == Endpointing(longest=1.2, speech_ahead=False)


def test_what_the_attempt_carries_is_in_the_plan() -> None:
    made = plan(
        {"id": "as1", "from_phone_number": "+12025550123"},
        organization_id="o1",
        campaign={"id": "k1", "name": "K"},
        metadata={"x": [None, 1]},
        attempt_number=3,
        sip={"ringing_timeout_secs": 12},
    )
    assert (made.assistant_id, made.organization_id, made.attempt_number) == ("as1", "o1", 3)
    assert (made.campaign, made.metadata) == ({"id": "k1", "name": "K"}, {"x": [None, 1]})
    assert (made.agent_number, made.patience.ringing) == ("+12025550123", 12)


def test_texts_are_filled_in() -> None:
    made = plan(
        {
            "prompt": "{{name}} at {{current_time}} in {{timezone}}, from {{agent_phone_number}}",
            "first_sentence": "Hi {{name}}.",
            "end_of_call_sentence": "Bye {{name}}.",
            "max_duration_end_message": "Sorry {{name}}.",
        },
        prompt_variables={"name": "Tom"},
        from_phone_number="+12025550123",
    )
    assert made.prompt == "Tom at 13:00 in Europe/Paris, from +12025550123"
    assert (made.opening.text, made.goodbye, made.limit_message) == ("Hi Tom.", "Bye Tom.", "Sorry Tom.")
    assert made.variables == {"name": "Tom"}


@pytest.mark.parametrize(
    ("assistant", "mode", "text"),
    [
        ({"first_sentence": "Hello."}, "static", "Hello."),
        ({"first_sentence": "Hello.", "first_sentence_mode": "none"}, "none", ""),
        ({"first_sentence": "Greet.", "first_sentence_mode": "generated"}, "generated", "Greet."),
        ({"first_sentence_mode": None}, "none", ""),
        ({"first_sentence": "  ", "first_sentence_mode": "static"}, "none", ""),
    ],
)
def test_the_opening_follows_mode_and_sentence(assistant: Raw, mode: str, text: str) -> None:
    opening = plan(assistant).opening
    assert (opening.mode, opening.text) == (mode, text)


def test_a_generated_opening_needs_no_instruction() -> None:
    assert plan({"first_sentence_mode": "generated"}).opening.text != ""


def test_a_static_opening_without_a_sentence_is_a_warning() -> None:
    assert plan({"first_sentence_mode": "static"}).warnings == (
        "assistant.first_sentence is empty, so the callee speaks first",
    )


def test_the_delay_is_in_seconds_never_negative_and_the_attempts_wins() -> None:
    assert plan({}).opening.delay == 0.4
    assert plan({"first_sentence_delay_ms": -50}).opening.delay == 0
    assert plan({"first_sentence_delay_ms": 900}, first_sentence_delay_ms=0).opening.delay == 0


def test_sounds_are_chosen_with_their_volumes() -> None:
    assert plan({}).sounds == Sounds()
    made = plan({"background_sound": "audio/office.ogg", "thinking_sound": "audio/crowded-room.ogg"}).sounds
    assert made == Sounds(Clip("audio/office.ogg", 0.5), Clip("audio/crowded-room.ogg", 0.5), 1.0)
    chosen: Raw = {"thinking_sound": "audio/hold_music.ogg", "thinking_sound_probability": 0.3}
    made = plan({**chosen, "thinking_sound_volume": 0.2, "background_sound_volume": 0.7}).sounds
    assert made == Sounds(None, Clip("audio/hold_music.ogg", 0.2), 0.3)


def test_a_sound_without_volume_is_none() -> None:
    assert plan({"background_sound": "audio/office.ogg", "background_sound_volume": 0}).sounds == Sounds()


def test_the_attempts_model_wins() -> None:
    model: Raw = {"type": "openrouter", "openrouter_model_id": "a/b"}
    assert plan({"llm_model": {"type": "dedicated-instance", "name": "gpt-4.1"}}, llm_model=model).model.name == "a/b"
    realtime: Raw = {"type": "realtime", "provider": "google", "realtime_model_id": "g"}
    made = plan({"llm_model": {"type": "dedicated-instance", "name": "gpt-4.1"}}, llm_model=realtime)
    assert (made.model.name, made.voice.provider) == ("g", "google")


def test_tools_are_handed_on_with_their_templates() -> None:
    tool: Raw = {
        "name": "t",
        "description": "For {{name}}",
        "method": "POST",
        "url": "https://x.example/{{day}}",
        "headers": [{"key": "X", "value": "{{name}}"}],
        "query_params": [{"key": "q", "value": "1"}],
        "body_template": "{}",
        "input_schema": [{"name": "day", "type": "date", "required": True, "description": "The day"}],
    }
    assert plan({"custom_tools": [tool]}, prompt_variables={"name": "Tom"}).tools == (
        CustomTool(
            name="t",
            description="For Tom",
            method="POST",
            url="https://x.example/{{day}}",
            headers=(("X", "{{name}}"),),
            query_params=(("q", "1"),),
            body_template="{}",
            inputs=(ToolInput("day", "date", True, "The day", ()),),
        ),
    )


def tools(*bodies: str | None, headers: Raw | None = None) -> Raw:
    common: Raw = {"description": "d", "method": "POST", "url": "https://x.example"}
    made = [{**common, "name": f"t{index}", "body_template": body} for index, body in enumerate(bodies)]
    return {"custom_tools": [{**tool, "headers": [headers]} if headers else tool for tool in made]}


def test_a_body_that_can_never_become_json_is_found_before_the_phone_rings() -> None:
    with pytest.raises(InputInvalid) as raised:
        plan(tools('{"ok": {{v}}}', '{"secret": {{v}}', None, "v={{v}}", ""), prompt_variables={"v": "1"})
    expected = "expected JSON, with placeholders as values or within strings"
    assert raised.value.lines() == (
        f"assistant.custom_tools[1].body_template: {expected}",
        f"assistant.custom_tools[3].body_template: {expected}",
    )
    assert raised.value.code is ErrorCode.INVALID_METADATA


def test_a_body_of_another_type_need_not_be_json() -> None:
    form: Raw = {"key": "Content-Type", "value": "application/x-www-form-urlencoded"}
    made = plan(tools("v={{v}}", headers=form), prompt_variables={"v": "1"})
    assert [tool.body_template for tool in made.tools] == ["v={{v}}"]


def test_every_problem_is_found_at_once() -> None:
    assert problems(
        {
            "type": "multi-step",
            "prompt": "{{nobody}}",
            "transfer_phone_number": "+19002345678",
            "transfer_destinations": [{"label": "b", "phone_number": "+12025550123"}],
        },
        {"VOICE_WORKER_ALLOWED_COUNTRIES": "DE"},
    ) == [
        ("assistant.type", "unsupported_assistant_type"),
        ("to_phone_number", "number_not_allowed"),
        ("assistant.transfer_phone_number", "number_not_allowed"),
        ("assistant.transfer_destinations[0].phone_number", "number_not_allowed"),
        ("assistant.prompt", "unresolved_variable"),
    ]


def test_a_sub_assistant_is_refused_and_other_types_are_not() -> None:
    assert problems({"type": "sub-assistant"}) == [("assistant.type", ErrorCode.UNSUPPORTED_ASSISTANT_TYPE.value)]
    assert plan({"type": "single-step"}).prompt == ""


def test_missing_credentials_are_a_problem_of_real_providers_only() -> None:
    missing = [("OPENAI_API_KEY", "missing_credentials"), ("CARTESIA_API_KEY", "missing_credentials")]
    with pytest.raises(InputInvalid) as raised:
        plan({}, {"DEEPGRAM_API_KEY": "k"}, REAL)
    assert [(problem.path, problem.code.value) for problem in raised.value.problems] == missing
    assert plan({}).model.endpoint.api_key.get_secret_value() == "stand-in"


def test_an_inbound_call_has_the_numbers_the_other_way_round() -> None:
    made = plan(
        {"prompt": "{{user_phone_number}} {{agent_phone_number}} {{call_direction}}"},
        direction="inbound",
        to_phone_number="+12025550123",
        from_phone_number="+33612345678",
    )
    assert (made.callee_number, made.agent_number) == ("+33612345678", "+12025550123")
    assert made.prompt == "+33612345678 +12025550123 inbound"


def test_without_a_line_to_take_it_from_an_identity_is_needed() -> None:
    assert problems({}, direction="inbound", attempt_id=None) == [("attempt_id", "invalid_metadata")]


def test_fields_that_do_nothing_yet_are_warnings() -> None:
    assert plan({"sms_enabled": True}).warnings == ("assistant.sms_enabled does nothing yet",)


def test_a_long_prompt_is_prepared() -> None:
    prompt = "Talk to {{name}} about the Aligner. " * 7000
    assert len(plan({"prompt": prompt}, prompt_variables={"name": "Tom"}).prompt) > 190_000
