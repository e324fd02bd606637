import pytest
from pydantic import JsonValue

from agent import settings
from agent.models.assistant import Assistant
from agent.models.parsing import parse
from agent.plan import ModelPlan, VoicePlan
from agent.problems import ErrorCode
from agent.providers import Source
from agent.selection import STAND_IN_ENDPOINT, Findings, Heard, model_of, recogniser_of, voice_of

KEYS = {
    "OPENAI_API_KEY": "k-openai",
    "OPENROUTER_API_KEY": "k-openrouter",
    "CARTESIA_API_KEY": "k-cartesia",
    "CARTESIA_BASE_URL": "https://cartesia.internal",
    "ELEVEN_API_KEY": "k-eleven",
    "DEEPGRAM_API_KEY": "k-deepgram",
    "VOICE_WORKER_DEDICATED_INSTANCES": (
        '{"ministral-3-8b-instruct": {"base_url": "http://10.0.0.1/v1", "api_key": "k-own", "model": "ministral-8b"}}'
    ),
}


def model(raw: JsonValue, variables: dict[str, str], source: Source = Source.REAL) -> tuple[ModelPlan, Findings]:
    found = Findings()
    chosen = parse(Assistant, {"llm_model": raw}).valid().llm_model
    return model_of(chosen, "assistant.llm_model", settings.of(variables), source, found), found


def voice(
    raw: dict[str, JsonValue], variables: dict[str, str], source: Source = Source.REAL
) -> tuple[VoicePlan, Findings]:
    found = Findings()
    return voice_of(parse(Assistant, raw).valid(), "assistant.voice", settings.of(variables), source, found), found


def reached(plan: ModelPlan | VoicePlan) -> tuple[str, str | None]:
    return plan.endpoint.api_key.get_secret_value(), plan.endpoint.base_url


def test_gpt_4_1_is_openais_and_the_default() -> None:
    chosen: list[JsonValue] = [None, {"type": "dedicated-instance", "name": "gpt-4.1"}]
    for raw in chosen:
        plan, found = model(raw, KEYS)
        assert (plan.kind, plan.name, reached(plan)) == ("openai", "gpt-4.1", ("k-openai", None))
        assert found.problems == []


def test_a_dedicated_instance_has_its_own_endpoint_and_name() -> None:
    plan, found = model({"type": "dedicated-instance", "name": "ministral-3-8b-instruct"}, KEYS)
    assert (plan.kind, plan.name, reached(plan)) == ("openai", "ministral-8b", ("k-own", "http://10.0.0.1/v1"))
    assert found.problems == []


def test_gpt_4_1_may_have_an_instance_too() -> None:
    instance = '{"gpt-4.1": {"base_url": "https://x.example/v1", "api_key": "k"}}'
    plan, _ = model(None, {"VOICE_WORKER_DEDICATED_INSTANCES": instance})
    assert (plan.name, reached(plan)) == ("gpt-4.1", ("k", "https://x.example/v1"))


def test_openrouter_pins_its_provider() -> None:
    raw: JsonValue = {"type": "openrouter", "openrouter_model_id": "a/b", "openrouter_provider": "mistral"}
    plan, _ = model(raw, KEYS)
    assert (plan.kind, plan.name, plan.route, reached(plan)) == ("openrouter", "a/b", "mistral", ("k-openrouter", None))


@pytest.mark.parametrize(
    "url", ["https://x.example/v1", "https://x.example/v1/", "https://x.example/v1/chat/completions"]
)
def test_a_custom_model_is_reached_at_its_base(url: str) -> None:
    plan, _ = model({"type": "custom", "api_url": url, "api_key": "k", "model_name": "m"}, {})
    assert (plan.kind, plan.name, reached(plan)) == ("openai", "m", ("k", "https://x.example/v1"))


def test_realtime_is_refused_by_name() -> None:
    raw: JsonValue = {"type": "realtime", "provider": "openai", "realtime_model_id": "gpt-realtime"}
    for source in Source:
        _, found = model(raw, KEYS, source)
        (problem,) = found.problems
        assert problem.path == "assistant.llm_model.type"
        assert problem.code is ErrorCode.UNSUPPORTED_PROVIDER
        assert "realtime" in problem.message


def test_gradium_is_refused_by_name_wherever_it_is_chosen() -> None:
    _, found = voice({"voice": {"provider": "gradium", "id": "v"}}, KEYS)
    assert str(found.problems[0]).startswith(
        "assistant.voice.provider: expected cartesia or elevenlabs: gradium is not"
    )
    _, found = voice({}, {"VOICE_WORKER_VOICE": '{"provider": "gradium", "id": "v"}'})
    assert found.problems[0].path == "VOICE_WORKER_VOICE"


def test_a_voice_keeps_its_settings() -> None:
    raw: dict[str, JsonValue] = {
        "voice": {"provider": "cartesia", "id": "v", "model": "sonic-3.5", "speed": 0.9, "volume": 1.5},
        "cartesia_dictionary_pronunciation_id": "p",
    }
    plan, _ = voice(raw, KEYS)
    assert (plan.provider, plan.id, plan.model, plan.speed, plan.volume) == ("cartesia", "v", "sonic-3.5", 0.9, 1.5)
    assert plan.pronunciation_id == "p"
    assert reached(plan) == ("k-cartesia", "https://cartesia.internal")
    plan, _ = voice({"voice": {"provider": "elevenlabs", "id": "e", "speed": 1.2}}, KEYS)
    assert (plan.provider, plan.id, plan.model, plan.speed) == ("elevenlabs", "e", "eleven_flash_v2_5", 1.2)


def test_the_settings_voice_is_the_default() -> None:
    plan, _ = voice({}, {**KEYS, "VOICE_WORKER_VOICE": '{"provider": "elevenlabs", "id": "house"}'})
    assert (plan.provider, plan.id) == ("elevenlabs", "house")


@pytest.mark.parametrize(
    ("raw", "setting"),
    [
        ({}, "OPENAI_API_KEY"),
        ({"llm_model": {"type": "openrouter", "openrouter_model_id": "m"}}, "OPENROUTER_API_KEY"),
        (
            {"llm_model": {"type": "dedicated-instance", "name": "ministral-3-8b-instruct"}},
            "VOICE_WORKER_DEDICATED_INSTANCES",
        ),
    ],
)
def test_a_model_without_credentials_names_the_setting(raw: dict[str, JsonValue], setting: str) -> None:
    _, found = model(raw["llm_model"] if raw else None, {})
    assert [(problem.path, problem.code) for problem in found.problems] == [(setting, ErrorCode.MISSING_CREDENTIALS)]


def test_voices_and_recognisers_without_a_key_name_the_setting() -> None:
    assert [problem.path for problem in voice({}, {})[1].problems] == ["CARTESIA_API_KEY"]
    eleven: dict[str, JsonValue] = {"voice": {"provider": "elevenlabs", "id": "v"}}
    assert [problem.path for problem in voice(eleven, {})[1].problems] == ["ELEVEN_API_KEY"]
    found = Findings()
    recogniser_of(Assistant(), "", Heard(settings.of({}), "en", Source.REAL), found)
    assert [problem.path for problem in found.problems] == ["DEEPGRAM_API_KEY"]


def test_a_stand_in_needs_no_credentials_and_gets_none() -> None:
    chosen: list[JsonValue] = [
        None,
        {"type": "dedicated-instance", "name": "ministral-3-8b-instruct"},
        {"type": "openrouter", "openrouter_model_id": "m"},
        {"type": "custom", "api_url": "https://x.example", "api_key": "k", "model_name": "m"},
    ]
    for raw in chosen:
        for variables in ({}, KEYS):
            plan, found = model(raw, variables, Source.STAND_IN)
            assert plan.endpoint == STAND_IN_ENDPOINT
            assert found.problems == []
    assert voice({}, KEYS, Source.STAND_IN)[0].endpoint == STAND_IN_ENDPOINT


def test_soniox_is_replaced_with_a_warning_and_terms_go_along() -> None:
    found = Findings()
    raw: dict[str, JsonValue] = {
        "stt_model": "stt-rt-v5",
        "stt_context": {"terms": ["zirconia"]},
        "prompt": "You call for Lakeside.",
    }
    plan = recogniser_of(
        parse(Assistant, raw).valid(), "assistant.", Heard(settings.of(KEYS), "en", Source.REAL), found
    )
    assert (plan.provider, plan.model, plan.terms) == ("deepgram", "nova-3", ("zirconia", "Lakeside"))
    assert found.warnings == ["assistant.stt_model is not available; Deepgram nova-3 is used"]


def test_terms_there_is_no_room_for_are_a_warning() -> None:
    found = Findings()
    raw: dict[str, JsonValue] = {"stt_context": {"terms": [f"t{index}" for index in range(103)]}}
    recogniser_of(parse(Assistant, raw).valid(), "", Heard(settings.of(KEYS), "en", Source.REAL), found)
    assert found.warnings == ["stt_context has more than the recogniser takes; 3 terms are left out"]
