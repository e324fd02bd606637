"""The assistant: what the product's API says about the agent that holds the conversation."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, SecretStr

from agent.models.section import (
    Delay,
    Flaw,
    Label,
    PhoneNumber,
    Section,
    Share,
    Short,
    Text,
    WebUrl,
    above,
    between,
    matching,
    unique,
)


class DedicatedInstance(Section):
    """A model by name, at an endpoint that the settings know."""

    type: Literal["dedicated-instance"]
    name: Literal["gpt-4.1", "ministral-3-8b-instruct"]


class OpenRouter(Section):
    """A model of OpenRouter's, optionally pinned to one upstream provider."""

    type: Literal["openrouter"]
    openrouter_model_id: Text
    openrouter_provider: Text | None = None


class CustomModel(Section):
    """Any endpoint that speaks chat completions."""

    type: Literal["custom"]
    api_url: WebUrl
    api_key: SecretStr
    model_name: Text


class Realtime(Section):
    """A model that hears and speaks by itself."""

    type: Literal["realtime"]
    provider: Literal["openai", "google"]
    realtime_model_id: Text
    realtime_voice_id: Text | None = None


LlmModel = Annotated[DedicatedInstance | OpenRouter | CustomModel | Realtime, Field(discriminator="type")]


class CartesiaVoice(Section):
    """A voice of Cartesia's."""

    provider: Literal["cartesia"]
    id: Text
    model: Literal["sonic-3", "sonic-3.5"] = "sonic-3"
    speed: Annotated[float, between(0.6, 1.5, "Cartesia")] = 1.0
    volume: Annotated[float, between(0.5, 2.0, "Cartesia")] = 1.0


class ElevenLabsVoice(Section):
    """A voice of ElevenLabs'."""

    provider: Literal["elevenlabs"]
    id: Text
    model: Literal["sonic-3"] = "sonic-3"
    """Present in the API for every provider; means nothing here."""
    speed: Annotated[float, between(0.7, 1.2, "ElevenLabs")] = 1.0
    volume: float = 1.0
    """Ignored."""


class GradiumVoice(Section):
    """A voice of Gradium's."""

    provider: Literal["gradium"]
    id: Text
    model: Literal["sonic-3"] = "sonic-3"
    """Present in the API for every provider; means nothing here."""
    speed: Annotated[float, between(0.6, 1.5, "Gradium")] = 1.0
    volume: float = 1.0
    """Ignored."""


Voice = Annotated[CartesiaVoice | ElevenLabsVoice | GradiumVoice, Field(discriminator="provider")]


class ContextEntry(Section):
    """A fact about the call that helps the recogniser."""

    key: str
    value: str


class SttContext(Section):
    """What the recogniser may expect to hear."""

    general: tuple[ContextEntry, ...] = ()
    terms: tuple[str, ...] = ()


class Pair(Section):
    """A header or a query parameter."""

    key: Text
    value: str = ""


class Header(Pair):
    """An HTTP header."""

    key: Annotated[str, matching(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", "the name of an HTTP header")]
    value: Annotated[str, matching(r"[^\r\n\0]*", "text on one line")] = ""


ValueType = Literal["string", "number", "boolean", "enum", "date", "datetime"]
_NAME = matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", "a name of 1 to 64 letters, digits and _, no digit first")


class _Typed(Section):
    type: ValueType
    required: bool = False
    description: str = ""
    enum_options: tuple[Text, ...] = ()

    @classmethod
    def across(cls, raw: Mapping[str, JsonValue]) -> Iterator[Flaw]:
        if raw.get("type") == "enum" and not raw.get("enum_options"):
            yield "enum_options", "at least one option, as type is enum"


class InputField(_Typed):
    """One argument of a custom tool."""

    name: Annotated[str, _NAME]


class OutputField(_Typed):
    """One value to extract after the call."""

    name: Label


class CustomTool(Section):
    """An HTTP request the model may make."""

    name: Annotated[
        str,
        matching(r"[a-z][a-z0-9_]{0,63}", "lowercase_snake_case of at most 64 characters"),
        matching(r"(?!end_call$).*", "a name other than that of the built-in tool end_call"),
    ]
    description: Text
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    url: WebUrl
    headers: tuple[Header, ...] = ()
    query_params: tuple[Pair, ...] = ()
    body_template: str | None = None
    input_schema: Annotated[tuple[InputField, ...], unique(lambda entry: entry.name, "name")] = ()


class Calendly(Section):
    """A calendar to book in."""

    connection_id: Text
    event_type_id: WebUrl


class TransferDestination(Section):
    """Someone a call can be passed to."""

    label: Label
    phone_number: PhoneNumber


class FaqItem(Section):
    """A question the callee may ask."""

    question: Text
    answer: str = ""
    id: str | None = None
    needs_human_answer: bool = False
    source: Literal["human", "ai"] | None = None


Outcome = Literal[
    "not_interested",
    "interested",
    "completed",
    "requested_callback_later",
    "requested_callback_new_number",
    "do_not_contact",
]
OutcomeFilter = Literal[Outcome, "none"]

ThinkingSound = Literal[
    "audio/city-ambience.ogg",
    "audio/forest-ambience.ogg",
    "audio/office-ambience.ogg",
    "audio/crowded-room.ogg",
    "audio/keyboard-typing.ogg",
    "audio/keyboard-typing2.ogg",
    "audio/hold_music.ogg",
]

_ADDRESSES = matching(r"\s*[^\s@,]+@[^\s@,]+(\s*,\s*[^\s@,]+@[^\s@,]+)*\s*", "e-mail addresses, separated by commas")


class Assistant(Section):
    """The assistant, as its API returns it."""

    null_is_empty: ClassVar[frozenset[str]] = frozenset({"after_call_sms_outcomes", "email_notification_outcomes"})
    accepted: ClassVar[tuple[str, ...]] = ("is_",)

    id: Label | None = None
    name: str | None = None
    type: str | None = None
    prompt: str = ""
    llm_model: LlmModel | None = None

    voice: Voice | None = None
    cartesia_dictionary_pronunciation_id: Text | None = None
    stt_model: Literal["stt-rt-v4", "stt-rt-v5"] | None = None
    stt_context: SttContext = SttContext()

    first_sentence: str = ""
    first_sentence_mode: Literal["static", "generated", "none"] | None = None
    first_sentence_delay_ms: Delay = 400
    end_of_call_sentence: str = ""
    max_call_duration_secs: Annotated[float, above(0, 86_400)] = 600.0
    max_duration_end_message: Short = ""

    background_sound: Literal["audio/office.ogg"] | None = None
    background_sound_volume: Share = 0.5
    thinking_sound: ThinkingSound | None = None
    thinking_sound_volume: Share = 0.5
    thinking_sound_probability: Share = 1.0

    custom_tools: Annotated[tuple[CustomTool, ...], unique(lambda tool: tool.name, "name")] = ()
    ivr_navigation_enabled: bool = False
    voicemail_message: str = ""
    calendly: Calendly | None = None
    transfer_destinations: Annotated[
        tuple[TransferDestination, ...], unique(lambda destination: destination.label, "label")
    ] = ()
    transfer_phone_number: PhoneNumber | None = None
    human_transfer_mode: Literal["warm", "cold"] | None = None
    warm_transfer_summary_instructions: str = ""
    faq_items: tuple[FaqItem, ...] = ()

    voicemail_sms_prompt: str = ""
    after_call_sms_prompt: str = ""
    after_call_sms_outcomes: tuple[OutcomeFilter, ...] | None = None
    """None: every outcome, as older clients mean it; empty: no SMS."""
    sms_enabled: bool = False
    sms_template: str = ""
    structured_output_config: Annotated[tuple[OutputField, ...], unique(lambda entry: entry.name, "name")] = ()
    structured_output_prompt: str = ""
    email_notification_address: Annotated[str, _ADDRESSES] | None = None
    email_notification_outcomes: tuple[OutcomeFilter, ...] | None = None
    """None: every outcome; empty: no e-mail."""
    webhook_url: WebUrl | None = None
    precall_lookup_url: WebUrl | None = None
    from_phone_number: PhoneNumber | None = None

    organization_id: JsonValue = None
    """The scheduler's, as the next four."""
    created_at: JsonValue = None
    updated_at: JsonValue = None
    call_retry_config: JsonValue = None
    pending_faq_count: JsonValue = None
    slack: JsonValue = None
    """Not the worker's, as the next five."""
    zoho: JsonValue = None
    prompt_flow: JsonValue = None
    position: JsonValue = None
    logo_url: JsonValue = None
    created_by: JsonValue = None
