"""The supervisor under a clock that the test turns."""

from collections.abc import Sequence
from dataclasses import replace

from agent import events as e
from agent.commands import Announce, Command, HangUp
from agent.plan import Patience
from agent.state import State, Terms
from agent.supervisor import step

PATIENCE = Patience(ringing=30, limit=60, silences=(10,), reply=5)
STATIC = Terms("static", 0.4, True, PATIENCE)


OPENING = Announce("opening", 100.0 + STATIC.delay)


class Sim:
    """A call whose clock the test turns: timers fire by themselves when time passes them."""

    def __init__(self, terms: Terms = STATIC) -> None:
        self.state = State(terms)
        self.now = 100.0
        self.done: list[Command] = []

    def feed(self, *events: e.Event) -> None:
        for event in events:
            self.state, commands = step(self.state, event)
            self.done.extend(commands)

    def wait(self, seconds: float) -> None:
        """Let time pass, deadline by deadline."""
        until = self.now + seconds
        while due := [(at, timer) for timer, at in self.state.timers.items() if at <= until + 1e-9]:
            at, timer = min(due)
            self.now = max(self.now, at)
            self.feed(e.Elapsed(at=self.now, timer=timer.value))
        self.now = until

    def take(self) -> list[Command]:
        """The commands since the last look."""
        taken, self.done = self.done, []
        return taken

    def ring(self) -> None:
        self.feed(e.Dialled(at=self.now), e.Rang(at=self.now))

    def answer(self, *rendered: tuple[e.AnnouncementKind, float]) -> None:
        self.ring()
        for kind, seconds in rendered or (("opening", 3.0), ("goodbye", 2.0)):
            self.feed(e.Rendered(at=self.now, kind=kind, seconds=seconds))
        self.feed(e.Answered(at=self.now))

    def callee(self, speaks: bool) -> None:
        over = self.state.agent_speaks
        started = e.CalleeStarted(at=self.now, sample=0, over_agent=over)
        self.feed(started if speaks else e.CalleeStopped(at=self.now, sample=0))

    def audible(self) -> None:
        self.feed(e.CalleeAudible(at=self.now))

    def clear(self, *, words: bool = True) -> None:
        self.feed(e.CalleeClear(at=self.now, words=words))

    def heard(self, *, backchannel: bool = False) -> None:
        self.feed(e.CalleeHeard(at=self.now, text="…", backchannel=backchannel))

    def talks_on(self, seconds: float) -> None:
        """So long, and every few seconds a recogniser has put it into words."""
        while seconds > 0:
            self.wait(min(seconds, 5.0))
            self.heard()
            seconds -= 5.0

    def started(self, kind: e.SpeechKind) -> None:
        self.feed(e.AgentStarted(at=self.now, id="a1", kind=kind, sample=0))

    def stopped(self, kind: e.SpeechKind, cut: bool = False) -> None:
        self.feed(e.AgentStopped(at=self.now, id="a1", kind=kind, text="", cut=cut, start=0, stop=1))

    def remind(self, seconds: float = 0.0) -> None:
        """The question whether the callee is there, as far as it is said."""
        self.state = replace(self.state, announcing="reminder")
        self.started("reminder")
        self.wait(seconds)
        if seconds:
            self.stopped("reminder")

    def says(self, kind: e.SpeechKind, seconds: float) -> None:
        """The agent says something from its beginning to its end."""
        self.started(kind)
        self.wait(seconds)
        self.stopped(kind)

    def talk(self, *rendered: tuple[e.AnnouncementKind, float]) -> None:
        """Answered, the first sentence said."""
        self.answer(*rendered)
        self.wait(0.4)
        self.says("opening", 3)
        self.take()


FIXED: tuple[tuple[e.AnnouncementKind, float], ...] = (("opening", 3.0), ("apology", 2.0), ("failure", 3.0))


def asked(patience: Patience = PATIENCE, rendered: Sequence[tuple[e.AnnouncementKind, float]] = FIXED) -> Sim:
    """A call whose model has just been given a turn."""
    sim = Sim(replace(STATIC, goodbye=False, patience=patience))
    sim.talk(*rendered)
    sim.feed(e.TurnTaken(at=sim.now))
    sim.take()
    return sim


def ending(commands: Sequence[Command]) -> tuple[str, str | None, str | None]:
    [command] = [command for command in commands if isinstance(command, HangUp)]
    return command.ending.ended_by, command.ending.end_reason, command.ending.error_code
