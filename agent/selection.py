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
    TextModel,
    Voice,
)
from agent.plan import Endpoint, ModelPlan, RealtimePlan, RecogniserPlan, Reserve, VoicePlan
from agent.problems import ErrorCode, Problem
from agent.providers import Providers, Source
from agent.settings import Settings
from agent.terms import key_terms, whole_context

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
_GOOGLE = _Service("GOOGLE_API_KEY", "model is Google's", lambda of: (of.google_api_key, of.google_base_url))
_OPENROUTER = _Service(
    "OPENROUTER_API_KEY", "model is OpenRouter's", lambda of: (of.openrouter_api_key, of.openrouter_base_url)
)
_CARTESIA = _Service("CARTESIA_API_KEY", "voice is Cartesia's", lambda of: (of.cartesia_api_key, of.cartesia_base_url))
_ELEVENLABS = _Service("ELEVEN_API_KEY", "voice is ElevenLabs'", lambda of: (of.eleven_api_key, of.eleven_base_url))
_DEEPGRAM = _Service(
    "DEEPGRAM_API_KEY", "recogniser is Deepgram", lambda of: (of.deepgram_api_key, of.deepgram_base_url)
)
_SONIOX = _Service("SONIOX_API_KEY", "recogniser is Soniox", lambda of: (of.soniox_api_key, of.soniox_base_url))
_GRADIUM = _Service("GRADIUM_API_KEY", "voice is Gradium's", lambda of: (of.gradium_api_key, of.gradium_base_url))
STANDARD_MODEL = DedicatedInstance(type="dedicated-instance", name="gpt-4.1")
"""Where neither the attempt nor its assistant names one."""
_COMPLETIONS = "/chat/completions"
_GOOGLES_OWN_VOICE = "Puck"
"""A realtime model of Google's speaks with it where no voice is named."""
_SPOKEN_BY_OPENAI = frozenset(
    ("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse")
)
_GOOGLES_VOICES = """
Achernar Achird Algenib Algieba Alnilam Aoede Autonoe Callirrhoe Charon Despina Enceladus Erinome Fenrir Gacrux Iapetus
Kore Laomedeia Leda Orus Puck Pulcherrima Rasalgethi Sadachbia Sadaltager Schedar Sulafat Umbriel Vindemiatrix Zephyr
Zubenelgenubi
"""
_SPOKEN_BY_GOOGLE = frozenset(_GOOGLES_VOICES.split())
"""Voices that also read out a given text; a model may have others."""


@dataclass
class Findings:
    """What preparing an attempt has found."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    whose: str = "this call's"
    """Whose model, voice and recogniser are looked for."""

    def missing(self, setting: str, owner: str) -> None:
        """Note a setting without which a provider cannot be reached."""
        problem = Problem(setting, f"expected to be set, as {self.whose} {owner}", ErrorCode.MISSING_CREDENTIALS)
        if problem not in self.problems:
            self.problems.append(problem)


def model_of(chosen: LlmModel | None, settings: Settings, source: Source, found: Findings) -> ModelPlan | RealtimePlan:
    """The model."""
    model = chosen or STANDARD_MODEL
    if isinstance(model, Realtime):
        return _realtime(model, settings, source, found)
    return _text_model(model, settings, source, found)


def _text_model(model: TextModel, settings: Settings, source: Source, found: Findings) -> ModelPlan:
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
        case _:
            assert_never(model)


def _realtime(model: Realtime, settings: Settings, source: Source, found: Findings) -> RealtimePlan:
    match model.provider:
        case "openai":
            endpoint, voice = _keyed(_OPENAI, settings, source, found), model.realtime_voice_id
        case "google":
            endpoint = _keyed(_GOOGLE, settings, source, found)
            voice = model.realtime_voice_id or _GOOGLES_OWN_VOICE
        case _:
            assert_never(model.provider)
    return RealtimePlan(model.provider, model.realtime_model_id, endpoint, voice)


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
        expected = f"expected an endpoint for {name}, which is {found.whose} model"
        found.problems.append(Problem("VOICE_WORKER_DEDICATED_INSTANCES", expected, ErrorCode.MISSING_CREDENTIALS))
    return ModelPlan("openai", name, STAND_IN_ENDPOINT)


def own_voice(model: ModelPlan | RealtimePlan, settings: Settings, source: Source, found: Findings) -> VoicePlan | None:
    """The voice that reads out a text as the model itself speaks; None where there is none."""
    match model:
        case RealtimePlan(provider="openai", voice=str(voice)) if voice in _SPOKEN_BY_OPENAI:
            return VoicePlan("openai", voice, settings.openai_voice_model, _keyed(_OPENAI, settings, source, found))
        case RealtimePlan(provider="google", voice=str(voice)) if voice in _SPOKEN_BY_GOOGLE:
            return VoicePlan("google", voice, settings.google_voice_model, _keyed(_GOOGLE, settings, source, found))
        case _:
            return None


def voice_of(assistant: Assistant, settings: Settings, source: Source, found: Findings) -> VoicePlan:
    """The assistant's voice."""
    return _voiced(assistant.voice or settings.voice, assistant, settings, source, found)


def _voiced(voice: Voice, assistant: Assistant, settings: Settings, source: Source, found: Findings) -> VoicePlan:
    match voice:
        case CartesiaVoice():
            endpoint = _keyed(_CARTESIA, settings, source, found)
            pronunciation = assistant.cartesia_dictionary_pronunciation_id
            return VoicePlan("cartesia", voice.id, voice.model, endpoint, voice.speed, voice.volume, pronunciation)
        case ElevenLabsVoice():
            endpoint = _keyed(_ELEVENLABS, settings, source, found)
            return VoicePlan("elevenlabs", voice.id, settings.elevenlabs_model, endpoint, voice.speed)
        case GradiumVoice():
            endpoint = _keyed(_GRADIUM, settings, source, found)
            return VoicePlan("gradium", voice.id, settings.gradium_model, endpoint, voice.speed)
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
    recogniser, left_out = _recogniser(_is_soniox(assistant, path, heard, found), assistant, heard, found)
    if left_out:
        too_much = f"stt_context has more than the recogniser takes; {left_out} terms are left out"
        found.warnings.append(f"{path}{too_much}")
    return recogniser


def _recogniser(soniox: bool, assistant: Assistant, heard: Heard, found: Findings) -> tuple[RecogniserPlan, int]:
    """The recogniser, and how many terms it does not take."""
    settings = heard.settings
    expect = whole_context if soniox else key_terms
    expected = expect(assistant.stt_context, assistant.prompt, heard.language)
    endpoint = _keyed(_SONIOX if soniox else _DEEPGRAM, settings, heard.source, found)
    if soniox:
        model = assistant.stt_model or settings.soniox_model
        return RecogniserPlan("soniox", model, endpoint, expected.terms, expected.facts), expected.left_out
    return RecogniserPlan("deepgram", settings.deepgram_model, endpoint, expected.terms), expected.left_out


def reserve_of(
    assistant: Assistant,
    model: ModelPlan | RealtimePlan,
    heard: Heard,
    providers: Providers,
    found: Findings,
) -> Reserve:
    """What the settings have in reserve. A realtime model has none: it hears and speaks by itself."""
    settings = heard.settings
    found = Findings(found.problems, found.warnings, whose="this call's fallback")
    second, voice, recogniser = settings.fallback_model, settings.fallback_voice, settings.fallback_recogniser
    return Reserve(
        _text_model(second, settings, providers.llm, found) if second and isinstance(model, ModelPlan) else None,
        _voiced(voice, assistant, settings, providers.tts, found) if voice else None,
        _recogniser(recogniser == "soniox", assistant, heard, found)[0] if recogniser else None,
    )


def _is_soniox(assistant: Assistant, path: str, heard: Heard, found: Findings) -> bool:
    settings = heard.settings
    if settings.recogniser == "soniox":
        return True
    if assistant.stt_model is None:
        return False
    if heard.source is Source.STAND_IN or settings.soniox_api_key is not None:
        return True
    instead = f"Deepgram {settings.deepgram_model} is used"
    found.warnings.append(f"{path}stt_model is Soniox's, and SONIOX_API_KEY is not set; {instead}")
    return False


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
