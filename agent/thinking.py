"""When a reply is being made, by the call's events: while it is, the thinking sound may be heard. Pure.

A turn that was taken is owed an answer until one is heard. Words before a tool is used are not yet the answer: it is
owed until words are heard that the model began once the tool had returned.
"""

from collections.abc import Callable

from agent import events as e
from audio.frames import samples
from tools import end_call

BRIEF = samples(0.4)
"""Samples of the callee's voice up to which a reply is made all the same: a cough, or "mhm"."""


class Thinking:
    """Follows one call."""

    def __init__(self, probability: float, draw: Callable[[], float]) -> None:
        """Every turn has the sound with this `probability`; `draw` gives numbers from 0 to below 1, one for each."""
        self._probability = probability
        self._draw = draw
        self._drawn = False
        """This turn has it."""
        self._owed = False
        """The answer has not been heard yet."""
        self._tools: set[str] = set()
        """Ids of this turn's uses that have not returned."""
        self._goes_on = False
        """A tool has returned and the callee has not spoken since: what is taken now is no other turn of theirs."""
        self._begun: str | None = None
        """What the model began to say last."""
        self._preambles: set[str] = set()
        """What it said before a tool that has returned."""
        self._agent_speaks = False
        self._callee_speaks = False
        self._spoke_up: int | None = None
        """Sample at which they did so after their turn was taken; None: they did not."""
        self._interrupted = False
        """They said more than a reply is made in spite of."""

    @property
    def audible(self) -> bool:
        """The sound is to be heard now."""
        silent = not self._agent_speaks and not self._callee_speaks
        return self._drawn and silent and not self._interrupted and (self._owed or bool(self._tools))

    def take(self, event: e.Event) -> None:
        """Take the next event; those about other things are passed over."""
        match event:
            case e.TurnTaken():
                self._turn_taken()
            case e.ReplyBegun():
                self._begun = event.id
            case e.ToolCalled():
                self._tool_called(event)
            case e.ToolReturned() if event.id in self._tools:
                self._tool_returned(event)
            case e.AgentStarted():
                self._agent_speaks = True
                if event.kind == "reply" and event.id not in self._preambles:
                    self._owed = False
            case e.AgentStopped():
                self._agent_speaks = False
            case e.CalleeStarted():
                self._callee_started(event)
            case e.CalleeStopped():
                self._callee_stopped(event)
            case _:
                return

    def _turn_taken(self) -> None:
        if not self._goes_on:
            self._drawn = self._draw() < self._probability
        self._owed = True
        self._spoke_up = None
        self._interrupted = False
        self._tools.clear()

    def _tool_called(self, event: e.ToolCalled) -> None:
        if event.name == end_call.NAME:
            self._owed = False  # nothing is said about its result
        else:
            self._tools.add(event.id)

    def _tool_returned(self, event: e.ToolReturned) -> None:
        self._tools.remove(event.id)
        self._goes_on = True
        self._owed = True
        if self._begun is not None:
            self._preambles.add(self._begun)

    def _callee_started(self, event: e.CalleeStarted) -> None:
        self._callee_speaks, self._spoke_up = True, event.sample
        self._goes_on = False

    def _callee_stopped(self, event: e.CalleeStopped) -> None:
        self._callee_speaks = False
        if self._spoke_up is not None and event.sample - self._spoke_up > BRIEF:
            self._interrupted = True
