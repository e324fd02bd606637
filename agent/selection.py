"""Which model, voice and recogniser a call gets, and what they are reached with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from pydantic import SecretStr

from agent.models.assistant import (
    Assistant,
    CartesiaVoice,
    CustomModel,
    DedicatedInstance,
    ElevenLabsVoice,
    GradiumVoice,
    LlmModel,
    OpenRouter,
    Realtime,
)
from agent.plan import Endpoint, ModelPlan, RecogniserPlan, VoicePlan
from agent.problems import ErrorCode, Problem
from agent.providers import Source
from agent.settings import Settings
from agent.terms import terms

STAND_IN_ENDPOINT = Endpoint(SecretStr("stand-in"))
"""What a stand-in is reached with until its address is known."""


@dataclass(frozen=True, slots=True)
class _Service:
    """A provider that the settings hold a key of."""

    setting: str
    owner: str
    access: Callable[[Settings], tuple[SecretStr | None, str | None]]
    """Its key and its base URL."""


_OPENAI = _Service("OPENAI_API_KEY", "model is OpenAI's", lambda of: (of.openai_api_key, of.openai_base_url))
_OPENROUTER = _Service(
    "OPENROUTER_API_KEY", "model is OpenRouter's", lambda of: (of.openrouter_api_key, of.openrouter_base_url)
)
_CARTESIA = _Service("CARTESIA_API_KEY", "voice is Cartesia's", lambda of: (of.cartesia_api_key, of.cartesia_base_url))
_ELEVENLABS = _Service("ELEVEN_API_KEY", "voice is ElevenLabs'", lambda of: (of.eleven_api_key, of.eleven_base_url))
_DEEPGRAM = _Service(
    "DEEPGRAM_API_KEY", "recogniser is Deepgram", lambda of: (of.deepgram_api_key, of.deepgram_base_url)
)
STANDARD_MODEL = DedicatedInstance(type="dedicated-instance", name="gpt-4.1")
"""Where neither the attempt nor its assistant names one."""
_COMPLETIONS = "/chat/completions"


@dataclass
class Findings:
    """What preparing an attempt has found."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def missing(self, setting: str, owner: str) -> None:
        """Note a setting without which a provider cannot be reached."""
        self.problems.append(
            Problem(setting, f"expected to be set, as this call's {owner}", ErrorCode.MISSING_CREDENTIALS)
        )


def model_of(chosen: LlmModel | None, path: str, settings: Settings, source: Source, found: Findings) -> ModelPlan:
    """The text model. `path` is where it was chosen."""
    model = chosen or STANDARD_MODEL
    match model:
        case DedicatedInstance(name=name):
            return _instance(name, settings, source, found)
        case OpenRouter():
            endpoint = _keyed(_OPENROUTER, settings, source, found)
            return ModelPlan("openrouter", model.openrouter_model_id, endpoint, model.openrouter_provider)
        case CustomModel():
            url = model.api_url.rstrip("/").removesuffix(_COMPLETIONS)
            endpoint = STAND_IN_ENDPOINT if source is Source.STAND_IN else Endpoint(model.api_key, url)
            return ModelPlan("openai", model.model_name, endpoint)
        case Realtime():
            expected = "expected dedicated-instance, openrouter or custom: realtime models are not supported yet"
            found.problems.append(Problem(f"{path}.type", expected, ErrorCode.UNSUPPORTED_PROVIDER))
            return ModelPlan("openai", model.realtime_model_id, STAND_IN_ENDPOINT)
        case _:
            assert_never(model)


def _instance(name: str, settings: Settings, source: Source, found: Findings) -> ModelPlan:
    instances = settings.dedicated_instances
    if name in instances:
        instance = instances[name]
        endpoint = Endpoint(instance.api_key, instance.base_url)
        return ModelPlan("openai", instance.model or name, STAND_IN_ENDPOINT if source is Source.STAND_IN else endpoint)
    if name == STANDARD_MODEL.name:
        endpoint = _keyed(_OPENAI, settings, source, found)
        return ModelPlan("openai", name, endpoint)
    if source is Source.REAL:
        expected = f"expected an endpoint for {name}, which is this call's model"
        found.problems.append(Problem("VOICE_WORKER_DEDICATED_INSTANCES", expected, ErrorCode.MISSING_CREDENTIALS))
    return ModelPlan("openai", name, STAND_IN_ENDPOINT)


def voice_of(assistant: Assistant, path: str, settings: Settings, source: Source, found: Findings) -> VoicePlan:
    """The voice. `path` is the assistant's field."""
    voice = assistant.voice or settings.voice
    match voice:
        case CartesiaVoice():
            endpoint = _keyed(_CARTESIA, settings, source, found)
            pronunciation = assistant.cartesia_dictionary_pronunciation_id
            return VoicePlan("cartesia", voice.id, voice.model, endpoint, voice.speed, voice.volume, pronunciation)
        case ElevenLabsVoice():
            endpoint = _keyed(_ELEVENLABS, settings, source, found)
            return VoicePlan("elevenlabs", voice.id, settings.elevenlabs_model, endpoint, voice.speed)
        case GradiumVoice():
            where = f"{path}.provider" if assistant.voice else "VOICE_WORKER_VOICE"
            expected = "expected cartesia or elevenlabs: gradium is not supported yet"
            found.problems.append(Problem(where, expected, ErrorCode.UNSUPPORTED_PROVIDER))
            return VoicePlan("cartesia", voice.id, voice.model, STAND_IN_ENDPOINT)
        case _:
            assert_never(voice)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser is chosen for."""

    settings: Settings
    language: str
    source: Source


def recogniser_of(assistant: Assistant, path: str, heard: Heard, found: Findings) -> RecogniserPlan:
    """The recogniser. `path` is the prefix of the assistant's fields; its texts are filled in."""
    settings = heard.settings
    if assistant.stt_model is not None:
        found.warnings.append(f"{path}stt_model is not available; Deepgram {settings.deepgram_model} is used")
    words, left_out = terms(assistant.stt_context, assistant.prompt, heard.language)
    if left_out:
        found.warnings.append(f"{path}stt_context has more than the recogniser takes; {left_out} terms are left out")
    endpoint = _keyed(_DEEPGRAM, settings, heard.source, found)
    return RecogniserPlan("deepgram", settings.deepgram_model, endpoint, words)


def _keyed(service: _Service, settings: Settings, source: Source, found: Findings) -> Endpoint:
    match source:
        case Source.STAND_IN:
            return STAND_IN_ENDPOINT
        case Source.REAL:
            key, url = service.access(settings)
            if key is None:
                found.missing(service.setting, service.owner)
                return STAND_IN_ENDPOINT
            return Endpoint(key, url)
        case _:
            assert_never(source)
