"""What the supervisor can have done about a call."""

from dataclasses import dataclass

from agent import events as e


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the call ends."""

    ended_by: e.EndedBy
    end_reason: str | None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Announce:
    """Say a fixed sentence."""

    kind: e.AnnouncementKind
    at: float = 0.0
    """Host monotonic seconds; it begins no earlier."""


@dataclass(frozen=True, slots=True)
class StopAnnouncement:
    """Stop the fixed sentence that is being said."""

    withdrawn: bool
    """It will be said again from the start, and does not count as said."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Hand to the model what the callee says from now on."""

    current: bool = False
    """Also what they are saying at this moment, from its beginning."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Stop the model's speech and hand it nothing more."""

    at_once: bool = False
    """Also in the middle of a word."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Free the line, also while it still rings."""

    ending: Ending


@dataclass(frozen=True, slots=True)
class Duck:
    """Lower the agent's voice under the callee's, or raise it again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold the agent's voice where it is, without loss, or let it go on."""

    on: bool


@dataclass(frozen=True, slots=True)
class Admit:
    """Hand to the model what the callee says over the agent, from its beginning."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Keep from the model what the callee said over the agent."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Have the model answer once more."""

    go_on: bool = False
    """From where its answer broke off, once what there is of that has been heard."""
    if_idle: bool = False
    """Unless it is at work on one."""


Command = Announce | StopAnnouncement | Listen | Mute | HangUp | Duck | Hold | Admit | Dismiss | TryAgain
