from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from agent import variables
from agent.models.assistant import Assistant
from agent.models.parsing import parse

NOW = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)


def common(prompt_variables: dict[str, str], agent_number: str | None = None) -> dict[str, str]:
    return variables.common(
        prompt_variables,
        direction="outbound",
        user_number="+33612345678",
        agent_number=agent_number,
        call_id="c1",
        timezone="Europe/Paris",
        now=NOW,
    )


def unresolved(raw: dict[str, JsonValue], prompt_variables: dict[str, str] | None = None) -> list[tuple[str, str]]:
    given = prompt_variables or {}
    _, found = variables.resolve(parse(Assistant, raw).valid(), common(given), given, "assistant")
    return [(missing.path, missing.name) for missing in found]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {{name}}, {{ name }}", "Hi Tom, Tom"),
        ("{{first name}} {{prénom}} {{a.b-c}}", "Al Zoé x"),
        ("{{unknown}} {name} {{}} {{ }}", "{{unknown}} {name} {{}} {{ }}"),
        ("{{nested}}", "{{name}}"),
        ('{"a": {"b": 1}} {{#if x}} {{"json"}}', '{"a": {"b": 1}} {{#if x}} {{"json"}}'),
        ("{{{name}}}", "{Tom}"),
    ],
)
def test_variables_are_filled_in_once(text: str, filled: str) -> None:
    values = {"name": "Tom", "first name": "Al", "prénom": "Zoé", "a.b-c": "x", "nested": "{{name}}"}
    assert variables.fill(text, values) == filled


def test_built_in_variables_win_and_are_in_the_calls_time_zone() -> None:
    values = common({"call_id": "mine", "name": "Tom"})
    assert values["call_id"] == "c1"
    assert values["name"] == "Tom"
    assert (values["current_date"], values["current_time"]) == ("2026-03-10", "00:30")
    assert values["timezone"] == "Europe/Paris"
    assert set(common({}, agent_number="+12025550123")) == variables.BUILT_IN


def test_every_text_is_filled_in() -> None:
    raw: dict[str, JsonValue] = {
        "prompt": "{{name}}",
        "first_sentence": "Hi {{name}}",
        "voicemail_message": "{{user_phone_number}}",
        "stt_context": {"terms": ["{{name}}"], "general": [{"key": "k", "value": "{{name}}"}]},
        "faq_items": [{"question": "{{name}}?", "answer": "{{call_direction}}"}],
        "custom_tools": [
            {"name": "t", "description": "For {{name}}", "method": "GET", "url": "https://x.example/{{name}}"}
        ],
    }
    values = common({"name": "Tom"})
    filled, missing = variables.resolve(parse(Assistant, raw).valid(), values, {"name"}, "assistant")
    assert missing == []
    assert filled.first_sentence == "Hi Tom"
    assert filled.voicemail_message == "+33612345678"
    assert filled.stt_context.terms == ("Tom",)
    assert filled.faq_items[0].answer == "outbound"
    assert filled.custom_tools[0].description == "For Tom"
    assert filled.custom_tools[0].url == "https://x.example/{{name}}"


def test_what_is_missing_is_named_by_field_and_variable() -> None:
    raw: dict[str, JsonValue] = {
        "prompt": "{{a}} {{a}} {{agent_phone_number}}",
        "faq_items": [{"question": "x"}, {"question": "y", "answer": "{{b}}"}],
    }
    assert unresolved(raw) == [
        ("assistant.prompt", "a"),
        ("assistant.prompt", "agent_phone_number"),
        ("assistant.faq_items[1].answer", "b"),
    ]


def test_a_tool_knows_its_inputs_and_prompt_variables_only() -> None:
    tool: dict[str, JsonValue] = {
        "name": "t",
        "description": "d",
        "method": "POST",
        "url": "https://x.example/{{day}}/{{name}}/{{call_id}}",
        "headers": [{"key": "X", "value": "{{h}}"}],
        "query_params": [{"key": "{{k}}", "value": "{{v}}"}],
        "body_template": '{"a": "{{first name}}"}',
        "input_schema": [{"name": "day", "type": "date"}],
    }
    found = unresolved({"custom_tools": [tool]}, {"name": "x", "first name": "y"})
    assert sorted(found) == [
        ("assistant.custom_tools[0].headers[0].value", "h"),
        ("assistant.custom_tools[0].query_params[0].key", "k"),
        ("assistant.custom_tools[0].query_params[0].value", "v"),
        ("assistant.custom_tools[0].url", "call_id"),
    ]


def test_the_extraction_prompt_knows_the_transcript() -> None:
    assert unresolved({"structured_output_prompt": "{{transcript}} {{name}} {{call_id}}"}, {"name": "x"}) == [
        ("assistant.structured_output_prompt", "call_id")
    ]


def test_the_lookup_knows_the_phone_only() -> None:
    url = "https://x.example/?p={{phone}}&n={{name}}"
    assert unresolved({"precall_lookup_url": url}, {"name": "x"}) == [("assistant.precall_lookup_url", "name")]


def test_templates_of_other_products_are_not_looked_at() -> None:
    assert unresolved({"slack": {"message": "{{x}}"}, "zoho": {"note": "{{y}}"}}) == []


def test_a_hostile_name_is_shown_safely_and_quickly() -> None:
    missing = variables.Unresolved("assistant.prompt", "a" * 90)
    assert len(missing.problem().message) < 120
    assert unresolved({"prompt": "{{" * 100_000 + "{{ " + " " * 200_000}) == []
