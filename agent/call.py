"""One call: the supervisor's shell. Events come in, one at a time; commands go out to the line, the mixer and the rest.

post(event) → journal → step(state, event) → commands → effects, whose outcome comes back as events
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, assert_never

from livekit.agents import APIError

from agent import commands as c
from agent import events as e
from agent import line as lines
from agent.journal import Journal
from agent.phases import Phase
from agent.state import State, Terms
from agent.supervisor import step
from agent.voice import SilentVoice

logger = logging.getLogger(__name__)

HANG_UP_LONGEST = 5.0
"""Seconds the line may take to be freed before the call is over without it."""

INTERNAL = "the worker failed; its log has the details"


class Performer(Protocol):
    """What carries out the commands that are about sound."""

    def announce(self, kind: e.AnnouncementKind, not_before: float) -> None:
        """Say a fixed sentence, `not_before` seconds after the answer at the earliest."""
        ...

    def stop_announcement(self, *, withdrawn: bool) -> None:
        """Stop the fixed sentence that is being said."""
        ...

    def listen(self, *, current: bool) -> None:
        """Hand the callee's speech to the model."""
        ...

    def mute(self, *, at_once: bool) -> None:
        """Say and answer nothing more; `at_once`: not even the rest of a word."""
        ...

    def duck(self, *, on: bool) -> None:
        """Lower the agent's voice under the callee's, or raise it again."""
        ...

    def hold(self, *, on: bool) -> None:
        """Hold the agent's voice where it is, or let it go on."""
        ...

    def admit(self) -> None:
        """Hand to the model what the callee says over the agent."""
        ...

    def dismiss(self) -> None:
        """Keep it from the model."""
        ...

    def try_again(self, *, go_on: bool, if_idle: bool) -> None:
        """Have the model answer once more; `go_on`: from where its answer broke off, `if_idle`: if it makes none."""
        ...


class Call:
    """Runs the supervisor over the events of one attempt until the line is free."""

    def __init__(self, terms: Terms, line: lines.Line, journal: Journal, now: Callable[[], float]) -> None:
        self.over = asyncio.Event()
        """The line is free; nothing more is decided."""
        self._state = State(terms)
        self._line = line
        self._journal = journal
        self._now = now
        self._followers: list[Callable[[e.Event], None]] = []
        self._performer: Performer | None = None
        self._unperformed: list[c.Command] = []
        """What came up before there was anybody to carry it out."""
        self._queue: deque[e.Event] = deque()
        self._stepping = False
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def phase(self) -> Phase:
        """Where the call stands."""
        return self._state.phase

    def follow(self, follower: Callable[[e.Event], None]) -> None:
        """Give `follower` every event from now on, once what it asks for has been begun."""
        self._followers.append(follower)

    def post(self, event: e.Event) -> None:
        """Take an event. Those that come up while one is handled wait for it; nothing is raised to whoever posts."""
        self._queue.append(event)
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._queue:
                self._handle(self._queue.popleft())
        finally:
            self._stepping = False
            self._changed.set()

    def begin(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run part of the call beside it. If it fails, the call fails; it is cancelled when the call is closed."""
        task = asyncio.create_task(self._guarded(name, work), name=f"call.{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def dial(self, leg: lines.Leg) -> None:
        """Begin to ring the callee, unless the call was called off before; commands about sound wait for `run`."""
        self.begin("deadlines", self._keep_deadlines)
        if self.phase is Phase.PREPARING:
            self.post(e.Dialled(at=self._now()))
        if self.phase is Phase.RINGING:
            self.begin("dial", lambda: self._line.dial(leg, self._notified))

    async def run(self, performer: Performer) -> None:
        """Have the commands carried out from now on, and stay until the line is free."""
        self._performer = performer
        waiting, self._unperformed = self._unperformed, []
        for command in waiting:
            with self._breaking():
                self._carry_out(command)
        await self.over.wait()

    async def aclose(self) -> None:
        """Cancel what still runs beside the call."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _handle(self, event: e.Event) -> None:
        # Whatever of it fails, the rest is done: a command that raises must not keep the line from being freed.
        commands: tuple[c.Command, ...] = ()
        with self._breaking():
            self._journal.append(event)
        with self._breaking():
            self._state, commands = step(self._state, event)
        for command in commands:
            with self._breaking():
                self._carry_out(command)
        for follower in self._followers:
            with self._breaking():
                follower(event)
        if self._state.phase is Phase.OVER:
            self.over.set()

    @contextmanager
    def _breaking(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001  (the boundary of a call)
            self._break(error)

    def _break(self, error: Exception) -> None:
        """A fault in handling an event ends the call, once; a fault while that is done is only logged."""
        logger.error("the call broke", extra={"error": type(error).__name__, "phase": str(self.phase)}, exc_info=error)
        if self._state.ending is None or self.phase is Phase.CLOSING:
            self._queue.append(e.Failed(at=self._now(), code="internal_error", message=INTERNAL))

    def _carry_out(self, command: c.Command) -> None:
        performer = self._performer
        if isinstance(command, c.HangUp):
            self._hang_up(command.ending)
        elif performer is None:
            self._unperformed.append(command)
        elif isinstance(command, c.Announce):
            performer.announce(command.kind, command.at - (self._state.answered_at or command.at))
        elif isinstance(command, c.StopAnnouncement):
            performer.stop_announcement(withdrawn=command.withdrawn)
        elif isinstance(command, c.Listen):
            performer.listen(current=command.current)
        elif isinstance(command, c.Mute):
            performer.mute(at_once=command.at_once)
        else:
            _about_a_turn(performer, command)

    def _hang_up(self, ending: c.Ending) -> None:
        self._queue.append(
            e.Ended(
                at=self._now(),
                ended_by=ending.ended_by,
                end_reason=ending.end_reason,
                error_code=ending.error_code,
                error_message=ending.error_message,
            )
        )
        self.begin("hang-up", self._free_line)

    async def _free_line(self) -> None:
        try:
            await asyncio.wait_for(self._line.hang_up(), HANG_UP_LONGEST)
        except Exception as error:
            logger.exception("the line could not be freed", extra={"error": type(error).__name__})
            self.post(e.Warned(at=self._now(), message=lines.NOT_FREED))
        self.post(e.LineFreed(at=self._now()))

    async def _guarded(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except (APIError, SilentVoice) as error:
            logger.warning("a provider failed", extra={"part": name, "error": type(error).__name__})
            message = f"a provider failed: {_PARTS.get(name, name)}"
            self.post(e.Failed(at=self._now(), code="provider_failed", message=message))
        except Exception as error:
            logger.error("part of the call broke", extra={"part": name, "error": type(error).__name__}, exc_info=error)
            self.post(e.Failed(at=self._now(), code="internal_error", message=INTERNAL))

    async def _keep_deadlines(self) -> None:
        while not self.over.is_set():
            self._changed.clear()
            timers = self._state.timers
            now = self._now()
            for timer in sorted((timer for timer, at in timers.items() if at <= now), key=lambda t: timers[t]):
                self.post(e.Elapsed(at=now, timer=timer.value))
                self._changed.set()
            wait = min(timers.values(), default=now + 3600.0) - now
            try:
                await asyncio.wait_for(self._changed.wait(), max(0.0, wait))
            except TimeoutError:
                continue

    def _notified(self, event: lines.LineEvent) -> None:
        match event:
            case lines.Rang(at):
                self.post(e.Rang(at=at))
            case lines.Answered(at):
                self.post(e.Answered(at=at))
            case lines.Refused(at, dial_error, sip_code, sip_text):
                self.post(e.Refused(at=at, dial_error=dial_error, sip_code=sip_code, sip_text=sip_text))
            case lines.Cancelled(at):
                self.post(e.Withdrawn(at=at))
            case lines.HungUp(at):
                self.post(e.CalleeHungUp(at=at))
            case lines.Dropped(at, reason):
                self.post(e.LineDropped(at=at, reason=reason))
            case lines.Faded(at):
                self.post(e.CalleeFaded(at=at))
            case lines.Returned(at):
                self.post(e.CalleeReturned(at=at))
            case lines.Pressed():
                logger.debug("the callee pressed a key")
            case _:
                assert_never(event)


def _about_a_turn(performer: Performer, command: c.Duck | c.Hold | c.Admit | c.Dismiss | c.TryAgain) -> None:
    match command:
        case c.Duck(on):
            performer.duck(on=on)
        case c.Hold(on):
            performer.hold(on=on)
        case c.Admit():
            performer.admit()
        case c.Dismiss():
            performer.dismiss()
        case c.TryAgain(go_on, if_idle):
            performer.try_again(go_on=go_on, if_idle=if_idle)
        case _:
            assert_never(command)


_PARTS: Mapping[str, str] = {
    "ears": "the recogniser was lost",
    "opening": "the first sentence could not be made",
    "sentences": "a fixed sentence could not be spoken",
    "conversation": "the conversation could not be started",
}
