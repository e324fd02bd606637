"""The assistant: what the product's API says about the agent that holds the conversation."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, JsonValue, SecretStr

from agent.models.section import (
    EDITORS,
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
    """The kind of model; it says which other fields there are."""
    name: Literal["gpt-4.1", "ministral-3-8b-instruct"]
    """OpenAI serves gpt-4.1 unless `VOICE_WORKER_DEDICATED_INSTANCES` names an endpoint for it."""


class OpenRouter(Section):
    """A model of OpenRouter's, optionally pinned to one upstream provider."""

    type: Literal["openrouter"]
    """The kind of model; it says which other fields there are."""
    openrouter_model_id: Text
    """As OpenRouter names it, with its maker: `mistralai/mistral-small-3.2-24b-instruct`."""
    openrouter_provider: Text | None = None
    """The only upstream provider that may serve it; left out: OpenRouter chooses."""


class CustomModel(Section):
    """Any endpoint that speaks chat completions."""

    type: Literal["custom"]
    """The kind of model; it says which other fields there are."""
    api_url: WebUrl
    """Base URL of the endpoint, which `/chat/completions` is added to."""
    api_key: SecretStr
    """Sent as a bearer token; never logged nor reported."""
    model_name: Text
    """As the endpoint names it."""


class Realtime(Section):
    """A model that hears and speaks by itself."""

    type: Literal["realtime"]
    """The kind of model; it says which other fields there are."""
    provider: Literal["openai", "google"]
    """Who serves it."""
    realtime_model_id: Text
    """As the provider names it."""
    realtime_voice_id: Text | None = None
    """A voice of the provider's; left out: the assistant's `voice` speaks for OpenAI's, Google's has one of its own."""


TextModel = Annotated[DedicatedInstance | OpenRouter | CustomModel, Field(discriminator="type")]
LlmModel = Annotated[DedicatedInstance | OpenRouter | CustomModel | Realtime, Field(discriminator="type")]


class CartesiaVoice(Section):
    """A voice of Cartesia's."""

    provider: Literal["cartesia"]
    """Whose voice it is; it says which ranges the other fields have."""
    id: Text
    """The voice, as the provider names it."""
    model: Literal["sonic-3", "sonic-3.5"] = "sonic-3"
    """The model that speaks."""
    speed: Annotated[float, between(0.6, 1.5, "Cartesia")] = 1.0
    """Of speech; 1 is the voice's own."""
    volume: Annotated[float, between(0.5, 2.0, "Cartesia")] = 1.0
    """Of speech; 1 is the voice's own."""


class ElevenLabsVoice(Section):
    """A voice of ElevenLabs'."""

    provider: Literal["elevenlabs"]
    """Whose voice it is; it says which ranges the other fields have."""
    id: Text
    """The voice, as the provider names it."""
    model: Literal["sonic-3"] = "sonic-3"
    """Present in the API for every provider; means nothing here."""
    speed: Annotated[float, between(0.7, 1.2, "ElevenLabs")] = 1.0
    """Of speech; 1 is the voice's own."""
    volume: float = 1.0
    """Ignored."""


class GradiumVoice(Section):
    """A voice of Gradium's."""

    provider: Literal["gradium"]
    """Whose voice it is; it says which ranges the other fields have."""
    id: Text
    """The voice, as the provider names it."""
    model: Literal["sonic-3"] = "sonic-3"
    """Present in the API for every provider; means nothing here."""
    speed: Annotated[float, between(0.6, 1.5, "Gradium")] = 1.0
    """Of speech; 1 is the voice's own."""
    volume: float = 1.0
    """Ignored."""


Voice = Annotated[CartesiaVoice | ElevenLabsVoice | GradiumVoice, Field(discriminator="provider")]


class ContextEntry(Section):
    """A fact about the call that helps the recogniser."""

    key: str
    """What kind of fact it is: `business`, `topic`, …"""
    value: str
    """The fact; `{{variables}}` are filled in."""


class SttContext(Section):
    """What the recogniser may expect to hear."""

    general: tuple[ContextEntry, ...] = ()
    """Facts about the call."""
    terms: tuple[str, ...] = ()
    """Names and words that are hard to hear; `{{variables}}` are filled in."""


class Pair(Section):
    """A header or a query parameter."""

    key: Text
    """Its name."""
    value: str = ""
    """A template: `{{name}}` stands for an argument of the tool, else for a prompt variable."""


class Header(Pair):
    """An HTTP header."""

    key: Annotated[str, matching(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", "the name of an HTTP header")]
    """Its name."""
    value: Annotated[str, matching(r"[^\r\n\0]*", "text on one line")] = ""
    """A template on one line: `{{name}}` stands for an argument of the tool, else for a prompt variable."""


ValueType = Literal["string", "number", "boolean", "enum", "date", "datetime"]
_NAME = matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", "a name of 1 to 64 letters, digits and _, no digit first")


class _Typed(Section):
    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"type": {"const": "enum"}}, "required": ["type"]},
            "then": {"properties": {"enum_options": {"type": "array", "minItems": 1}}, "required": ["enum_options"]},
        }
    )

    type: ValueType
    """What values it takes; `enum` needs `enum_options`. A date is written `2026-03-09`."""
    required: bool = False
    """Whether there has to be a value."""
    description: str = ""
    """What it is, for the model."""
    enum_options: tuple[Text, ...] = ()
    """The values of an `enum`."""

    @classmethod
    def across(cls, raw: Mapping[str, JsonValue]) -> Iterator[Flaw]:
        if raw.get("type") == "enum" and not raw.get("enum_options"):
            yield "enum_options", "at least one option, as type is enum"


class InputField(_Typed):
    """One argument of a custom tool."""

    name: Annotated[str, _NAME]
    """As the model gives it and the templates use it, once in a tool."""


class OutputField(_Typed):
    """One value to extract after the call."""

    name: Label
    """Its key in the report's `structured_output`, once in a list."""


class CustomTool(Section):
    """An HTTP request the model may make."""

    name: Annotated[
        str,
        matching(r"[a-z][a-z0-9_]{0,63}", "lowercase_snake_case of at most 64 characters"),
        matching(r"(?!end_call$).*", "a name other than that of the built-in tool end_call"),
    ]
    """In lowercase_snake_case, at most 64 characters, once in an assistant; `end_call` is the worker's own."""
    description: Text
    """What it does and when to use it, for the model."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    """Of the request. GET is tried twice when the connection fails, the others once."""
    url: WebUrl
    """A template: `{{name}}` is percent-encoded. Not a private address, unless `VOICE_WORKER_ALLOWED_HOSTS` has it."""
    headers: tuple[Header, ...] = ()
    """Of the request."""
    query_params: tuple[Pair, ...] = ()
    """Added to the URL, percent-encoded."""
    body_template: str | None = None
    """JSON in which `"{{name}}"` becomes a value of the argument's type; no value can break out of its place."""
    input_schema: Annotated[tuple[InputField, ...], unique(lambda entry: entry.name, "name")] = ()
    """The arguments the model gives; they are validated before any request."""


class Calendly(Section):
    """A calendar to book in."""

    connection_id: Text
    """The connection whose token is used."""
    event_type_id: WebUrl
    """The URI of the event type."""


class TransferDestination(Section):
    """Someone a call can be passed to."""

    label: Label
    """What the model chooses it by, once in a list."""
    phone_number: PhoneNumber
    """In E.164."""


class FaqItem(Section):
    """A question the callee may ask."""

    question: Text
    """As the callee may put it."""
    answer: str = ""
    """What the model knows of it."""
    id: str | None = None
    """The product's; not used in a call."""
    needs_human_answer: bool = False
    """Whether the agent says that someone will get back, instead of answering; the question is reported."""
    source: Literal["human", "ai"] | None = None
    """Who wrote the answer; not used in a call."""


Outcome = Literal[
    "not_interested",
    "interested",
    "completed",
    "requested_callback_later",
    "requested_callback_new_number",
    "do_not_contact",
]
OutcomeFilter = Literal[Outcome, "none"]

BackgroundSound = Literal["audio/office.ogg"]
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
    accepted: ClassVar[tuple[str, ...]] = ("is_", EDITORS)

    id: Label | None = None
    """Reported in `assistants_used`."""
    name: str | None = None
    """For people."""
    type: str | None = None
    """Not `multi-step` nor `sub-assistant`, which are refused; anything else stands alone."""
    prompt: str = ""
    """The model's instructions. `{{variables}}` are filled in: the attempt's `prompt_variables`, and `call_direction`,
    `user_phone_number`, `agent_phone_number`, `call_id`, `current_date`, `current_time` and `timezone`."""
    llm_model: LlmModel | None = None
    """The model that converses; left out: gpt-4.1."""

    voice: Voice | None = None
    """How the agent sounds; left out: as `VOICE_WORKER_VOICE` says."""
    cartesia_dictionary_pronunciation_id: Text | None = None
    """A dictionary of pronunciations of Cartesia's, for its voices."""
    stt_model: Literal["stt-rt-v4", "stt-rt-v5"] | None = None
    """A recogniser of Soniox's; left out or not available: the settings' one."""
    stt_context: SttContext = SttContext()
    """What the recogniser may expect to hear."""

    first_sentence: str = ""
    """What is said first, or for `generated` the instruction to write it; `{{variables}}` are filled in."""
    first_sentence_mode: Literal["static", "generated", "none"] | None = None
    """`static`: said as it is written; `generated`: the model writes it; `none`: the callee speaks first. Left out:
    `static` where there is a `first_sentence`, else `none`."""
    first_sentence_delay_ms: Delay = 400
    """Milliseconds from the answer to the first sound; negative: 0. It waits for a callee who is speaking."""
    end_of_call_sentence: str = ""
    """Said to its end before the agent hangs up, whatever the callee does; `{{variables}}` are filled in."""
    max_call_duration_secs: Annotated[float, above(0, 86_400)] = 600.0
    """Seconds from the answer at which the call is over, the last sentence included."""
    max_duration_end_message: Short = ""
    """Said so that it is over by the limit; empty: the call ends silently. `{{variables}}` are filled in."""

    background_sound: BackgroundSound | None = None
    """Looped under the whole call, from the answer on; left out: none."""
    background_sound_volume: Share = 0.5
    """Of the background sound, linear: 1 is -23 LUFS, 0.5 is -29."""
    thinking_sound: ThinkingSound | None = None
    """Played while a reply is being made; left out: none."""
    thinking_sound_volume: Share = 0.5
    """Of the thinking sound, linear: 1 is -23 LUFS, 0.5 is -29."""
    thinking_sound_probability: Share = 1.0
    """That it is played, drawn once a turn."""

    custom_tools: Annotated[tuple[CustomTool, ...], unique(lambda tool: tool.name, "name")] = ()
    """HTTP requests that the model may make."""
    ivr_navigation_enabled: bool = False
    """Whether the model may press keys in a menu that answers; else the agent hangs up on it."""
    voicemail_message: str = ""
    """Said to an answering machine after its beep, then the agent hangs up; empty: it hangs up at once."""
    calendly: Calendly | None = None
    """The calendar that the model looks up and books times in; left out: none."""
    transfer_destinations: Annotated[
        tuple[TransferDestination, ...], unique(lambda destination: destination.label, "label")
    ] = ()
    """Whom the model may pass the call to, by label; empty: `transfer_phone_number`."""
    transfer_phone_number: PhoneNumber | None = None
    """The only destination, where there is no list, in E.164."""
    human_transfer_mode: Literal["warm", "cold"] | None = None
    """`warm`: the person is briefed first; `cold`: the call is passed on at once. Left out: `warm`."""
    warm_transfer_summary_instructions: str = ""
    """How to brief the person who takes over; empty: in a sensible way."""
    faq_items: tuple[FaqItem, ...] = ()
    """Questions the callee may ask, with their answers."""

    voicemail_sms_prompt: str = ""
    """The instruction to write an SMS after a voicemail; empty: none is sent."""
    after_call_sms_prompt: str = ""
    """The instruction to write an SMS after the call; empty: none is sent."""
    after_call_sms_outcomes: tuple[OutcomeFilter, ...] | None = None
    """Outcomes after which it is sent; `none`: a call without one. Left out: all, as of old; empty or null: none."""
    sms_enabled: bool = False
    """Whether the model may send an SMS during the call."""
    sms_template: str = ""
    """The text of that SMS, word for word; empty: the model writes it."""
    structured_output_config: Annotated[tuple[OutputField, ...], unique(lambda entry: entry.name, "name")] = ()
    """Values to extract from the call once it is over."""
    structured_output_prompt: str = ""
    """How to extract them; it has `{{transcript}}`, but neither `call_id` nor date, time and time zone."""
    email_notification_address: Annotated[str, _ADDRESSES] | None = None
    """Who gets an e-mail after the call: one address, or several separated by commas."""
    email_notification_outcomes: tuple[OutcomeFilter, ...] | None = None
    """Outcomes after which it is sent; `none`: a call without one. Left out: all; empty or null: none."""
    webhook_url: WebUrl | None = None
    """Gets the final event where the attempt has no `callback`."""
    precall_lookup_url: WebUrl | None = None
    """Fetched before an inbound call is answered: gives its `prompt_variables`. `{{phone}}` is the caller."""
    from_phone_number: PhoneNumber | None = None
    """The number that is shown to the callee where the attempt names none, in E.164."""

    organization_id: JsonValue = None
    """The scheduler's; not used in a call."""
    created_at: JsonValue = None
    """The scheduler's; not used in a call."""
    updated_at: JsonValue = None
    """The scheduler's; not used in a call."""
    call_retry_config: JsonValue = None
    """The scheduler's; not used in a call."""
    pending_faq_count: JsonValue = None
    """The scheduler's; not used in a call."""
    slack: JsonValue = None
    """The product's; not used in a call."""
    zoho: JsonValue = None
    """The product's; not used in a call."""
    prompt_flow: JsonValue = None
    """The product's; not used in a call."""
    position: JsonValue = None
    """The product's; not used in a call."""
    logo_url: JsonValue = None
    """The product's; not used in a call."""
    created_by: JsonValue = None
    """The product's; not used in a call."""
