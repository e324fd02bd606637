"""One call attempt, as the scheduler dispatches it."""

import base64
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, JsonValue, SecretStr

from agent.models.assistant import Assistant, LlmModel
from agent.models.section import Delay, Flaw, Label, PhoneNumber, Section, WebUrl, above, between, expected, matching


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
Timezone = Annotated[str, AfterValidator(timezone_name)]
"""An IANA name."""
SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]
"""`whsec_` and a key in base64, as Standard Webhooks has it."""


class Campaign(Section):
    """What the call is part of."""

    id: str | None = None
    name: str | None = None


class Sip(Section):
    """How the phone network is asked for the call."""

    trunk_id: Label | None = None
    ringing_timeout_secs: Annotated[float, between(5, 79)] = 30.0
    headers: dict[str, str] = Field(default_factory=dict)


class Callback(Section):
    """Where the events go."""

    url: WebUrl | None = None
    secret: SigningSecret | None = None


class Recording(Section):
    """What becomes of the recording."""

    enabled: bool | None = None
    """None: as the settings say."""
    upload_url: WebUrl | None = None


class Attempt(Section):
    """The metadata of one job: whom to call, and with which assistant."""

    call_id: Label | None = None
    """None only for an inbound call, as the next."""
    attempt_id: Label | None = None
    attempt_number: Annotated[int, above(0)] = 1
    direction: Literal["outbound", "inbound"] = "outbound"
    to_phone_number: PhoneNumber | None = None
    """None only for an inbound call."""
    from_phone_number: PhoneNumber | None = None
    assistant: Assistant | None = None
    """None: to be fetched from `assistant_url`."""
    assistant_url: WebUrl | None = None
    prompt_variables: dict[str, str] = Field(default_factory=dict)
    llm_model: LlmModel | None = None
    first_sentence_delay_ms: Delay | None = None
    language: Language | None = None
    timezone: Timezone | None = None
    organization_id: Label | None = None
    campaign: Campaign | None = None
    metadata: dict[str, JsonValue] | None = None
    sip: Sip = Sip()
    callback: Callback | None = None
    recording: Recording | None = None

    @classmethod
    def across(cls, raw: Mapping[str, JsonValue]) -> Iterator[Flaw]:
        if raw.get("direction") != "inbound":
            for name in ("call_id", "attempt_id", "to_phone_number"):
                if name not in raw:
                    yield name, "a value: this field is required"
        if "assistant" in raw and "assistant_url" in raw:
            yield "assistant_url", "either this field or assistant, not both"
        if "assistant" not in raw and "assistant_url" not in raw:
            yield "assistant", "an assistant, here or at assistant_url"
