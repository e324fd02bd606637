"""Everything that happens in an attempt, in the past tense.

These events are the only record of a call: the supervisor decides by them, the journal keeps them in order, the report
is a fold over them. `at` is host monotonic seconds throughout; `Accepted` ties that clock to UTC. Samples are counted
at 24 kHz from the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

EndedBy = Literal["agent", "user", "system"]

AnnouncementKind = Literal["opening", "goodbye", "limit", "reminder", "apology", "failure"]
"""The fixed sentences: first sentence, end-of-call sentence, message at the time limit, and what the worker says of its
own accord to a silent callee, for a late answer, and before it gives up."""

SpeechKind = Literal["opening", "goodbye", "limit", "reminder", "apology", "failure", "reply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened."""

    at: float
    """Host monotonic seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Event):
    """The attempt was taken on; always the first event."""

    utc: str
    """The moment `at` as ISO 8601 UTC."""
    attempt_id: str
    call_id: str
    attempt_number: int
    direction: Literal["outbound", "inbound"]
    phone_number: str | None
    organization_id: str | None = None
    campaign: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None
    pid: int | None = None
    """The process that conducts the call, where another one looks after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Event):
    """Everything was resolved; the call may be dialled."""

    assistant_id: str | None
    language: str
    timezone: str
    model: str
    voice: str
    recogniser: str
    warnings: tuple[str, ...] = ()
    system_prompt: str | None = None
    """Only where the settings ask for it in the report."""
    ringing: float | None = None
    """Seconds it may ring."""
    limit: float | None = None
    """Seconds the call may last from the answer."""
    webhook_url: str | None = None
    """Where the final event goes when the attempt has no callback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered(Event):
    """A fixed sentence is in memory, ready to be said."""

    kind: AnnouncementKind
    seconds: float
    """How long it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled(Event):
    """The line was asked to ring the callee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang(Event):
    """The callee's phone rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Event):
    """The dial ended without an answer."""

    dial_error: str
    sip_code: int | None
    sip_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Event):
    """The callee picked up: sample 0 of both directions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleeStarted(Event):
    """The callee began to speak."""

    sample: int
    over_agent: bool = False
    """While the agent was speaking: it is kept from the model until it is clear that it is meant as a turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleeAudible(Event):
    """The callee's voice over the agent's has lasted long enough to be no click, and is not the agent's own echo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleeClear(Event):
    """What the callee says is clearly speech."""

    words: bool
    """By a word that is more than a back-channel; else by the length of the voice alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleeStopped(Event):
    """The callee fell silent."""

    sample: int
    """Where the speech ended, not where the silence was noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleeHeard(Event):
    """The recogniser settled on what the callee said."""

    text: str
    backchannel: bool = False
    """It only shows that they listen."""
    start: int | None = None
    """First sample, as the recogniser places it: less exact than the detector; None where it does not say."""
    stop: int | None = None
    """Sample after the last, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleeDismissed(Event):
    """What the callee said over the agent was no turn: the agent goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTaken(Event):
    """What the callee said since the last turn was handed to the model."""

    failed: bool = False
    """An answer that was prepared before has failed already; it is asked for anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBegun(Event):
    """The model wrote the first word of something to be said; whether it is ever heard is open."""

    id: str
    """The `AgentStarted.id` it will have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStarted(Event):
    """The first audible sample of something the agent says went out."""

    id: str
    kind: SpeechKind
    sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStopped(Event):
    """The agent's utterance ended or was stopped."""

    id: str
    kind: SpeechKind
    text: str
    """What was audible of it, to the word."""
    cut: bool
    start: int
    """First audible sample."""
    stop: int
    """Sample after the last audible one."""
    broken: bool = False
    """It ended before its text: the voice failed."""

    @property
    def partial(self) -> bool:
        """It was not said to its end."""
        return self.cut or self.broken


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningWithdrawn(Event):
    """The first sentence was stopped in its first moments for the callee's greeting, and will start again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyMeasured(Event):
    """How long the parts of a reply took, in seconds; None where a part gave no figure."""

    utterances: tuple[str, ...]
    """The `AgentStarted.id`s of the reply."""
    llm_ttft: float | None
    tts_ttfb: float | None
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled(Event):
    """The model called a tool."""

    id: str
    name: str
    arguments: str
    """As the model wrote them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReturned(Event):
    """A tool finished."""

    id: str
    name: str
    output: str
    is_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodbyeAsked(Event):
    """The model asked to end the call and has said what it wanted to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elapsed(Event):
    """A deadline of the call passed."""

    timer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleeHungUp(Event):
    """The callee ended the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleeFaded(Event):
    """For some seconds nothing has come from the callee, not even silence: their phone sends none, or is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleeReturned(Event):
    """Something comes from the callee again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDropped(Event):
    """The line failed after the answer."""

    reason: Literal["connection_timeout", "participant_removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Event):
    """The attempt was called off from outside: Ctrl-C, a stopping worker, a deleted room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFailed(Event):
    """The model or the voice gave up on an answer."""

    message: str
    """Which of them, and why."""
    begun: bool = False
    """The callee hears the beginning of it, or is about to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrendered(Event):
    """A fixed sentence could not be made: the call goes on without it."""

    kind: AnnouncementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    """Something broke that the call cannot go on without."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Event):
    """The call is over: exactly one per attempt."""

    ended_by: EndedBy
    end_reason: str | None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFreed(Event):
    """The far end is gone and the line can be used again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used(Event):
    """What the providers were used for, in the whole call."""

    llm_input_tokens: int = 0
    llm_output_tokens: int = 0
    tts_characters: int = 0
    stt_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Event):
    """How the worker's event loop kept up during the call."""

    loop_lag_p99_ms: float
    starved_ms: float
    """Silence sent in mid-utterance because the voice was late."""
    underruns: int = 0
    """Times all sound broke off because a frame came later than the line could bridge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(Event):
    """Something went wrong that the call could go on without."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(Event):
    """The report is final; always the last event."""


def _names() -> dict[str, type[Event]]:
    return {kind.__name__: kind for kind in Event.__subclasses__()}


EVENTS: Mapping[str, type[Event]] = _names()
"""Every kind of event by its name."""
