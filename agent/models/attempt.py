"""One call attempt, as the scheduler dispatches it."""

import base64
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, JsonValue, SecretStr

from agent.models.assistant import Assistant, LlmModel
from agent.models.section import (
    EDITORS,
    Check,
    Delay,
    Flaw,
    Label,
    PhoneNumber,
    Section,
    WebUrl,
    above,
    between,
    expected,
    matching,
)


def timezone_name(value: str) -> str:
    """An IANA name that this machine knows."""
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError):
        raise expected("an IANA time zone such as Europe/Paris") from None
    return value


def _signing_secret(value: SecretStr) -> SecretStr:
    try:
        signing_key(value)
    except ValueError:
        raise expected("whsec_ and a key in base64") from None
    return value


def signing_key(secret: SecretStr) -> bytes:
    """The key a `whsec_…` secret holds. Raises ValueError, which holds nothing of it."""
    scheme, _, encoded = secret.get_secret_value().partition("_")
    padding = "=" * (-len(encoded) % 4)
    if scheme != "whsec" or not encoded:
        raise ValueError("expected whsec_ and a key")
    return base64.b64decode(encoded + padding, validate=True)


Language = Annotated[
    str,
    matching(
        r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{5,8})*",
        "a BCP 47 language tag such as en or fr-FR",
    ),
]
"""A BCP 47 tag of language, script, region and variants."""
Timezone = Annotated[str, Check(timezone_name, {"examples": ["Europe/Paris"]})]
"""An IANA name."""
SigningSecret = Annotated[SecretStr, Check(_signing_secret, {"pattern": "^whsec_."})]
"""`whsec_` and a key in base64, as Standard Webhooks has it."""

_NEEDED = ("call_id", "attempt_id", "to_phone_number")
"""What an outbound call cannot be without."""


class Campaign(Section):
    """What the call is part of."""

    id: str | None = None
    """Carried into the report."""
    name: str | None = None
    """Carried into the report."""


class Sip(Section):
    """How the phone network is asked for the call."""

    trunk_id: Label | None = None
    """Outbound trunk of LiveKit's; left out: `VOICE_WORKER_SIP_TRUNK_ID`."""
    ringing_timeout_secs: Annotated[float, between(5, 79)] = 30.0
    """Seconds it rings before nobody is taken to answer."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Of the INVITE."""


class Callback(Section):
    """Where the events go."""

    url: WebUrl | None = None
    """Every event is POSTed here."""
    secret: SigningSecret | None = None
    """`whsec_` and a key in base64, which they are signed with as Standard Webhooks; left out:
    `VOICE_WORKER_CALLBACK_SECRET`."""


class Recording(Section):
    """What becomes of the recording."""

    enabled: bool | None = None
    """Whether the call is recorded; left out: as `VOICE_WORKER_RECORDING` says. Rehearsals always are."""
    upload_url: WebUrl | None = None
    """A pre-signed URL that it is PUT to."""


class Attempt(Section):
    """The metadata of one job: whom to call, and with which assistant."""

    accepted: ClassVar[tuple[str, ...]] = (EDITORS,)
    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"direction": {"const": "inbound"}}, "required": ["direction"]},
            "else": {
                "properties": {name: {"type": "string"} for name in _NEEDED},
                "required": list(_NEEDED),
            },
            "anyOf": [{"required": ["assistant"]}, {"required": ["assistant_url"]}],
        }
    )

    call_id: Label | None = None
    """Carried into every event. Left out only for an inbound call, which has it from SIP."""
    attempt_id: Label | None = None
    """What the attempt is known by: the same one is dialled once, and a rehearsal's folder is named after it. Left out
    only for an inbound call, which has it from SIP."""
    attempt_number: Annotated[int, above(0)] = 1
    """Which try this is, from 1."""
    direction: Literal["outbound", "inbound"] = "outbound"
    """`outbound`: the worker dials; `inbound`: the caller is there already."""
    to_phone_number: PhoneNumber | None = None
    """Whom to call, in E.164. Left out only for an inbound call, which has it from SIP."""
    from_phone_number: PhoneNumber | None = None
    """The number that is shown to them, in E.164; left out: the assistant's, else the trunk's."""
    assistant: Assistant | None = None
    """Who holds the conversation. In a file it can also be the path of an assistant's file, relative to this one."""
    assistant_url: WebUrl | None = None
    """Where the assistant is fetched, instead of `assistant`."""
    prompt_variables: dict[str, str] = Field(default_factory=dict)
    """What the assistant's `{{variables}}` stand for in this call."""
    llm_model: LlmModel | None = None
    """The model of this call; left out: the assistant's."""
    first_sentence_delay_ms: Delay | None = None
    """Milliseconds from the answer to the first sound; left out: the assistant's."""
    language: Language | None = None
    """BCP 47, such as `en` or `fr-FR`; left out: told by the first sentence and the prompt."""
    timezone: Timezone | None = None
    """An IANA name, such as `Europe/Paris`; left out: that of the callee's number."""
    organization_id: Label | None = None
    """Carried into the report."""
    campaign: Campaign | None = None
    """What the call is part of; carried into the report."""
    metadata: dict[str, JsonValue] | None = None
    """Anything; carried into the report."""
    sip: Sip = Sip()
    """How the phone network is asked for the call."""
    callback: Callback | None = None
    """Where the events go; left out: the final one to the assistant's `webhook_url`."""
    recording: Recording | None = None
    """What becomes of the recording."""

    @classmethod
    def across(cls, raw: Mapping[str, JsonValue]) -> Iterator[Flaw]:
        if raw.get("direction") != "inbound":
            for name in _NEEDED:
                if name not in raw:
                    yield name, "a value: this field is required"
        if "assistant" in raw and "assistant_url" in raw:
            yield "assistant_url", "either this field or assistant, not both"
        if "assistant" not in raw and "assistant_url" not in raw:
            yield "assistant", "an assistant, here or at assistant_url"
