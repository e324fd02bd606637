"""The supervisor's shell: a fake line and a fake performer under a hurried clock."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from livekit.agents import APIConnectionError

from agent import events as e
from agent import line as lines
from agent.call import HANG_UP_LONGEST, INTERNAL, Call
from agent.journal import Journal
from agent.phases import Phase
from agent.plan import Patience
from agent.state import Mode, Terms
from agent.voice import SilentVoice
from audio.frames import Pcm, silence
from audio.ledger import SpokenWord
from tests.agent.hurry import hurried, now

PATIENCE = Patience(ringing=30, limit=60, silences=(20,), reply=8)
SENTENCE = 2.0
"""Seconds every fixed sentence lasts."""

FULL_DISK = Path("/dev/full")


class Broken(Exception):
    """Something that must not be seen: +33612345678."""


@dataclass
class Faults:
    """Makes the n-th use of a thing fail."""

    of: str = ""
    times: tuple[int, ...] = (1,)
    uses: Counter[str] = field(default_factory=Counter)

    def use(self, name: str) -> None:
        self.uses[name] += 1
        if name == self.of and self.uses[name] in self.times:
            raise Broken


class FakeLine:
    """Rings for a second and is then picked up, unless told otherwise."""

    def __init__(self, faults: Faults, answer: Callable[[], lines.LineEvent | None] | None = None) -> None:
        self.freed = 0
        self.hangs = False
        self.notify: Callable[[lines.LineEvent], None] = lambda event: None
        self._faults = faults
        self._answer = answer or (lambda: lines.Answered(now()))

    @property
    def latency(self) -> float:
        return 0.0

    async def dial(self, leg: lines.Leg, notify: Callable[[lines.LineEvent], None]) -> None:
        self.notify = notify
        self._faults.use("dial")
        notify(lines.Rang(now()))
        await asyncio.sleep(1)
        answer = self._answer()
        if answer is None:
            await asyncio.Event().wait()
        else:
            notify(answer)

    async def hang_up(self) -> None:
        self._faults.use("hang_up")
        if self.hangs:
            await asyncio.Event().wait()
        await asyncio.sleep(0.1)
        self.freed += 1


class FakePerformer:
    """Says each fixed sentence in two seconds, and remembers what it was asked for."""

    def __init__(self, faults: Faults) -> None:
        self.asked: list[str] = []
        self.call: Call
        self._faults = faults
        self._saying: e.AnnouncementKind | None = None
        self._timers: list[asyncio.TimerHandle] = []

    def announce(self, kind: e.AnnouncementKind, not_before: float) -> None:
        self.asked.append(f"announce {kind}")
        self._faults.use("announce")
        self._saying = kind
        self.call.post(e.AgentStarted(at=now(), id=kind, kind=kind, sample=0))
        self._timers.append(asyncio.get_running_loop().call_later(SENTENCE, self._stopped, False))

    def _stopped(self, cut: bool) -> None:
        if self._saying is not None:
            kind, self._saying = self._saying, None
            self.call.post(e.AgentStopped(at=now(), id=kind, kind=kind, text="…", cut=cut, start=0, stop=1))

    def stop_announcement(self, *, withdrawn: bool) -> None:
        self.asked.append(f"stop announcement {withdrawn}")
        self._faults.use("stop_announcement")
        if withdrawn:
            self.call.post(e.OpeningWithdrawn(at=now()))
        self._stopped(True)

    def listen(self, *, current: bool) -> None:
        self.asked.append("listen")
        self._faults.use("listen")

    def mute(self, *, at_once: bool) -> None:
        self.asked.append("mute")
        self._faults.use("mute")

    def duck(self, *, on: bool) -> None:
        self.asked.append(f"duck {on}")

    def hold(self, *, on: bool) -> None:
        self.asked.append(f"hold {on}")

    def admit(self) -> None:
        self.asked.append("admit")

    def dismiss(self) -> None:
        self.asked.append("dismiss")

    def try_again(self, *, go_on: bool, if_idle: bool) -> None:
        self.asked.append("try again")


class FakeLeg:
    def speak(self) -> Pcm:
        return silence()

    def hear(self, pcm: Pcm) -> None:
        """Nothing listens."""

    def voice(self) -> Pcm:
        return silence()

    def spoken(self) -> list[SpokenWord]:
        return []


Act = Callable[["Stage"], None]


class Stage:
    """A call, everything around it, and what happens in it: seconds after it was begun, what is done."""

    def __init__(
        self,
        *,
        faults: Faults | None = None,
        opening: Mode = "static",
        path: Path | None = None,
        answer: Callable[[], lines.LineEvent | None] | None = None,
    ) -> None:
        self.faults = faults or Faults()
        self.line = FakeLine(self.faults, answer)
        self.performer = FakePerformer(self.faults)
        self.journal = Journal(path)
        self.call = Call(Terms(opening, 0.4, True, PATIENCE), self.line, self.journal, now)
        self.performer.call = self.call

    @property
    def events(self) -> list[e.Event]:
        return self.journal.events

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    @property
    def ended(self) -> e.Ended:
        [ended] = [event for event in self.events if isinstance(event, e.Ended)]
        return ended

    def why(self) -> tuple[str, str | None, str | None]:
        return self.ended.ended_by, self.ended.end_reason, self.ended.error_code

    def post(self, make: Callable[[float], e.Event]) -> None:
        self.call.post(make(now()))

    async def play(self, *acts: tuple[float, Act]) -> None:
        """Run the call; it must be over within two minutes."""
        loop = asyncio.get_running_loop()
        for kind in ("opening", "goodbye"):
            self.call.post(e.Rendered(at=now(), kind=kind, seconds=SENTENCE))
        timers = [loop.call_later(after, act, self) for after, act in acts]
        try:
            async with asyncio.timeout(120):
                self.call.dial(FakeLeg())
                await self.call.run(self.performer)
        finally:
            for timer in timers:
                timer.cancel()
            await self.call.aclose()
            with suppress(OSError):
                self.journal.close()


def posting(make: Callable[[float], e.Event]) -> Act:
    return lambda stage: stage.post(make)


def goodbye(stage: Stage) -> None:
    stage.post(lambda at: e.GoodbyeAsked(at=at))


def hang_up(stage: Stage) -> None:
    stage.line.notify(lines.HungUp(now()))


def play(stage: Stage, *acts: tuple[float, Act]) -> Stage:
    hurried(stage.play(*acts))
    assert stage.call.phase is Phase.OVER
    assert stage.call.over.is_set()
    assert stage.names().count("Ended") == 1
    assert stage.names().count("LineFreed") == stage.names().count("Dialled")
    return stage


def test_a_call_runs_from_the_dial_to_the_freed_line() -> None:
    stage = play(Stage(), (10, goodbye))
    assert stage.performer.asked == ["announce opening", "listen", "mute", "announce goodbye", "mute"]
    assert stage.why() == ("agent", "tool_end_call", None)
    assert stage.line.freed == 1
    assert stage.names()[:5] == ["Rendered", "Rendered", "Dialled", "Rang", "Answered"]
    assert stage.names()[-2:] == ["Ended", "LineFreed"]


def test_deadlines_pass_at_their_moments() -> None:
    stage = play(Stage())
    [answered] = [event.at for event in stage.events if isinstance(event, e.Answered)]
    [opening] = [event.at for event in stage.events if isinstance(event, e.AgentStarted)]
    assert opening - answered == pytest.approx(0.4, abs=0.04)
    assert stage.why() == ("system", "user_inactive", None)
    assert stage.ended.at == pytest.approx(opening + SENTENCE + PATIENCE.silences[0], abs=0.01)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda: lines.Refused(now(), "busy", 486, "Busy Here"), ("system", "user_rejected", "dial_error")),
        (lambda: lines.Cancelled(now()), ("system", None, "cancelled")),
        (lambda: lines.Refused(now(), "no_answer", 480, "Gone"), ("system", "user_unavailable", "dial_error")),
    ],
)
def test_a_dial_that_was_not_answered_frees_the_line(
    answer: Callable[[], lines.LineEvent], why: tuple[str, str | None, str | None]
) -> None:
    stage = play(Stage(answer=answer))
    assert stage.why() == why
    assert stage.line.freed == 1
    assert "announce opening" not in stage.performer.asked


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (lambda: lines.HungUp(now()), ("user", "client_initiated", None)),
        (lambda: lines.Dropped(now(), "connection_timeout"), ("system", "connection_timeout", None)),
        (lambda: lines.Dropped(now(), "participant_removed"), ("system", "participant_removed", None)),
    ],
)
def test_what_the_line_notifies_ends_the_call(
    event: Callable[[], lines.LineEvent], why: tuple[str, str | None, str | None]
) -> None:
    stage = play(Stage(), (5, lambda stage: stage.line.notify(event())))
    assert stage.why() == why


def test_a_key_the_callee_presses_changes_nothing() -> None:
    stage = play(Stage(), (5, lambda stage: stage.line.notify(lines.Pressed(now(), "4"))), (6, hang_up))
    assert "4" not in repr(stage.events)


def test_a_callee_may_fade_and_return() -> None:
    stage = play(
        Stage(),
        (5, lambda stage: stage.line.notify(lines.Faded(now()))),
        (6, lambda stage: stage.line.notify(lines.Returned(now()))),
        (7, hang_up),
    )
    assert [name for name in stage.names() if name in {"CalleeFaded", "CalleeReturned"}] == [
        "CalleeFaded",
        "CalleeReturned",
    ]
    assert stage.why() == ("user", "client_initiated", None)


def test_events_posted_while_one_is_handled_wait_for_it() -> None:
    stage = Stage(opening="none")
    seen: list[str] = []

    def echo(event: e.Event) -> None:
        seen.append(f"{type(event).__name__} begins")
        if isinstance(event, e.Warned):
            stage.call.post(e.CalleeHeard(at=event.at, text="one"))
            stage.call.post(e.CalleeHeard(at=event.at, text="two"))
        seen.append(f"{type(event).__name__} ends")

    stage.journal.watch(echo)
    play(stage, (5, posting(lambda at: e.Warned(at=at, message="…"))), (6, hang_up))
    start = seen.index("Warned begins")
    nested = ["Warned begins", "Warned ends", "CalleeHeard begins", "CalleeHeard ends"]
    assert seen[start : start + 6] == [*nested, *nested[2:]]


def test_followers_are_given_every_event_in_order_after_what_it_asked_for() -> None:
    stage = Stage()
    followed: list[tuple[str, int]] = []
    stage.call.follow(lambda event: followed.append((type(event).__name__, len(stage.performer.asked))))
    play(stage, (10, goodbye))
    assert [name for name, _ in followed] == stage.names()
    assert followed[stage.names().index("GoodbyeAsked")][1] == stage.performer.asked.index("announce goodbye") + 1


def test_a_follower_that_fails_breaks_the_call_as_anything_else() -> None:
    stage = Stage()

    def fail(event: e.Event) -> None:
        if isinstance(event, e.Answered):
            raise Broken

    stage.call.follow(fail)
    assert play(stage).why() == ("system", None, "internal_error")


def test_a_call_that_was_called_off_before_it_was_dialled_is_not_dialled() -> None:
    stage = Stage()

    async def called_off() -> None:
        stage.post(lambda at: e.Withdrawn(at=at))
        await stage.play()

    hurried(called_off())
    assert stage.why() == ("system", None, "cancelled")
    assert "Dialled" not in stage.names()
    assert stage.faults.uses["dial"] == 0


def test_a_call_that_is_called_off_while_it_rings_frees_the_line() -> None:
    stage = play(Stage(answer=lambda: None), (5, posting(lambda at: e.Withdrawn(at=at))))
    assert stage.why() == ("system", None, "cancelled")
    assert stage.line.freed == 1


def test_a_line_that_does_not_come_free_does_not_hold_up_the_end() -> None:
    stage = Stage()
    stage.line.hangs = True
    play(stage, (5, hang_up))
    freed = stage.events[-1]
    assert isinstance(freed, e.LineFreed)
    assert freed.at - stage.ended.at == pytest.approx(HANG_UP_LONGEST, abs=0.01)
    assert stage.names()[-2] == "Warned"


def test_a_line_that_fails_to_hang_up_does_not_hold_up_the_end() -> None:
    stage = play(Stage(faults=Faults("hang_up")), (5, hang_up))
    assert stage.names()[-2:] == ["Warned", "LineFreed"]
    assert stage.why() == ("user", "client_initiated", None)


def test_a_dial_that_raises_is_a_fault_of_the_worker() -> None:
    stage = play(Stage(faults=Faults("dial")))
    assert stage.why() == ("system", None, "internal_error")
    assert stage.ended.error_message == INTERNAL


@pytest.mark.parametrize("command", ["announce", "listen", "mute"])
def test_a_performer_that_raises_ends_the_call_as_a_fault_of_the_worker(command: str) -> None:
    stage = play(Stage(faults=Faults(command)), (10, goodbye))
    assert stage.why() == ("system", None, "internal_error")
    assert "+336" not in repr(stage.events)


def test_the_line_is_freed_although_the_last_command_before_it_raises() -> None:
    stage = play(Stage(faults=Faults("mute")), (10, hang_up))
    assert stage.why() == ("user", "client_initiated", None)
    assert stage.line.freed == 1


@pytest.mark.parametrize("error", [APIConnectionError(), SilentVoice("…")])
def test_a_provider_that_fails_beside_the_call_ends_it_as_such(error: Exception) -> None:
    async def fail() -> None:
        raise error

    stage = play(Stage(), (5, lambda stage: stage.call.begin("ears", fail)))
    assert stage.why() == ("system", None, "provider_failed")
    assert stage.ended.error_message == "a provider failed: the recogniser was lost"


def test_what_runs_beside_the_call_is_cancelled_when_it_is_closed() -> None:
    cancelled: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append("yes")
            raise

    play(Stage(), (5, lambda stage: stage.call.begin("endless", endless)), (6, hang_up))
    assert cancelled == ["yes"]


def test_nothing_is_raised_to_whoever_posts() -> None:
    def breaking(stage: Stage) -> None:
        stage.journal.watch(broken)
        stage.post(lambda at: e.CalleeHeard(at=at, text="hello"))

    def broken(event: e.Event) -> None:
        raise Broken

    stage = play(Stage(), (5, breaking))
    assert stage.why() == ("system", None, "internal_error")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="needs a device that is always full")
def test_a_call_goes_on_when_the_disk_is_full() -> None:
    stage = play(Stage(path=FULL_DISK), (5, hang_up))
    assert stage.why() == ("user", "client_initiated", None)


def breaking_speech(stage: Stage) -> None:
    stage.post(lambda at: e.CalleeStarted(at=at, sample=0))


_SCENES: dict[str, list[tuple[float, Act]]] = {
    "goodbye": [(10, goodbye)],
    "hang-up": [(1.6, hang_up)],
    "interruption": [(1.6, breaking_speech), (3, posting(lambda at: e.CalleeStopped(at=at, sample=0))), (20, goodbye)],
    "late answer": [(8, posting(lambda at: e.TurnTaken(at=at)))],
    "called off": [(0.5, posting(lambda at: e.Withdrawn(at=at)))],
    "torn": [(10, goodbye), (10.5, hang_up), (10.5, posting(lambda at: e.Withdrawn(at=at)))],
    "many goodbyes": [(10 + index / 100, goodbye) for index in range(20)],
}


@pytest.mark.parametrize("scene", _SCENES)
@pytest.mark.parametrize("of", ["dial", "hang_up", "announce", "stop_announcement", "listen", "mute", "watch"])
@pytest.mark.parametrize("times", [(1,), (2,), tuple(range(1, 1000))], ids=["first", "second", "always"])
def test_whatever_fails_wherever_the_call_ends_once(scene: str, of: str, times: tuple[int, ...]) -> None:
    stage = Stage(faults=Faults(of, times))
    stage.journal.watch(lambda event: stage.faults.use("watch"))
    play(stage, *_SCENES[scene])
    if "Dialled" in stage.names():
        assert stage.faults.uses["hang_up"] == 1
        assert stage.line.freed == (0 if of == "hang_up" and 1 in times else 1)
