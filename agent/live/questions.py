"""Which providers a call needs, and the cheapest request that tells whether each lets us in. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never
from urllib.parse import quote

from pydantic import SecretStr

from agent.check import Subject
from agent.models.assistant import CustomModel, DedicatedInstance, LlmModel, OpenRouter, Realtime
from agent.plan import Endpoint, RecogniserPlan, VoicePlan
from agent.selection import STAND_IN_ENDPOINT, STANDARD_MODEL
from agent.settings import Settings

CARTESIA_VERSION = "2025-04-16"
"""Of its protocol, as the plugin speaks it."""


@dataclass(frozen=True, slots=True)
class Question:
    """One GET. Equal questions need be asked only once."""

    who: str
    """Whom it is asked, for people."""
    key_from: str
    """The setting or the field that holds the key."""
    url: str = field(repr=False)
    header: str
    """Name of the header that carries the key."""
    key: SecretStr
    scheme: str = ""
    """What stands before the key in the header."""
    version: str | None = None
    """`Cartesia-Version`."""
    voice_from: str | None = None
    """Field or setting of the voice that is asked for; None where none is."""
    model_from: str | None = None
    """The same of the model."""
    may_lack: bool = False
    """Whether the endpoint may do without the page that is asked for."""


def questions(subject: Subject, settings: Settings) -> Iterator[Question]:
    """What to ask. A provider without credentials is left out: that is a problem already."""
    plan, reserve = subject.plan, subject.plan.reserve
    chosen, place = _chosen(subject)
    models = [(chosen, plan.model, place), (settings.fallback_model, reserve.model, "VOICE_WORKER_FALLBACK_MODEL")]
    voices = [(plan.voice, _voice_from(subject)), (reserve.voice, "VOICE_WORKER_FALLBACK_VOICE")]
    for model, plans, where in models:
        if model is not None and plans is not None and plans.endpoint != STAND_IN_ENDPOINT:
            yield _model(model, settings, plans.endpoint, where)
    for voice, where in voices:
        question = _voice(voice, where) if voice is not None and voice.endpoint != STAND_IN_ENDPOINT else None
        if question is not None:
            yield question
    for recogniser in (plan.recogniser, reserve.recogniser):
        if recogniser is not None and recogniser.endpoint != STAND_IN_ENDPOINT:
            yield _recogniser(recogniser)


def _chosen(subject: Subject) -> tuple[LlmModel, str]:
    """The model, and the field it stands in."""
    if subject.attempt.llm_model:
        return subject.attempt.llm_model, "llm_model"
    path = f"{subject.within}." if subject.within else ""
    return subject.assistant.llm_model or STANDARD_MODEL, f"{path}llm_model"


def _model(model: LlmModel, settings: Settings, endpoint: Endpoint, where: str) -> Question:
    match model:
        case OpenRouter():
            base = endpoint.base_url or "https://openrouter.ai/api/v1"
            return _bearer("OpenRouter", "OPENROUTER_API_KEY", f"{_http(base)}/key", endpoint.api_key)
        case CustomModel():
            url = f"{_http(endpoint.base_url or '')}/models"
            return _bearer(where, f"{where}.api_key", url, endpoint.api_key, may_lack=True)
        case DedicatedInstance(name=name) if name in settings.dedicated_instances:
            url = f"{_http(endpoint.base_url or '')}/models"
            instances = "VOICE_WORKER_DEDICATED_INSTANCES"
            return _bearer(f"the instance of {name}", instances, url, endpoint.api_key, may_lack=True)
        case Realtime() as realtime:
            return _realtime(realtime, endpoint, f"{where}.realtime_model_id")
        case DedicatedInstance():  # what has an endpoint of these is gpt-4.1, OpenAI's own
            base = endpoint.base_url or "https://api.openai.com/v1"
            return _bearer("OpenAI", "OPENAI_API_KEY", f"{_http(base)}/models", endpoint.api_key)
        case unknown:
            assert_never(unknown)


def _realtime(model: Realtime, endpoint: Endpoint, model_from: str) -> Question:
    name = quote(model.realtime_model_id.removeprefix("models/"), safe="")
    key = endpoint.api_key
    match model.provider:
        case "openai":
            url = f"{_http(endpoint.base_url or 'https://api.openai.com/v1')}/models/{name}"
            return Question("OpenAI", "OPENAI_API_KEY", url, "Authorization", key, "Bearer ", model_from=model_from)
        case "google":
            base = _http(endpoint.base_url or "https://generativelanguage.googleapis.com")
            url = f"{base}/v1beta/models/{name}"
            return Question("Google", "GOOGLE_API_KEY", url, "x-goog-api-key", key, model_from=model_from)
        case _:
            assert_never(model.provider)


def _voice(plan: VoicePlan, voice_from: str) -> Question | None:
    key, voice = plan.endpoint.api_key, quote(plan.id, safe="")
    match plan.provider:
        case "cartesia":
            base = _http(plan.endpoint.base_url or "https://api.cartesia.ai")
            return Question(
                "Cartesia",
                "CARTESIA_API_KEY",
                f"{base}/voices/{voice}",
                "X-API-Key",
                key,
                version=CARTESIA_VERSION,
                voice_from=voice_from,
            )
        case "elevenlabs":
            base = _http(plan.endpoint.base_url or "https://api.elevenlabs.io/v1")
            return Question(
                "ElevenLabs", "ELEVEN_API_KEY", f"{base}/voices/{voice}", "xi-api-key", key, voice_from=voice_from
            )
        case "gradium":
            # Its voices of the catalogue cannot be looked up one by one.
            base = _http(plan.endpoint.base_url or "wss://api.gradium.ai/api/speech/tts").removesuffix("/speech/tts")
            return Question("Gradium", "GRADIUM_API_KEY", f"{base}/usages/credits", "x-api-key", key)
        case "openai" | "google":
            return None  # the model's own, with the model's key
        case _:
            assert_never(plan.provider)


def _voice_from(subject: Subject) -> str:
    path = f"{subject.within}." if subject.within else ""
    return f"{path}voice.id" if subject.assistant.voice is not None else "VOICE_WORKER_VOICE"


def _recogniser(plan: RecogniserPlan) -> Question:
    # The plugins' base URLs are those of the recognisers themselves.
    key, base_url = plan.endpoint.api_key, plan.endpoint.base_url
    match plan.provider:
        case "deepgram":
            base = _http(base_url or "https://api.deepgram.com/v1/listen").removesuffix("/listen")
            return Question("Deepgram", "DEEPGRAM_API_KEY", f"{base}/auth/token", "Authorization", key, "Token ")
        case "soniox":
            base = _http(base_url or "wss://stt-rt.soniox.com/transcribe-websocket")
            # Each region has a host for requests beside the one for sockets.
            base = base.replace("//stt-rt.", "//api.", 1).removesuffix("/transcribe-websocket")
            own = base_url is not None
            return _bearer("Soniox", "SONIOX_API_KEY", f"{base}/v1/models", key, may_lack=own)
        case _:
            assert_never(plan.provider)


def _bearer(who: str, key_from: str, url: str, key: SecretStr, *, may_lack: bool = False) -> Question:
    return Question(who, key_from, url, "Authorization", key, "Bearer ", may_lack=may_lack)


def _http(url: str) -> str:
    """The same place for a plain request; plugins also take addresses of sockets."""
    return url.replace("ws", "http", 1).rstrip("/") if url.startswith("ws") else url.rstrip("/")
