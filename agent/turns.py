"""Who said what when: the callee's turns and the agent's utterances, gathered from events. Pure.

A callee's turn is everything they say until it is handed to the model. What is not handed on (a greeting under the
first sentence, a noise, words over the farewell) is kept as well and marked as no real turn.
"""

from dataclasses import dataclass, field

from agent import events as e
from audio.frames import RATE

NOISE_GAP = 36_000
"""Samples (1.5 s) after which speech that nobody could put into words has nothing to do with what comes next."""


@dataclass(slots=True)
class CalleeTurn:
    """What the callee said between two replies."""

    id: str
    start: int
    """Samples from the answer."""
    stop: int | None = None
    texts: list[str] = field(default_factory=list)
    heard_at: float | None = None
    """Host monotonic seconds of the last final words."""
    taken_at: float | None = None
    """Host monotonic seconds at which it was handed to the model; None: it never was."""

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.texts)


@dataclass(slots=True)
class AgentUtterance:
    """What the agent said in one go."""

    id: str
    kind: e.SpeechKind
    start: int
    stop: int | None = None
    text: str = ""
    cut: bool = False
    withdrawn: bool = False
    """A first sentence that started again."""
    figures: e.ReplyMeasured | None = None
    answers: CalleeTurn | None = None
    """The turn that this is the first sound of an answer to."""


@dataclass(slots=True)
class ToolUse:
    """One use of a tool."""

    sample: int
    call: e.ToolCalled
    after: str | None
    """Utterance that the model had begun before it called the tool, and that may be heard only later."""
    result: e.ToolReturned | None = None


class Turns:
    """Gathers the talk of one call."""

    def __init__(self) -> None:
        self.callee: list[CalleeTurn] = []
        self.agent: dict[str, AgentUtterance] = {}
        self.tools: dict[str, ToolUse] = {}
        self._open: CalleeTurn | None = None
        self._unanswered: CalleeTurn | None = None
        self._answered_at = 0.0
        self._begun: str | None = None
        """The last utterance that the model began."""

    def place(self, use: ToolUse) -> int:
        """Where in the call the use stands, in samples: where it was called, but not before the words said first."""
        said = self.agent.get(use.after) if use.after is not None else None
        return use.sample if said is None else max(use.sample, said.start)

    def take(self, event: e.Event) -> None:
        """Take the next event; those about other things are passed over."""
        match event:
            case e.Answered():
                self._answered_at = event.at
            case e.CalleeStarted() | e.CalleeStopped() | e.CalleeHeard() | e.CalleeDismissed() | e.TurnTaken():
                self._callee_event(event)
            case e.AgentStarted() | e.AgentStopped() | e.OpeningWithdrawn() | e.ReplyMeasured():
                self._agent_event(event)
            case e.ToolCalled():
                self.tools[event.id] = ToolUse(self._sample(event.at), event, self._begun)
            case e.ReplyBegun():
                self._begun = event.id
            case e.ToolReturned() if event.id in self.tools:
                self.tools[event.id].result = event
            case _:
                return

    def _callee_event(
        self, event: e.CalleeStarted | e.CalleeStopped | e.CalleeHeard | e.CalleeDismissed | e.TurnTaken
    ) -> None:
        match event:
            case e.CalleeStarted():
                self._callee_started(event)
            case e.CalleeStopped():
                self._callee_stopped(event)
            case e.CalleeHeard():
                self._callee_heard(event)
            case e.CalleeDismissed():
                self._open = None
            case e.TurnTaken():
                self._turn_taken(event)

    def _agent_event(self, event: e.AgentStarted | e.AgentStopped | e.OpeningWithdrawn | e.ReplyMeasured) -> None:
        match event:
            case e.AgentStarted():
                self._agent_started(event)
            case e.AgentStopped():
                self._agent_stopped(event)
            case e.OpeningWithdrawn():
                self._opening_withdrawn()
            case e.ReplyMeasured():
                self._measured(event)

    def _callee_started(self, event: e.CalleeStarted) -> None:
        turn = self._open
        if turn is not None and not turn.texts and turn.stop is not None and event.sample - turn.stop > NOISE_GAP:
            turn = None
        if turn is None:
            self._open = self._new(event.sample)
        else:
            turn.stop = None

    def _callee_stopped(self, event: e.CalleeStopped) -> None:
        turn = self._open or (self.callee[-1] if self.callee else None)
        if turn is not None and turn.stop is None:
            turn.stop = max(event.sample, turn.start)

    def _callee_heard(self, event: e.CalleeHeard) -> None:
        turn = self._open
        if turn is None and self.callee and not self.callee[-1].texts:
            turn = self.callee[-1]
        if turn is None:
            # The detector missed it: the recogniser's own times are the next best.
            turn = self._open = self._new(self._sample(event.at) if event.start is None else event.start)
            turn.stop = turn.start if event.stop is None else event.stop
        turn.texts.append(event.text)
        turn.heard_at = event.at

    def _turn_taken(self, event: e.TurnTaken) -> None:
        last = self.callee[-1] if self.callee else None
        turn = self._open or last
        self._open = None
        if turn is not None and turn.taken_at is None:
            turn.taken_at = event.at
            self._unanswered = turn

    def _agent_started(self, event: e.AgentStarted) -> None:
        utterance = AgentUtterance(event.id, event.kind, event.sample)
        self.agent[event.id] = utterance
        if event.kind == "reply":
            utterance.answers, self._unanswered = self._unanswered, None
        if self._open is not None and self._open.stop is not None:
            self._open = None

    def _agent_stopped(self, event: e.AgentStopped) -> None:
        utterance = self.agent.setdefault(event.id, AgentUtterance(event.id, event.kind, event.start))
        utterance.start, utterance.stop = event.start, event.stop
        utterance.text, utterance.cut = event.text, event.partial

    def _opening_withdrawn(self) -> None:
        for utterance in self.agent.values():
            utterance.withdrawn = utterance.withdrawn or utterance.kind == "opening"

    def _measured(self, event: e.ReplyMeasured) -> None:
        first = self.agent.get(event.utterances[0]) if event.utterances else None
        if first is not None:
            first.figures = event

    def _new(self, sample: int) -> CalleeTurn:
        turn = CalleeTurn(f"u{len(self.callee) + 1}", sample)
        self.callee.append(turn)
        return turn

    def _sample(self, at: float) -> int:
        return max(0, round((at - self._answered_at) * RATE))
