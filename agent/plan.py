"""The plan of a call: what an attempt, its assistant and the settings come to once everything is resolved.

Built by `agent.prepare.prepare` before the phone rings. Nothing in it is looked up, validated or defaulted again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import SecretStr

from tools.custom import CustomTool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is reached and with which key."""

    api_key: SecretStr
    base_url: str | None = None
    """As the plugin's own `base_url`; None is the plugin's default."""
    certificate: str | None = None
    """PEM of the one certificate that is accepted there; None: those that the system trusts."""


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """The text model."""

    kind: Literal["openai", "openrouter"]
    """`openai` is any endpoint that speaks chat completions."""
    name: str
    """As the endpoint knows it."""
    endpoint: Endpoint
    route: str | None = None
    """OpenRouter only: the one upstream provider the request is pinned to."""


@dataclass(frozen=True, slots=True)
class RealtimePlan:
    """A model that hears and speaks by itself."""

    provider: Literal["openai", "google"]
    name: str
    """As the provider knows it."""
    endpoint: Endpoint
    voice: str | None
    """None: it answers in text, which the call's voice speaks."""


@dataclass(frozen=True, slots=True)
class VoicePlan:
    """The voice."""

    provider: Literal["cartesia", "elevenlabs", "gradium", "openai", "google"]
    id: str
    model: str
    endpoint: Endpoint
    speed: float = 1.0
    volume: float = 1.0
    """Cartesia only."""
    pronunciation_id: str | None = None
    """Cartesia only."""


@dataclass(frozen=True, slots=True)
class RecogniserPlan:
    """The recogniser of the callee's speech."""

    provider: Literal["deepgram", "soniox"]
    model: str
    endpoint: Endpoint
    terms: tuple[str, ...] = ()
    """Key terms, from `stt_context` and the prompt."""
    facts: tuple[tuple[str, str], ...] = ()
    """Soniox only: `stt_context.general`, keys and values. For others the values are among the terms."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """What takes the place of a provider that fails in the middle of the call; None: nothing."""

    model: ModelPlan | None = None
    """Never beside a realtime model."""
    voice: VoicePlan | None = None
    recogniser: RecogniserPlan | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """How the call begins once answered."""

    mode: Literal["static", "generated", "none"]
    text: str
    """The sentence (`static`) or the instruction for it (`generated`); empty for `none`."""
    delay: float
    """Seconds from answer to first audible sample; never negative."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound that is looped."""

    name: str
    """As the assistant has it: `audio/….ogg`."""
    volume: float
    """Linear, more than 0; 1 is -23 LUFS."""


@dataclass(frozen=True, slots=True)
class Sounds:
    """What is heard under the call; None: nothing."""

    background: Clip | None = None
    """From the answer to the end."""
    thinking: Clip | None = None
    """While a reply is being made."""
    thinking_probability: float = 1.0
    """That a turn has it, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the worker bears things, in seconds."""

    ringing: float = 30.0
    limit: float = 600.0
    """Longest call, counted from the answer, farewell included."""
    silences: tuple[float, ...] = (8.0, 8.0, 6.0)
    """Silences of both sides, one after the other: the last ends the call as `user_inactive`, each before it has the
    callee asked whether they are still there."""
    wordless: float = 60.0
    """Time without a word of the callee's, the agent's own speech not counted, after which it ends all the same."""
    reply: float = 20.0
    """Longest wait for the first sound of a reply before the call is given up as failed."""


@dataclass(frozen=True, slots=True)
class Endpointing:
    """When the callee's turn is taken to be over, and what is done before that is sure."""

    shortest: float = 0.25
    """Seconds of silence at least, where the judge of turn ends takes the turn to be over."""
    longest: float = 2.0
    """Seconds of silence at most, where it does not."""
    speech_ahead: bool = True
    """A reply is not only written but also spoken, unheard, before the turn is known to be over."""


@dataclass(frozen=True, slots=True)
class SipPlan:
    """How the phone network is asked for the call."""

    trunk_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """One call, ready to be conducted."""

    attempt_id: str
    call_id: str
    attempt_number: int
    direction: Literal["outbound", "inbound"]
    callee_number: str
    agent_number: str | None
    assistant_id: str | None
    organization_id: str | None
    campaign: Mapping[str, Any] | None
    metadata: Mapping[str, Any] | None
    language: str
    """BCP 47."""
    timezone: str
    """IANA."""
    prompt: str
    model: ModelPlan | RealtimePlan
    voice: VoicePlan
    recogniser: RecogniserPlan
    opening: Opening
    goodbye: str | None
    """`end_of_call_sentence`."""
    limit_message: str | None
    """`max_duration_end_message`."""
    tools: tuple[CustomTool, ...]
    variables: Mapping[str, str]
    """Prompt variables for the tools' templates."""
    patience: Patience
    sounds: Sounds = Sounds()
    endpointing: Endpointing = Endpointing()
    reserve: Reserve = Reserve()
    report_prompt: bool = False
    """Whether `llm_system_prompt` is reported."""
    sip: SipPlan = SipPlan()
    recorded: bool = False
    """Whether a call on the phone network is recorded; a rehearsal always is."""
    final_url: str | None = None
    """`webhook_url`: where the final event goes when the attempt has no callback."""
    warnings: tuple[str, ...] = ()
