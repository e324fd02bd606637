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
    """Who it was; `tool`: what a tool was asked and answered."""
    content: str
    """Of an interrupted sentence, what was heard."""
    tool_name: str | None = None
    """Of a `tool`, as the next three; null for the others."""
    tool_arguments: dict[str, JsonValue] | str | None = None
    """What it was called with."""
    tool_output: str | None = None
    """What it answered."""
    tool_is_error: bool | None = None
    """Whether it failed."""


class SpeechEvent(_Part):
    """A stretch of speech. Milliseconds from the answer."""

    id: str
    """Tells it from the others of the attempt."""
    speaker: Literal["user", "agent"]
    """Whose speech it is."""
    started_speaking_at_ms: int
    """First audible sample."""
    stopped_speaking_at_ms: int | None
    """None if the call ended first."""
    transcript: str
    """What was heard of it."""
    is_real_turn: bool
    """The user's: whether it was handed to the model; the agent's: whether it stands as said."""
    was_cut: bool
    """Whether it was interrupted, also where it went on later."""
    stt_transcription_delay_ms: int | None = None
    """The user's only."""
    llm_ttft_ms: int | None = None
    """The agent's only, as the next three."""
    tts_ttfb_ms: int | None = None
    """Text to first audio."""
    llm_winner_model: str | None = None
    """The model that wrote it."""
    llm_system_prompt: str | None = None
    """Only where the settings ask for it."""


class Sms(_Part):
    """An SMS that was sent."""

    id: str
    """Tells it from the others of the attempt."""
    type: Literal["voicemail", "after_call"]
    """What it was sent for."""
    to_phone_number: str
    """In E.164."""
    message_body: str
    """Its text."""
    provider: Literal["twilio", "vonage"]
    """Who sent it."""
    provider_message_id: str | None
    """What the provider calls it."""
    created_at: Moment
    """When it was sent."""


class Email(_Part):
    """An e-mail that was sent."""

    id: str
    """Tells it from the others of the attempt."""
    created_at: Moment
    """When it was sent."""
    from_address: str
    """Its sender."""
    subject: str
    """Its subject."""
    to_emails: tuple[str, ...]
    """Its recipients."""


class ReportedError(_Part):
    """Why the attempt failed."""

    code: ErrorCode
    """What kind of failure."""
    message: str
    """The same in a sentence, without any value of the attempt."""


class SipAnswer(_Part):
    """What the phone network said."""

    code: int | None
    """The final SIP status; null where there was none."""
    text: str
    """Its reason."""


class TurnLatency(_Part):
    """How long one reply took, in milliseconds; None where a part gave no figure."""

    speech_event_id: str
    """The agent's `SpeechEvent`."""
    transcription_ms: int | None = None
    """End of the callee's speech to the final words."""
    end_of_turn_ms: int | None = None
    """End of the callee's speech to the decision that the turn is over."""
    llm_ttft_ms: int | None = None
    """Request to first token."""
    tts_ttfb_ms: int | None = None
    """Text to first audio."""
    voice_to_voice_ms: int | None = None
    """End of the callee's speech to the first audible sample of the reply."""


class Usage(_Part):
    """What the providers were used for, in the whole call."""

    llm_input_tokens: int = 0
    """Tokens the model read."""
    llm_output_tokens: int = 0
    """Tokens the model wrote."""
    tts_characters: int = 0
    """Characters spoken."""
    stt_secs: float = 0.0
    """Audio recognised."""


class WorkerHealth(_Part):
    """How the worker kept up during the call."""

    loop_lag_p99_ms: float
    """How late the event loop was, 99th percentile."""
    starved_ms: float
    """Silence sent in mid-utterance because the voice was late."""
    underruns: int = 0
    """Times all sound broke off because a frame came later than the line could bridge."""


class Models(_Part):
    """What conducted the call."""

    llm: str
    """The model that conversed."""
    tts: str
    """The model that spoke."""
    stt: str
    """The recogniser."""


class AnsweredBy(_Part):
    """What made the worker decide who answered."""

    result: Result
    """The decision."""
    reason: str
    """What it rests on."""
    decided_after_ms: int | None = None
    """From the answer."""


class Details(BaseModel):
    """Everything this worker adds. Further fields may come."""

    model_config = ConfigDict(frozen=True, extra="allow")

    attempt_number: int = 1
    """As dispatched."""
    direction: Literal["outbound", "inbound"] = "outbound"
    """As dispatched."""
    organization_id: str | None = None
    """As dispatched."""
    campaign: dict[str, JsonValue] | None = None
    """As dispatched."""
    metadata: dict[str, JsonValue] | None = None
    """As dispatched."""
    language: str | None = None
    """BCP 47, of the call."""
    timezone: str | None = None
    """IANA, of the call."""
    sip: SipAnswer | None = None
    """What the phone network said; null where it was not asked."""
    answered_by: AnsweredBy | None = None
    """What made the worker decide who answered."""
    voicemail_delivered: Literal["full", "clipped", "none"] | None = None
    """How much of the message the machine recorded; null where there was none."""
    do_not_contact: bool | None = None
    """Whether the callee wants no more calls; null where nobody looked."""
    latencies: tuple[TurnLatency, ...] = ()
    """One entry per answered turn."""
    models: Models | None = None
    """What conducted the call; null where there was none."""
    usage: Usage | None = None
    """What the providers were used for; null where there was no call."""
    estimated_cost_usd: float | None = None
    """US dollars; null where no prices are known."""
    health: WorkerHealth | None = None
    """How the worker kept up; null where there was no call."""
    evidence: tuple[str, ...] = ()
    """What the result and the outcome rest on."""
    unanswered_questions: tuple[str, ...] = ()
    """Questions that somebody has to get back on."""
    warnings: tuple[str, ...] = ()
    """What was not as asked for."""


class Attempt(_Part):
    """The whole attempt so far."""

    id: str
    """The attempt's `attempt_id`."""
    phone_number: str | None
    """The callee's, in E.164; null for a caller who withheld it."""
    started_at: Moment | None = None
    """When it was dialled; null until then, as the next two."""
    answered_at: Moment | None = None
    """When it was answered; the recording and every `_ms` begin here."""
    ended_at: Moment | None = None
    """When the call was over."""
    status: Status = Status.QUEUED
    dial_error: DialError | None = None
    """Why a dial ended without an answer; null otherwise."""
    result: Result | None = None
    """None when never answered."""
    ended_by: EndedBy | None = None
    """Who ended the call; null until then."""
    end_reason: EndReason | None = None
    """Why the call ended; null until then, and where none of the reasons fits."""
    transcript: tuple[TranscriptEntry, ...] = ()
    """In order; of an interrupted sentence, what was heard."""
    post_call_transcript: None = None
    """Not the worker's: always null."""
    handled_by_user: None = None
    """Not the worker's: always null."""
    structured_output: dict[str, JsonValue] | None = None
    """What was extracted from the call; null until known."""
    recording_url: str | None = None
    """Where the recording is; null until known."""
    handled_by_ai: bool = False
    """The agent conducted the conversation."""
    handled_by_human: bool = False
    """A person took part, by transfer."""
    assistants_used: tuple[str, ...] = ()
    """Their ids."""
    speech_events: tuple[SpeechEvent, ...] = ()
    """In order of their start."""
    sms_log: tuple[Sms, ...] = ()
    """Oldest first."""
    email_log: tuple[Email, ...] = ()
    """Oldest first."""
    outcome: Outcome | None = None
    """What came of it; null where there is nothing to judge."""
    outcome_summary: str | None = None
    """The same in a sentence or two."""
    error: ReportedError | None = None
    """When `status` is `error`."""
    details: Details = Details()
    """Everything this worker adds."""
