import pytest
from pydantic import JsonValue

from agent import settings
from agent.models.assistant import Assistant
from agent.models.parsing import parse
from agent.plan import ModelPlan, RealtimePlan, RecogniserPlan, Reserve, VoicePlan
from agent.problems import ErrorCode
from agent.providers import REAL, STAND_INS, Providers, Source
from agent.selection import (
    STAND_IN_ENDPOINT,
    Findings,
    Heard,
    model_of,
    own_voice,
    recogniser_of,
    reserve_of,
    voice_of,
)

KEYS = {
    "OPENAI_API_KEY": "k-openai",
    "OPENROUTER_API_KEY": "k-openrouter",
    "CARTESIA_API_KEY": "k-cartesia",
    "CARTESIA_BASE_URL": "https://cartesia.internal",
    "ELEVEN_API_KEY": "k-eleven",
    "DEEPGRAM_API_KEY": "k-deepgram",
    "GRADIUM_API_KEY": "k-gradium",
    "VOICE_WORKER_DEDICATED_INSTANCES": (
        '{"ministral-3-8b-instruct": {"base_url": "http://10.0.0.1/v1", "api_key": "k-own", "model": "ministral-8b"}}'
    ),
}


def model(raw: JsonValue, variables: dict[str, str], source: Source = Source.REAL) -> tuple[ModelPlan, Findings]:
    found = Findings()
    chosen = parse(Assistant, {"llm_model": raw}).valid().llm_model
    plan = model_of(chosen, settings.of(variables), source, found)
    assert isinstance(plan, ModelPlan)
    return plan, found


def realtime(
    raw: dict[str, JsonValue], variables: dict[str, str], source: Source = Source.REAL
) -> tuple[RealtimePlan, VoicePlan | None, Findings]:
    found = Findings()
    chosen = parse(Assistant, {"llm_model": {"type": "realtime", **raw}}).valid().llm_model
    plan = model_of(chosen, settings.of(variables), source, found)
    assert isinstance(plan, RealtimePlan)
    return plan, own_voice(plan, settings.of(variables), source, found), found


def voice(
    raw: dict[str, JsonValue], variables: dict[str, str], source: Source = Source.REAL
) -> tuple[VoicePlan, Findings]:
    found = Findings()
    return voice_of(parse(Assistant, raw).valid(), settings.of(variables), source, found), found


def recogniser(
    raw: dict[str, JsonValue], variables: dict[str, str], source: Source = Source.REAL
) -> tuple[RecogniserPlan, Findings]:
    found = Findings()
    heard = Heard(settings.of(variables), "en", source)
    return recogniser_of(parse(Assistant, raw).valid(), "assistant.", heard, found), found


def reached(plan: ModelPlan | RealtimePlan | VoicePlan | RecogniserPlan) -> tuple[str, str | None]:
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


def test_a_realtime_model_reads_fixed_sentences_in_its_own_voice() -> None:
    raw: dict[str, JsonValue] = {
        "provider": "openai",
        "realtime_model_id": "gpt-realtime",
        "realtime_voice_id": "marin",
    }
    plan, own, found = realtime(raw, KEYS)
    assert (plan.provider, plan.name, plan.voice, reached(plan)) == (
        "openai",
        "gpt-realtime",
        "marin",
        ("k-openai", None),
    )
    assert own is not None
    assert (own.provider, own.id, own.model) == ("openai", "marin", "gpt-4o-mini-tts")
    assert found.problems == []


def test_a_realtime_voice_that_cannot_read_leaves_it_to_the_assistants() -> None:
    raw: dict[str, JsonValue] = {
        "provider": "openai",
        "realtime_model_id": "gpt-realtime",
        "realtime_voice_id": "voice_1",
    }
    plan, own, _ = realtime(raw, KEYS)
    assert (plan.voice, own) == ("voice_1", None)


def test_without_a_voice_openai_writes_and_google_speaks_with_its_own() -> None:
    openai, own, _ = realtime({"provider": "openai", "realtime_model_id": "gpt-realtime"}, KEYS)
    assert (openai.voice, own) == (None, None)
    google, own, _ = realtime({"provider": "google", "realtime_model_id": "gemini-live"}, {"GOOGLE_API_KEY": "k"})
    assert google.voice == "Puck"
    assert own is not None
    assert (own.provider, own.id) == ("google", "Puck")


def test_a_realtime_model_without_a_key_is_a_problem_of_its_setting_once() -> None:
    raw: dict[str, JsonValue] = {"provider": "google", "realtime_model_id": "gemini-live"}
    _, _, found = realtime(raw, {})
    assert [(problem.path, problem.code) for problem in found.problems] == [
        ("GOOGLE_API_KEY", ErrorCode.MISSING_CREDENTIALS)
    ]
    assert realtime(raw, {}, Source.STAND_IN)[2].problems == []


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


def test_gradium_has_its_model_from_the_settings_and_its_own_range_of_speeds() -> None:
    raw: dict[str, JsonValue] = {"voice": {"provider": "gradium", "id": "g", "speed": 0.6, "volume": 1.9}}
    plan, found = voice(raw, {**KEYS, "GRADIUM_BASE_URL": "wss://eu.api.gradium.ai/api/speech/tts"})
    assert (plan.provider, plan.id, plan.model, plan.speed, plan.volume) == ("gradium", "g", "default", 0.6, 1.0)
    assert reached(plan) == ("k-gradium", "wss://eu.api.gradium.ai/api/speech/tts")
    assert found.problems == []
    house = '{"provider": "gradium", "id": "house"}'
    plan, _ = voice({}, {**KEYS, "VOICE_WORKER_VOICE": house, "VOICE_WORKER_GRADIUM_MODEL": "beta"})
    assert (plan.provider, plan.id, plan.model) == ("gradium", "house", "beta")
    wrong = parse(Assistant, {"voice": {"provider": "gradium", "id": "g", "speed": 1.6}})
    assert [str(problem) for problem in wrong.problems] == [
        "voice.speed: expected a number from 0.6 to 1.5, the range of Gradium"
    ]


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
    gradium: dict[str, JsonValue] = {"voice": {"provider": "gradium", "id": "v"}}
    assert [problem.path for problem in voice(gradium, {})[1].problems] == ["GRADIUM_API_KEY"]
    assert [problem.path for problem in recogniser({}, {})[1].problems] == ["DEEPGRAM_API_KEY"]


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


CONTEXT: dict[str, JsonValue] = {
    "stt_model": "stt-rt-v4",
    "stt_context": {"general": [{"key": "domain", "value": "dentistry"}], "terms": ["zirconia"]},
    "prompt": "You call for Lakeside.",
}


def test_soniox_is_taken_where_its_key_is_set_and_given_the_context_as_it_is() -> None:
    plan, found = recogniser(CONTEXT, {**KEYS, "SONIOX_API_KEY": "k-soniox", "SONIOX_BASE_URL": "wss://s.example/t"})
    assert (plan.provider, plan.model, reached(plan)) == ("soniox", "stt-rt-v4", ("k-soniox", "wss://s.example/t"))
    assert (plan.terms, plan.facts) == (("zirconia", "Lakeside"), (("domain", "dentistry"),))
    assert (found.problems, found.warnings) == ([], [])


def test_soniox_without_a_key_is_replaced_with_a_warning_and_the_context_goes_along() -> None:
    plan, found = recogniser(CONTEXT, KEYS)
    assert (plan.provider, plan.model, plan.terms) == ("deepgram", "nova-3", ("zirconia", "dentistry", "Lakeside"))
    assert (plan.facts, found.problems) == ((), [])
    assert found.warnings == ["assistant.stt_model is Soniox's, and SONIOX_API_KEY is not set; Deepgram nova-3 is used"]


def test_soniox_is_rehearsed_without_a_key() -> None:
    plan, found = recogniser(CONTEXT, {}, Source.STAND_IN)
    assert (plan.provider, plan.model, plan.endpoint) == ("soniox", "stt-rt-v4", STAND_IN_ENDPOINT)
    assert (found.problems, found.warnings) == ([], [])


def test_the_settings_may_choose_soniox_for_every_assistant() -> None:
    chosen = {"VOICE_WORKER_RECOGNISER": "soniox", "SONIOX_API_KEY": "k-soniox"}
    plan, found = recogniser({}, chosen)
    assert (plan.provider, plan.model, found.problems) == ("soniox", "stt-rt-v5", [])
    assert recogniser({}, {**chosen, "VOICE_WORKER_SONIOX_MODEL": "stt-rt-v6"})[0].model == "stt-rt-v6"
    assert recogniser(CONTEXT, {**chosen, "VOICE_WORKER_SONIOX_MODEL": "stt-rt-v6"})[0].model == "stt-rt-v4"
    for raw in ({}, CONTEXT):
        _, found = recogniser(raw, {**KEYS, "VOICE_WORKER_RECOGNISER": "soniox"})
        assert [problem.path for problem in found.problems] == ["SONIOX_API_KEY"]
        assert found.warnings == []


def test_terms_there_is_no_room_for_are_a_warning() -> None:
    raw: dict[str, JsonValue] = {"stt_context": {"terms": [f"t{index}" for index in range(103)]}}
    _, found = recogniser(raw, KEYS)
    assert found.warnings == ["assistant.stt_context has more than the recogniser takes; 3 terms are left out"]


RESERVES = {
    "VOICE_WORKER_FALLBACK_MODEL": '{"type": "dedicated-instance", "name": "ministral-3-8b-instruct"}',
    "VOICE_WORKER_FALLBACK_VOICE": '{"provider": "elevenlabs", "id": "v2", "speed": 1.1}',
    "VOICE_WORKER_FALLBACK_RECOGNISER": "soniox",
}


def reserve(
    variables: dict[str, str], first: dict[str, JsonValue] | None = None, providers: Providers = REAL
) -> tuple[Reserve, Findings]:
    found, given = Findings(), settings.of(variables)
    raw: dict[str, JsonValue] = {"prompt": "You call for Bright Dental.", "llm_model": first}
    assistant = parse(Assistant, raw).valid()
    plan = model_of(assistant.llm_model, given, providers.llm, Findings())
    return reserve_of(assistant, plan, Heard(given, "en", providers.stt), providers, found), found


def test_nothing_is_in_reserve_unless_the_settings_say_so() -> None:
    assert reserve(KEYS)[0] == Reserve()


def test_what_is_in_reserve_is_chosen_and_reached_like_the_first() -> None:
    made, found = reserve({**KEYS, **RESERVES, "SONIOX_API_KEY": "k-soniox"})
    assert made.model is not None and made.voice is not None and made.recogniser is not None
    assert (made.model.name, reached(made.model)) == ("ministral-8b", ("k-own", "http://10.0.0.1/v1"))
    assert (made.voice.provider, made.voice.id, made.voice.speed) == ("elevenlabs", "v2", 1.1)
    assert reached(made.voice) == ("k-eleven", None)
    assert (made.recogniser.provider, reached(made.recogniser)) == ("soniox", ("k-soniox", None))
    assert "Bright Dental" in made.recogniser.terms
    assert found.problems == []


def test_a_realtime_model_has_no_other_in_reserve() -> None:
    realtime_model: dict[str, JsonValue] = {
        "type": "realtime",
        "provider": "openai",
        "realtime_model_id": "gpt-realtime",
    }
    made, _ = reserve({**KEYS, **RESERVES, "SONIOX_API_KEY": "k"}, realtime_model)
    assert made.model is None
    assert made.voice is not None


def test_a_key_that_the_reserve_needs_is_missed_by_real_providers_only() -> None:
    _, found = reserve({**RESERVES, "ELEVEN_API_KEY": "k"})
    assert [(problem.path, problem.message) for problem in found.problems] == [
        (
            "VOICE_WORKER_DEDICATED_INSTANCES",
            "expected an endpoint for ministral-3-8b-instruct, which is this call's fallback model",
        ),
        ("SONIOX_API_KEY", "expected to be set, as this call's fallback recogniser is Soniox"),
    ]
    made, found = reserve(RESERVES, providers=STAND_INS)
    assert found.problems == []
    assert made.recogniser is not None and made.recogniser.endpoint == STAND_IN_ENDPOINT
