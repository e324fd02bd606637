"""The attempt as it is reported: the events' `attempt` and the contents of `attempt.json`, in the product's own names.

`Attempt.model_dump_json()` writes it; every field is always there.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue, PlainSerializer

from agent.models.assistant import Outcome
from agent.problems import ErrorCode


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(_utc, return_type=str)]
"""ISO 8601 UTC to the millisecond, as `2026-03-09T13:05:00.250Z`."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(StrEnum):
    """How far the attempt is."""

    QUEUED = "queued"
    RINGING = "ringing"
    ONGOING = "ongoing"
    COMPLETED = "completed"
    """It was answered."""
    ERROR = "error"
    """It was never answered, or failed."""


class DialError(StrEnum):
    """Why a dial ended without an answer."""

    NUMBER_NON_ATTRIBUTED = "number_non_attributed"
    TOO_MANY_CALLS = "too_many_calls"
    BUSY = "busy"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    NO_ANSWER = "no_answer"
    NO_INTERNATIONAL_PERMISSION = "no_international_permission"
    PRECONDITION_FAILED = "precondition_failed"
    NON_CLASSIFIED_ERROR = "non_classified_error"


class Result(StrEnum):
    """Who or what answered."""

    HUMAN = "human"
    VOICEMAIL = "voicemail"
    IVR = "IVR"
    IOS_SCREENING_FILTER = "ios-screening-filter"
    UNKNOWN = "unknown"


class EndedBy(StrEnum):
    """Who ended the call."""

    AGENT = "agent"
    USER = "user"
    SYSTEM = "system"


class EndReason(StrEnum):
    """Why the call ended."""

    TOOL_END_CALL = "tool_end_call"
    VOICEMAIL = "voicemail"
    TRANSFER = "transfer"
    IVR_NO_NAVIGATE = "ivr_no_navigate"
    CLIENT_INITIATED = "client_initiated"
    MAX_DURATION = "max_duration"
    USER_INACTIVE = "user_inactive"
    USER_REJECTED = "user_rejected"
    USER_UNAVAILABLE = "user_unavailable"
    CONNECTION_TIMEOUT = "connection_timeout"
    PARTICIPANT_REMOVED = "participant_removed"


class TranscriptEntry(_Part):
    """Something said, or a tool used."""

    role: Literal["user", "assistant", "tool", "human_agent"]
    content: str
    """Of an interrupted sentence, what was heard."""
    tool_name: str | None = None
    tool_arguments: dict[str, JsonValue] | str | None = None
    tool_output: str | None = None
    tool_is_error: bool | None = None


class SpeechEvent(_Part):
    """A stretch of speech. Milliseconds from the answer."""

    id: str
    speaker: Literal["user", "agent"]
    started_speaking_at_ms: int
    stopped_speaking_at_ms: int | None
    """None if the call ended first."""
    transcript: str
    is_real_turn: bool
    was_cut: bool
    stt_transcription_delay_ms: int | None = None
    """The user's only."""
    llm_ttft_ms: int | None = None
    """The agent's only, as the next three."""
    tts_ttfb_ms: int | None = None
    llm_winner_model: str | None = None
    llm_system_prompt: str | None = None
    """Only where the settings ask for it."""


class Sms(_Part):
    """An SMS that was sent."""

    id: str
    type: Literal["voicemail", "after_call"]
    to_phone_number: str
    message_body: str
    provider: Literal["twilio", "vonage"]
    provider_message_id: str | None
    created_at: Moment


class Email(_Part):
    """An e-mail that was sent."""

    id: str
    created_at: Moment
    from_address: str
    subject: str
    to_emails: tuple[str, ...]


class ReportedError(_Part):
    """Why the attempt failed."""

    code: ErrorCode
    message: str


class SipAnswer(_Part):
    """What the phone network said."""

    code: int | None
    text: str


class TurnLatency(_Part):
    """How long one reply took, in milliseconds; None where a part gave no figure."""

    speech_event_id: str
    """The agent's `SpeechEvent`."""
    transcription_ms: int | None = None
    """End of the callee's speech to the final words."""
    end_of_turn_ms: int | None = None
    """End of the callee's speech to the decision that the turn is over."""
    llm_ttft_ms: int | None = None
    tts_ttfb_ms: int | None = None
    voice_to_voice_ms: int | None = None
    """End of the callee's speech to the first audible sample of the reply."""


class Usage(_Part):
    """What the providers were used for, in the whole call."""

    llm_input_tokens: int = 0
    llm_output_tokens: int = 0
    tts_characters: int = 0
    stt_secs: float = 0.0
    """Audio recognised."""


class WorkerHealth(_Part):
    """How the worker kept up during the call."""

    loop_lag_p99_ms: float
    starved_ms: float
    """Silence sent in mid-utterance because the voice was late."""


class Models(_Part):
    """What conducted the call."""

    llm: str
    tts: str
    stt: str


class AnsweredBy(_Part):
    """What made the worker decide who answered."""

    result: Result
    reason: str
    decided_after_ms: int | None = None
    """From the answer."""


class Details(BaseModel):
    """Everything this worker adds. Further fields may come."""

    model_config = ConfigDict(frozen=True, extra="allow")

    attempt_number: int = 1
    direction: Literal["outbound", "inbound"] = "outbound"
    organization_id: str | None = None
    campaign: dict[str, JsonValue] | None = None
    metadata: dict[str, JsonValue] | None = None
    language: str | None = None
    timezone: str | None = None
    sip: SipAnswer | None = None
    answered_by: AnsweredBy | None = None
    voicemail_delivered: Literal["full", "clipped", "none"] | None = None
    do_not_contact: bool | None = None
    latencies: tuple[TurnLatency, ...] = ()
    models: Models | None = None
    usage: Usage | None = None
    estimated_cost_usd: float | None = None
    health: WorkerHealth | None = None
    evidence: tuple[str, ...] = ()
    unanswered_questions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Attempt(_Part):
    """The whole attempt so far."""

    id: str
    phone_number: str | None
    started_at: Moment | None = None
    answered_at: Moment | None = None
    ended_at: Moment | None = None
    status: Status = Status.QUEUED
    dial_error: DialError | None = None
    result: Result | None = None
    """None when never answered."""
    ended_by: EndedBy | None = None
    end_reason: EndReason | None = None
    transcript: tuple[TranscriptEntry, ...] = ()
    post_call_transcript: None = None
    handled_by_user: None = None
    structured_output: dict[str, JsonValue] | None = None
    recording_url: str | None = None
    handled_by_ai: bool = False
    """The agent conducted the conversation."""
    handled_by_human: bool = False
    """A person took part, by transfer."""
    assistants_used: tuple[str, ...] = ()
    speech_events: tuple[SpeechEvent, ...] = ()
    """In order of their start."""
    sms_log: tuple[Sms, ...] = ()
    email_log: tuple[Email, ...] = ()
    outcome: Outcome | None = None
    outcome_summary: str | None = None
    error: ReportedError | None = None
    """When `status` is `error`."""
    details: Details = Details()
