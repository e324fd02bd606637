"""Where a call stands: its phase, its deadlines, and what has to be remembered. Frozen; every step makes another."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Literal

from agent import events as e
from agent.commands import Command, Ending
from agent.phases import MOVES, Phase
from agent.plan import Patience


@unique
class Timer(StrEnum):
    """The deadlines a call can have."""

    OPENING = "opening"
    """The first sentence is due."""
    GREETING = "greeting"
    """The callee's greeting has lasted too long to wait for."""
    SETTLED = "settled"
    """The first sentence is past the moments in which it would start again."""
    CLEAR = "clear"
    """The callee has spoken long enough to mean it."""
    DOUBT = "doubt"
    """What the callee said over the agent should have been put into words."""
    YIELD = "yield"
    """The agent should have stopped for the callee."""
    APOLOGY = "apology"
    """An answer is late."""
    REPLY = "reply"
    """An answer should have been heard."""
    INACTIVE = "inactive"
    """Nobody has said anything."""
    WORDLESS = "wordless"
    """No word of the callee's has been heard for long."""
    LIMIT_MESSAGE = "limit-message"
    """The message about the time limit has to begin."""
    LIMIT = "limit"
    """The longest duration of the call."""
    FAREWELL = "farewell"
    """The farewell takes too long."""
    HANG_UP = "hang-up"
    """The farewell's last sample has reached the callee."""


Mode = Literal["static", "generated", "none"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan fixes for the supervisor."""

    opening: Mode
    delay: float
    goodbye: bool
    """There is an end-of-call sentence."""
    patience: Patience


@dataclass(frozen=True, slots=True)
class Overlap:
    """What the callee says over the agent, until it is decided what it is."""

    held: bool = False
    """The agent's voice waits."""
    listening: bool = False
    """It was a back-channel so far."""
    ended_at: float | None = None
    """Host time at which it ended; None: it goes on."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a call stands."""

    terms: Terms
    phase: Phase = Phase.PREPARING
    timers: Mapping[Timer, float] = field(default_factory=lambda: MappingProxyType({}))
    """Deadline by timer, host monotonic seconds."""
    rendered: Mapping[e.AnnouncementKind, float] = field(default_factory=lambda: MappingProxyType({}))
    """Seconds each fixed sentence lasts."""
    unrendered: frozenset[e.AnnouncementKind] = frozenset()
    """Those that could not be made."""
    answered_at: float | None = None
    agent_speaks: bool = False
    callee_speaks: bool = False
    spoke_at: float = 0.0
    """Host time at which the callee last began to speak."""
    worded: bool = False
    """What they say at this moment has words."""
    worded_at: float = 0.0
    """Host time of the last of them."""
    overlap: Overlap | None = None
    callee_faded: bool = False
    """Nothing comes from them, not even silence."""
    announcing: e.AnnouncementKind | None = None
    """The fixed sentence that is being said."""
    opening_due: bool = False
    restarts: int = 0
    reminders: int = 0
    """How often a callee who says nothing was asked whether they are there."""
    tools: frozenset[str] = frozenset()
    """Ids of the tools at work for the answer that is being made."""
    replied: bool = True
    """Something of an answer to the last turn has been heard."""
    owing_since: float | None = None
    """Host time of the first turn since the last answer; None: everything is answered."""
    apologised: bool = False
    """The callee knows that the answer is late."""
    failures: int = 0
    """In a row, of answers."""
    broke_off: bool = False
    """What is heard of an answer, or about to be, is not all of it."""
    farewell: e.AnnouncementKind | None = None
    """The sentence that has to be over before the line is freed."""
    ending: Ending | None = None

    def moved(self, phase: Phase) -> "State":
        """In another phase. Raises ValueError for a move that the table does not allow."""
        if phase not in MOVES[self.phase]:
            raise ValueError(f"no move from {self.phase} to {phase}")
        return replace(self, phase=phase)

    def with_timer(self, timer: Timer, at: float) -> "State":
        """With the timer set, or set anew."""
        return replace(self, timers=MappingProxyType({**self.timers, timer: at}))

    def without(self, *timers: Timer) -> "State":
        """With the timers off."""
        kept = {timer: at for timer, at in self.timers.items() if timer not in timers}
        return replace(self, timers=MappingProxyType(kept))


Step = tuple[State, tuple[Command, ...]]
"""What becomes of a state, and what is to be done about it."""
