"""Settings: the environment and `.env`, read once. `python -m agent.settings` prints them as a table."""

import re
import sys
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from agent.models.assistant import CartesiaVoice, TextModel, Voice
from agent.models.attempt import Language, SigningSecret, Timezone
from agent.models.section import Section, Text, WebUrl, above, between, expected, has_address
from agent.numbers import REGIONS
from agent.problems import Problem, SettingsInvalid

_SCHEMES = frozenset({"http", "https", "ws", "wss"})
_PRINTABLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


def _key(value: SecretStr) -> SecretStr:
    if _PRINTABLE.fullmatch(value.get_secret_value()) is None:
        raise expected("a key: printable ASCII without spaces")
    return value


def _base_url(value: str) -> str:
    if not has_address(value) or urlsplit(value).scheme not in _SCHEMES or _PRINTABLE.fullmatch(value) is None:
        raise expected("a URL such as https://host/path")
    return value


def _address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        # What is made of figures only would have been an address.
        if _NAME.fullmatch(value) is None or value.replace(".", "").isdecimal():
            raise expected("an IP address or the name of a host") from None
    return value


ApiKey = Annotated[SecretStr, AfterValidator(_key)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Address = Annotated[str, AfterValidator(_address)]


class Instance(Section):
    """An endpoint that serves a model by name."""

    base_url: Annotated[WebUrl, AfterValidator(_base_url)]
    api_key: ApiKey
    model: Text | None = None
    """None: the same name."""


class Price(Section):
    """What a model costs, per million tokens, in whatever currency."""

    input: Annotated[float, between(0, 100_000)]
    output: Annotated[float, between(0, 100_000)]
    cached: Annotated[float, between(0, 100_000)] | None = None
    """Of input that the provider remembers; None: as `input`."""


_INSTANCES = TypeAdapter(dict[str, Instance])
_PRICES = TypeAdapter(dict[str, Price])
_MODEL: TypeAdapter[TextModel] = TypeAdapter(TextModel)
_VOICE: TypeAdapter[Voice] = TypeAdapter(Voice)
_RECOGNISERS = ("deepgram", "soniox")
_REDIS = re.compile(r"(rediss?|unix)://\S+")
_MOST_SILENCES = 5
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s/@:\[\]]+)(:[0-9]{1,5})?")


def _instances(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return _INSTANCES.validate_json(text)
    except ValidationError:
        raise expected('JSON such as {"<model>": {"base_url": "…", "api_key": "…", "model": "…"}}') from None


def _model(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return _MODEL.validate_json(text)
    except ValidationError:
        raise expected('JSON such as {"type": "dedicated-instance", "name": "…"}, of a text model') from None


def _voice(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return _VOICE.validate_json(text)
    except ValidationError:
        raise expected('JSON such as {"provider": "cartesia", "id": "…", "speed": 1.1}, in its range') from None


def _prices(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return _PRICES.validate_json(text)
    except ValidationError:
        raise expected('JSON such as {"<model>": {"input": 2, "output": 8, "cached": 0.5}}') from None


def _recogniser(text: object) -> object:
    if text not in _RECOGNISERS:
        raise expected(f"{' or '.join(_RECOGNISERS)}")
    return text


def _redis_url(value: SecretStr) -> SecretStr:
    if _REDIS.fullmatch(value.get_secret_value()) is None:
        raise expected("a URL such as redis://127.0.0.1:6379/0")
    return value


def _listed(text: object) -> object:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else text


def _hosts(text: object) -> object:
    hosts = _listed(text)
    if isinstance(hosts, tuple) and not all(_HOST.fullmatch(host) for host in hosts):
        raise expected("hosts or host:port, separated by commas")
    return frozenset(host.lower() for host in hosts) if isinstance(hosts, tuple) else hosts


def _silences(text: object) -> object:
    parts = _listed(text)
    try:
        silences = tuple(map(float, parts)) if isinstance(parts, tuple) else ()
    except ValueError:
        silences = ()
    if not 1 <= len(silences) <= _MOST_SILENCES or not all(1 <= silence <= 600 for silence in silences):
        raise expected("one to five numbers of seconds between 1 and 600, separated by commas")
    return silences


def _countries(text: object) -> object:
    countries = _listed(text)
    if not isinstance(countries, tuple):
        return countries
    codes = frozenset(country.upper() for country in countries)
    if not codes <= REGIONS:
        raise expected("ISO 3166 country codes of two letters, separated by commas")
    return codes


_KATIE = CartesiaVoice(provider="cartesia", id="f786b574-daa5-4673-aa0c-cbe3e8534c02")


def _setting(name: str, meaning: str, default: Any = None) -> Any:
    return Field(default, validation_alias=name, description=meaning)


class Settings(BaseSettings):
    """Everything the environment decides."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        case_sensitive=True,
    )

    openai_api_key: ApiKey | None = _setting("OPENAI_API_KEY", "key of OpenAI, which serves gpt-4.1")
    openai_base_url: BaseUrl | None = _setting("OPENAI_BASE_URL", "where OpenAI is reached")
    google_api_key: ApiKey | None = _setting("GOOGLE_API_KEY", "key of Google, for its realtime models")
    google_base_url: BaseUrl | None = _setting("GOOGLE_BASE_URL", "where Google is reached")
    openrouter_api_key: ApiKey | None = _setting("OPENROUTER_API_KEY", "key of OpenRouter")
    openrouter_base_url: BaseUrl | None = _setting("OPENROUTER_BASE_URL", "where OpenRouter is reached")
    cartesia_api_key: ApiKey | None = _setting("CARTESIA_API_KEY", "key of Cartesia")
    cartesia_base_url: BaseUrl | None = _setting("CARTESIA_BASE_URL", "where Cartesia is reached")
    eleven_api_key: ApiKey | None = _setting("ELEVEN_API_KEY", "key of ElevenLabs")
    eleven_base_url: BaseUrl | None = _setting("ELEVEN_BASE_URL", "where ElevenLabs is reached")
    deepgram_api_key: ApiKey | None = _setting("DEEPGRAM_API_KEY", "key of Deepgram")
    deepgram_base_url: BaseUrl | None = _setting("DEEPGRAM_BASE_URL", "where Deepgram is reached")
    soniox_api_key: ApiKey | None = _setting("SONIOX_API_KEY", "key of Soniox")
    soniox_base_url: BaseUrl | None = _setting("SONIOX_BASE_URL", "where Soniox is reached")
    gradium_api_key: ApiKey | None = _setting("GRADIUM_API_KEY", "key of Gradium")
    gradium_base_url: BaseUrl | None = _setting("GRADIUM_BASE_URL", "where Gradium is reached")

    dedicated_instances: Annotated[Mapping[str, Instance], NoDecode, BeforeValidator(_instances)] = _setting(
        "VOICE_WORKER_DEDICATED_INSTANCES",
        "JSON: name of a dedicated instance → `{base_url, api_key, model}`; gpt-4.1 is OpenAI's where it is not named",
        {},
    )
    voice: Annotated[Voice, NoDecode, BeforeValidator(_voice)] = _setting(
        "VOICE_WORKER_VOICE",
        "JSON: the voice of an assistant that names none, written as the assistant's `voice`",
        _KATIE,
    )
    elevenlabs_model: Text = _setting(
        "VOICE_WORKER_ELEVENLABS_MODEL", "model of ElevenLabs voices", "eleven_flash_v2_5"
    )
    openai_voice_model: Text = _setting(
        "VOICE_WORKER_OPENAI_VOICE_MODEL",
        "model that speaks fixed sentences in the voice of a realtime model of OpenAI's",
        "gpt-4o-mini-tts",
    )
    google_voice_model: Text = _setting(
        "VOICE_WORKER_GOOGLE_VOICE_MODEL", "the same for Google's", "gemini-3.1-flash-tts-preview"
    )
    gradium_model: Text = _setting("VOICE_WORKER_GRADIUM_MODEL", "model of Gradium voices", "default")
    recogniser: Annotated[Literal["deepgram", "soniox"], BeforeValidator(_recogniser)] = _setting(
        "VOICE_WORKER_RECOGNISER", "recogniser of an assistant without `stt_model`: `deepgram` or `soniox`", "deepgram"
    )
    deepgram_model: Text = _setting("VOICE_WORKER_DEEPGRAM_MODEL", "model of Deepgram, where it recognises", "nova-3")
    soniox_model: Text = _setting(
        "VOICE_WORKER_SONIOX_MODEL",
        "model of Soniox, where it recognises for an assistant without `stt_model`",
        "stt-rt-v5",
    )
    fallback_model: Annotated[TextModel | None, NoDecode, BeforeValidator(_model)] = _setting(
        "VOICE_WORKER_FALLBACK_MODEL",
        "JSON: the text model that answers when another does not, written as the assistant's `llm_model`",
    )
    fallback_voice: Annotated[Voice | None, NoDecode, BeforeValidator(_voice)] = _setting(
        "VOICE_WORKER_FALLBACK_VOICE", "JSON: the voice that speaks when another does not, as the assistant's `voice`"
    )
    fallback_recogniser: Annotated[Literal["deepgram", "soniox"], BeforeValidator(_recogniser)] | None = _setting(
        "VOICE_WORKER_FALLBACK_RECOGNISER", "recogniser that hears when another does not: `deepgram` or `soniox`"
    )
    persona_model: Text = _setting(
        "VOICE_WORKER_PERSONA_MODEL",
        "model of OpenAI that plays a callee with a persona, where it is real",
        "gpt-4.1-mini",
    )
    language: Language = _setting("VOICE_WORKER_LANGUAGE", "language of a call where none is given or detected", "en")
    timezone: Timezone = _setting(
        "VOICE_WORKER_TIMEZONE", "time zone of a call where the number has not just one", "UTC"
    )
    allowed_countries: Annotated[frozenset[str], NoDecode, BeforeValidator(_countries)] = _setting(
        "VOICE_WORKER_ALLOWED_COUNTRIES", "countries that may be called, as `FR,BE`; none: all", frozenset()
    )
    allowed_hosts: Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)] = _setting(
        "VOICE_WORKER_ALLOWED_HOSTS", "hosts or host:port that tools may reach although private, by commas", frozenset()
    )
    api_key: ApiKey | None = _setting("VOICE_WORKER_API_KEY", "bearer token that `assistant_url` is fetched with")
    data_dir: Path = _setting("VOICE_WORKER_DATA_DIR", "folder the calls are written into", Path("calls"))
    inactivity_secs: Annotated[tuple[float, ...], NoDecode, BeforeValidator(_silences)] = _setting(
        "VOICE_WORKER_INACTIVITY_SECS",
        "silences of both sides, by commas: after each but the last the callee is asked whether they are still there, "
        "after the last the call ends as `user_inactive`",
        (8.0, 8.0, 6.0),
    )
    wordless_secs: Annotated[float, between(5, 3600)] = _setting(
        "VOICE_WORKER_WORDLESS_SECS",
        "time without a recognised word of the callee's after which a call ends as `user_inactive`, whatever is heard",
        60.0,
    )
    reply_secs: Annotated[float, above(0, 600)] = _setting(
        "VOICE_WORKER_REPLY_SECS", "longest wait for the first sound of a reply before a call is given up", 20.0
    )
    endpointing_secs: Annotated[float, between(0.3, 10)] = _setting(
        "VOICE_WORKER_ENDPOINTING_SECS",
        "longest silence of the callee's before they are answered although they may not have finished",
        2.0,
    )
    speech_ahead: bool = _setting(
        "VOICE_WORKER_SPEECH_AHEAD",
        "whether replies are spoken, unheard, before the callee's turn is known to be over: quicker, and dearer",
        True,
    )
    livekit_url: BaseUrl | None = _setting("LIVEKIT_URL", "LiveKit server the worker registers with")
    livekit_api_key: Text | None = _setting("LIVEKIT_API_KEY", "key of that server")
    livekit_api_secret: ApiKey | None = _setting("LIVEKIT_API_SECRET", "secret of that key")
    agent_name: Text = _setting("VOICE_WORKER_AGENT_NAME", "name that attempts are dispatched to", "voice-worker")
    sip_trunk_id: Text | None = _setting(
        "VOICE_WORKER_SIP_TRUNK_ID", "outbound trunk of an attempt that names none in `sip.trunk_id`"
    )
    callback_secret: SigningSecret | None = _setting(
        "VOICE_WORKER_CALLBACK_SECRET", "`whsec_…` that events are signed with where the attempt brings no secret"
    )
    recording: bool = _setting(
        "VOICE_WORKER_RECORDING", "whether calls are recorded where the attempt does not say", False
    )
    host: Address = _setting("VOICE_WORKER_HOST", "address of the health and metrics endpoints", "127.0.0.1")
    health_port: Annotated[int, between(0, 65535)] = _setting(
        "VOICE_WORKER_HEALTH_PORT", "port of the health endpoint; 0: any free one", 8081
    )
    metrics_port: Annotated[int, between(0, 65535)] | None = _setting(
        "VOICE_WORKER_METRICS_PORT", "port of the Prometheus endpoint; none: there is none"
    )
    load_threshold: Annotated[float, above(0)] = _setting(
        "VOICE_WORKER_LOAD_THRESHOLD", "CPU load (0 to 1) above which no more calls are taken; 1 or more: no limit", 0.7
    )
    idle_processes: Annotated[int, between(0, 100)] = _setting(
        "VOICE_WORKER_IDLE_PROCESSES", "processes that wait, warm, for a call", 2
    )
    drain_secs: Annotated[float, above(0)] = _setting(
        "VOICE_WORKER_DRAIN_SECS", "longest time running calls are given after SIGTERM", 3600.0
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] | None = _setting(
        "VOICE_WORKER_REDIS_URL", "where the workers of a fleet remember attempts together; none: in the data folder"
    )
    claim_days: Annotated[float, between(1, 365)] = _setting(
        "VOICE_WORKER_CLAIM_DAYS", "days an attempt is remembered, so that a second dispatch does not dial again", 7.0
    )
    calls_at_once: Annotated[int, between(0, 10_000)] = _setting(
        "VOICE_WORKER_CALLS_AT_ONCE", "calls this worker may have on one trunk at once; 0: any number", 0
    )
    calls_per_sec: Annotated[float, between(0, 1000)] = _setting(
        "VOICE_WORKER_CALLS_PER_SEC", "new calls a second this worker may place on one trunk; 0: any number", 0.0
    )
    report_prompt: bool = _setting("VOICE_WORKER_REPORT_PROMPT", "whether `llm_system_prompt` is reported", False)
    prices: Annotated[Mapping[str, Price], NoDecode, BeforeValidator(_prices)] = _setting(
        "VOICE_WORKER_PRICES",
        "JSON: name of a model → `{input, output, cached}`, prices per million tokens, for `console` and `compare`",
        {},
    )
    editor: Text = _setting("EDITOR", "what `console` edits a prompt with", "vi")


class _Given(Settings):
    """Settings from given values alone."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def load() -> Settings:
    """The settings of this process. Raises `SettingsInvalid`, which names the variables."""
    try:
        return Settings()
    except ValidationError as error:
        raise _invalid(error) from None
    except (OSError, UnicodeError):
        raise SettingsInvalid([Problem(".env", "expected a readable file in UTF-8")]) from None


def of(variables: Mapping[str, str]) -> Settings:
    """The settings, were these variables the whole environment. Raises `SettingsInvalid`."""
    given: dict[str, Any] = {name: value for name, value in variables.items() if value}
    try:
        return _Given(**given)
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> SettingsInvalid:
    details = error.errors(include_url=False, include_input=False)
    return SettingsInvalid([Problem(str(detail["loc"][0]), _expectation(detail)) for detail in details])


def _expectation(detail: ErrorDetails) -> str:
    if "ctx" in detail and "what" in detail["ctx"]:
        return str(detail["ctx"]["what"])
    return _EXPECTED.get(detail["type"], "expected another kind of value")


_EXPECTED = {
    "float_parsing": "expected a number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a whole number, and a smaller one",
    "bool_parsing": "expected true or false",
    "path_type": "expected a path",
}


def table() -> str:
    """The settings as a Markdown table: name, default, meaning."""
    rows = ["| name | default | meaning |", "|---|---|---|"]
    return "\n".join([*rows, *(_row(info) for info in Settings.model_fields.values())])


def _row(info: FieldInfo) -> str:
    return f"| `{info.validation_alias}` | {_default(info.default)} | {info.description} |"


def _default(value: object) -> str:
    match value:
        case CartesiaVoice():
            return "Cartesia's Katie"
        case bool():
            return f"`{str(value).lower()}`"
        case int() | float():
            return f"`{value:g}`"
        case tuple():
            return f"`{','.join(f'{part:g}' for part in value)}`"
        case str() | Path():
            return f"`{value}`"
        case _:
            return "none"


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
