import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent import settings
from agent.check import check
from agent.live.questions import Question, questions

KEYS = {
    "OPENAI_API_KEY": "k-openai",
    "OPENROUTER_API_KEY": "k-openrouter",
    "CARTESIA_API_KEY": "k-cartesia",
    "ELEVEN_API_KEY": "k-eleven",
    "DEEPGRAM_API_KEY": "k-deepgram",
    "GOOGLE_API_KEY": "k-google",
}


def asked(
    folder: Path, assistant: dict[str, Any], variables: dict[str, str] | None = None, **attempt: Any
) -> list[Question]:
    path = folder / "assistant.json"
    path.write_text(json.dumps({"assistant": assistant, **attempt}))
    given = settings.of(KEYS if variables is None else variables)
    [verdict] = check([path], given, datetime(2026, 3, 9, tzinfo=UTC))
    assert verdict.subject is not None
    return list(questions(verdict.subject, given))


def test_the_usual_assistant_needs_three_providers(tmp_path: Path) -> None:
    model, voice, recogniser = asked(tmp_path, {})
    assert (model.who, model.url, model.header, model.scheme) == (
        "OpenAI",
        "https://api.openai.com/v1/models",
        "Authorization",
        "Bearer ",
    )
    assert (voice.who, voice.url, voice.header, voice.voice_from) == (
        "Cartesia",
        "https://api.cartesia.ai/voices/f786b574-daa5-4673-aa0c-cbe3e8534c02",
        "X-API-Key",
        "VOICE_WORKER_VOICE",
    )
    assert (recogniser.who, recogniser.url, recogniser.scheme) == (
        "Deepgram",
        "https://api.deepgram.com/v1/auth/token",
        "Token ",
    )
    assert [question.key.get_secret_value() for question in (model, voice, recogniser)] == [
        "k-openai",
        "k-cartesia",
        "k-deepgram",
    ]


def test_base_urls_are_honoured_as_the_plugins_take_them(tmp_path: Path) -> None:
    bases = {
        "OPENAI_BASE_URL": "http://127.0.0.1:1/o/v1/",
        "ELEVEN_BASE_URL": "wss://127.0.0.1:2/e/v1",
        "DEEPGRAM_BASE_URL": "ws://127.0.0.1:3/d/v1/listen",
    }
    voice = {"provider": "elevenlabs", "id": "a/b"}
    assert [(question.who, question.url) for question in asked(tmp_path, {"voice": voice}, {**KEYS, **bases})] == [
        ("OpenAI", "http://127.0.0.1:1/o/v1/models"),
        ("ElevenLabs", "https://127.0.0.1:2/e/v1/voices/a%2Fb"),
        ("Deepgram", "http://127.0.0.1:3/d/v1/auth/token"),
    ]


def test_every_kind_of_model_is_asked_with_its_own_key(tmp_path: Path) -> None:
    custom = {"type": "custom", "api_url": "https://x.test/v1/chat/completions", "api_key": "k-own", "model_name": "m"}
    question = asked(tmp_path, {"llm_model": custom})[0]
    assert (question.key_from, question.url, question.key.get_secret_value(), question.may_lack) == (
        "assistant.llm_model.api_key",
        "https://x.test/v1/models",
        "k-own",
        True,
    )
    question = asked(tmp_path, {"llm_model": {"type": "openrouter", "openrouter_model_id": "m"}})[0]
    assert (question.key_from, question.url) == ("OPENROUTER_API_KEY", "https://openrouter.ai/api/v1/key")
    instances = {"ministral-3-8b-instruct": {"base_url": "https://m.test/v1", "api_key": "k-m"}}
    own = {**KEYS, "VOICE_WORKER_DEDICATED_INSTANCES": json.dumps(instances)}
    dedicated = {"type": "dedicated-instance", "name": "ministral-3-8b-instruct"}
    question = asked(tmp_path, {"llm_model": dedicated}, own)[0]
    assert (question.key_from, question.url) == ("VOICE_WORKER_DEDICATED_INSTANCES", "https://m.test/v1/models")
    own["VOICE_WORKER_DEDICATED_INSTANCES"] = json.dumps({"gpt-4.1": instances["ministral-3-8b-instruct"]})
    assert asked(tmp_path, {}, own)[0].url == "https://m.test/v1/models"


def test_what_is_in_reserve_is_asked_as_well(tmp_path: Path) -> None:
    reserve = {
        "VOICE_WORKER_FALLBACK_MODEL": '{"type": "openrouter", "openrouter_model_id": "m"}',
        "VOICE_WORKER_FALLBACK_VOICE": '{"provider": "elevenlabs", "id": "v2"}',
        "VOICE_WORKER_FALLBACK_RECOGNISER": "soniox",
        "SONIOX_API_KEY": "k-soniox",
    }
    questions = asked(tmp_path, {}, {**KEYS, **reserve})
    assert [question.who for question in questions] == [
        "OpenAI",
        "OpenRouter",
        "Cartesia",
        "ElevenLabs",
        "Deepgram",
        "Soniox",
    ]
    assert questions[3].voice_from == "VOICE_WORKER_FALLBACK_VOICE"


def realtime(provider: str, name: str, **more: str) -> dict[str, str]:
    return {"type": "realtime", "provider": provider, "realtime_model_id": name, **more}


def test_google_is_asked_for_its_realtime_model_which_needs_no_other_voice(tmp_path: Path) -> None:
    model, recogniser = asked(tmp_path, {"llm_model": realtime("google", "models/gemini-live")})
    assert (model.who, model.url, model.header, model.scheme) == (
        "Google",
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-live",
        "x-goog-api-key",
        "",
    )
    assert (model.key_from, model.key.get_secret_value()) == ("GOOGLE_API_KEY", "k-google")
    assert model.model_from == "assistant.llm_model.realtime_model_id"
    assert recogniser.who == "Deepgram"


def test_google_is_asked_where_it_is_reached(tmp_path: Path) -> None:
    own = {**KEYS, "GOOGLE_BASE_URL": "https://127.0.0.1:5/g/"}
    question = asked(tmp_path, {"llm_model": realtime("google", "a/b")}, own)[0]
    assert question.url == "https://127.0.0.1:5/g/v1beta/models/a%2Fb"


def test_openai_is_asked_for_its_realtime_model(tmp_path: Path) -> None:
    model, _ = asked(tmp_path, {"llm_model": realtime("openai", "gpt-realtime", realtime_voice_id="marin")})
    assert (model.who, model.url, model.header, model.scheme) == (
        "OpenAI",
        "https://api.openai.com/v1/models/gpt-realtime",
        "Authorization",
        "Bearer ",
    )
    assert (model.key_from, model.key.get_secret_value()) == ("OPENAI_API_KEY", "k-openai")


def test_an_attempts_own_model_is_named_where_it_stands(tmp_path: Path) -> None:
    question = asked(tmp_path, {}, llm_model=realtime("google", "gemini-live"), direction="inbound")[0]
    assert (question.who, question.model_from) == ("Google", "llm_model.realtime_model_id")


def test_without_credentials_nothing_is_asked(tmp_path: Path) -> None:
    assert asked(tmp_path, {}, {}) == []
    assert asked(tmp_path, {"llm_model": realtime("google", "gemini-live")}, {}) == []


def test_a_question_shows_no_key(tmp_path: Path) -> None:
    assert "k-" not in repr(asked(tmp_path, {}))


def test_gradium_and_soniox_are_asked_where_their_sockets_are(tmp_path: Path) -> None:
    keys = {**KEYS, "GRADIUM_API_KEY": "k-gradium", "SONIOX_API_KEY": "k-soniox"}
    assistant = {"voice": {"provider": "gradium", "id": "v"}, "stt_model": "stt-rt-v5"}
    _, voice, recogniser = asked(tmp_path, assistant, keys)
    assert (voice.who, voice.url, voice.header, voice.scheme, voice.voice_from) == (
        "Gradium",
        "https://api.gradium.ai/api/usages/credits",
        "x-api-key",
        "",
        None,
    )
    assert (recogniser.who, recogniser.url, recogniser.scheme, recogniser.may_lack) == (
        "Soniox",
        "https://api.soniox.com/v1/models",
        "Bearer ",
        False,
    )
    assert [one.key.get_secret_value() for one in (voice, recogniser)] == ["k-gradium", "k-soniox"]
    assert [one.key_from for one in (voice, recogniser)] == ["GRADIUM_API_KEY", "SONIOX_API_KEY"]

    bases = {
        "GRADIUM_BASE_URL": "wss://eu.api.gradium.ai/api/speech/tts",
        "SONIOX_BASE_URL": "wss://stt-rt.eu.soniox.com/transcribe-websocket",
    }
    _, voice, recogniser = asked(tmp_path, assistant, {**keys, **bases})
    assert voice.url == "https://eu.api.gradium.ai/api/usages/credits"
    assert recogniser.url == "https://api.eu.soniox.com/v1/models"
    bases = {"SONIOX_BASE_URL": "http://127.0.0.1:4/s/transcribe-websocket"}
    _, _, recogniser = asked(tmp_path, assistant, {**keys, **bases})
    assert (recogniser.url, recogniser.may_lack) == ("http://127.0.0.1:4/s/v1/models", True)
