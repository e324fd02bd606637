import pytest
from pydantic import JsonValue

from agent.models.assistant import Assistant, CartesiaVoice, CustomModel, ElevenLabsVoice, OpenRouter
from agent.models.parsing import parse
from agent.problems import ErrorCode

Raw = dict[str, JsonValue]
TOOL: Raw = {"name": "look_up", "description": "Looks up.", "method": "GET", "url": "https://api.example.com/{{ id }}"}


def complaints(raw: Raw) -> list[str]:
    return [str(problem) for problem in parse(Assistant, raw).problems]


@pytest.mark.parametrize(
    ("provider", "low", "high", "owner"),
    [
        ("cartesia", 0.6, 1.5, "Cartesia"),
        ("elevenlabs", 0.7, 1.2, "ElevenLabs"),
        ("gradium", 0.6, 1.5, "Gradium"),
    ],
)
def test_the_speed_of_a_voice_is_in_its_providers_range(provider: str, low: float, high: float, owner: str) -> None:
    for speed in (low, high):
        assert complaints({"voice": {"provider": provider, "id": "v", "speed": speed}}) == []
    for speed in (low - 0.01, high + 0.01):
        complaint = f"voice.speed: expected a number from {low} to {high}, the range of {owner}"
        assert complaints({"voice": {"provider": provider, "id": "v", "speed": speed}}) == [complaint]


def test_volume_has_a_range_at_cartesia_and_is_ignored_elsewhere() -> None:
    assert complaints({"voice": {"provider": "elevenlabs", "id": "v", "volume": 9}}) == []
    complaint = "voice.volume: expected a number from 0.5 to 2, the range of Cartesia"
    assert complaints({"voice": {"provider": "cartesia", "id": "v", "volume": 2.1}}) == [complaint]


def test_sonic_3_5_is_cartesias_only() -> None:
    assert complaints({"voice": {"provider": "cartesia", "id": "v", "model": "sonic-3.5"}}) == []
    complaint = "voice.model: expected 'sonic-3'"
    assert complaints({"voice": {"provider": "elevenlabs", "id": "v", "model": "sonic-3.5"}}) == [complaint]


def test_unions_become_their_member() -> None:
    raw: Raw = {
        "voice": {"provider": "elevenlabs", "id": "v"},
        "llm_model": {"type": "openrouter", "openrouter_model_id": "m"},
    }
    assistant = parse(Assistant, raw).valid()
    assert isinstance(assistant.voice, ElevenLabsVoice)
    assert isinstance(assistant.llm_model, OpenRouter)
    assert isinstance(parse(Assistant, {"voice": {"provider": "cartesia", "id": "v"}}).valid().voice, CartesiaVoice)


def test_the_key_of_a_custom_model_is_a_secret() -> None:
    raw: Raw = {"type": "custom", "api_url": "https://x.example/v1", "api_key": "hush", "model_name": "m"}
    model = parse(Assistant, {"llm_model": raw}).valid().llm_model
    assert isinstance(model, CustomModel)
    assert model.api_key.get_secret_value() == "hush"
    assert "hush" not in f"{model!r}{model.model_dump()}"


def test_a_complete_tool_is_valid() -> None:
    tool: Raw = {
        **TOOL,
        "headers": [{"key": "X-Id", "value": None}],
        "query_params": [{"key": "q", "value": "{{id}}"}],
        "body_template": None,
        "input_schema": [{"name": "id", "type": "enum", "required": True, "enum_options": ["a"], "description": None}],
    }
    parsed = parse(Assistant, {"custom_tools": [tool]}).valid()
    assert parsed.custom_tools[0].headers[0].value == ""


@pytest.mark.parametrize("name", ["LookUp", "1st", "look-up", "look up", "", "x" * 65, "näme", "a\nb", "{{x}}"])
def test_a_tools_name_is_lowercase_snake_case(name: str) -> None:
    complaint = "custom_tools[0].name: expected lowercase_snake_case of at most 64 characters"
    assert complaints({"custom_tools": [{**TOOL, "name": name}]}) == [complaint]


def test_names_are_unique() -> None:
    assert complaints({"custom_tools": [TOOL, TOOL]}) == [
        "custom_tools: expected a list in which every name is there once"
    ]
    inputs: list[JsonValue] = [{"name": "a", "type": "string"}, {"name": "a", "type": "number"}]
    assert complaints({"custom_tools": [{**TOOL, "input_schema": inputs}]}) == [
        "custom_tools[0].input_schema: expected a list in which every name is there once"
    ]


def test_a_tool_cannot_take_the_place_of_end_call() -> None:
    complaint = "custom_tools[0].name: expected a name other than that of the built-in tool end_call"
    assert complaints({"custom_tools": [{**TOOL, "name": "end_call"}]}) == [complaint]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"description": " "}, "custom_tools[0].description: expected text that is not empty"),
        ({"url": ""}, "custom_tools[0].url: expected an http or https URL"),
        ({"url": "file:///etc/passwd"}, "custom_tools[0].url: expected an http or https URL"),
        ({"url": "https://"}, "custom_tools[0].url: expected an http or https URL"),
        ({"url": "https://a:99999/"}, "custom_tools[0].url: expected an http or https URL"),
        ({"url": "https://["}, "custom_tools[0].url: expected an http or https URL"),
        ({"url": "https://a b"}, "custom_tools[0].url: expected an http or https URL"),
        (
            {"headers": [{"key": "", "value": "x"}]},
            "custom_tools[0].headers[0].key: expected the name of an HTTP header",
        ),
        ({"headers": [{"key": "X", "value": "a\r\nb"}]}, "custom_tools[0].headers[0].value: expected text on one line"),
        (
            {"query_params": [{"key": "", "value": "x"}]},
            "custom_tools[0].query_params[0].key: expected text that is not empty",
        ),
        (
            {"input_schema": [{"name": "a", "type": "enum", "enum_options": []}]},
            "custom_tools[0].input_schema[0].enum_options: expected at least one option, as type is enum",
        ),
    ],
)
def test_what_a_tool_is_made_of_is_checked(change: Raw, complaint: str) -> None:
    assert complaints({"custom_tools": [{**TOOL, **change}]}) == [complaint]


@pytest.mark.parametrize(
    "url", ["http://a", "https://{{host}}/x", "{{base}}/x", "https://a/{{ b }}?c={{d}}", "http://[::1]:8/x"]
)
def test_any_part_of_a_url_may_be_a_variable(url: str) -> None:
    assert complaints({"webhook_url": url}) == []


def test_a_hostile_url_is_judged_quickly() -> None:
    assert complaints({"webhook_url": "https://" + "{{a}}" * 50_000 + " "}) != []


def test_transfer_numbers_are_e164_and_never_emergency_numbers() -> None:
    problems = parse(
        Assistant,
        {
            "transfer_phone_number": "0612345678",
            "transfer_destinations": [{"label": "help", "phone_number": "112"}],
        },
    ).problems
    assert [(problem.path, problem.code) for problem in problems] == [
        ("transfer_destinations[0].phone_number", ErrorCode.NUMBER_NOT_ALLOWED),
        ("transfer_phone_number", ErrorCode.INVALID_METADATA),
    ]


def test_outcomes_are_the_six_and_none() -> None:
    assert complaints({"after_call_sms_outcomes": ["interested", "none"]}) == []
    assert len(complaints({"email_notification_outcomes": ["interesting"]})) == 1


def test_a_list_of_addresses_is_checked() -> None:
    assert complaints({"email_notification_address": "a@example.com, b@example.com"}) == []
    complaint = "email_notification_address: expected e-mail addresses, separated by commas"
    assert complaints({"email_notification_address": "a@example.com; b"}) == [complaint]
