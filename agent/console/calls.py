"""One call by microphone after the other, and the orders that are typed meanwhile."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent import events as e
from agent import summary
from agent.console import orders
from agent.console.card import Controls
from agent.console.clerk import Clerk
from agent.console.keyboard import Key, Keyboard
from agent.console.orders import Kind, Misunderstood, Order
from agent.console.phone import Booth, Phone
from agent.console.screen import Screen
from agent.console.subject import Subject
from agent.plan import Plan
from agent.view import View

_BARS = 12
_QUIETEST = -60.0
"""dBFS at which the meter shows nothing."""


class Dashboard:
    """What stands below the prompt: how the call is, and the level of the microphone."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._state = "getting ready"
        self._answered_at: float | None = None

    def watch(self, event: e.Event) -> None:
        """Take an event of the call."""
        match event:
            case e.Answered():
                self._state, self._answered_at = "talking", event.at
            case e.Ended():
                self._state, self._answered_at = "the call is over", None
            case e.ToolCalled():
                self._state = f"using {event.name}"
            case e.ToolReturned() | e.AgentStopped():
                self._state = "talking" if self._answered_at is not None else self._state
            case _:
                return

    def text(self) -> str:
        """In a line."""
        seconds = 0 if self._answered_at is None else int(time.monotonic() - self._answered_at)
        clock = f"{seconds // 60:02}:{seconds % 60:02} · " if self._answered_at is not None else ""
        return f"{clock}{self._state} · {meter(self._controls)}"


def meter(controls: Controls) -> str:
    """The level of the microphone as a bar."""
    if controls.muted:
        return "muted (Ctrl-T)"
    share = (max(_QUIETEST, controls.level) - _QUIETEST) / -_QUIETEST
    bars = round(min(1.0, share) * _BARS)
    return f"mic {'▮' * bars}{'▯' * (_BARS - bars)}"


class Calls:
    """Holds calls until whoever sits at the console leaves."""

    def __init__(self, booth: Booth, terminal: tuple[Screen, Keyboard], clerk: Clerk, dashboard: Dashboard) -> None:
        self._booth = booth
        self._screen, self._keyboard = terminal
        self._clerk = clerk
        self._dashboard = dashboard
        self._reading: asyncio.Task[str | Key] | None = None
        self._deaf = False
        """No more lines will come."""
        self.failed = False
        """The last call ended in an error."""

    async def run(
        self, subject: Subject, planned: Callable[[Subject], Plan], stop: asyncio.Event, *, staying: bool
    ) -> None:
        """Hold calls. With `staying` orders are taken after a call too; without, its end is the end.

        Raises what `Phone.talk` raises.
        """
        stopped = asyncio.create_task(stop.wait(), name="stop")
        try:
            again: Subject | None = subject
            while again is not None:
                plan = planned(again)
                phone = Phone(self._booth, self._watch(View(self._screen.console, status=False)))
                talking = asyncio.create_task(self._talk(phone, plan), name="call")
                try:
                    again = await self._during(_Held(phone, talking, again, plan.language), planned, stopped, staying)
                finally:
                    phone.put_down()
                    await asyncio.gather(talking, return_exceptions=True)
                talking.result()
        finally:
            for task in (stopped, self._reading):
                if task is not None:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)

    def _watch(self, view: View) -> Callable[[e.Event], None]:
        def watch(event: e.Event) -> None:
            view.show(event)
            self._dashboard.watch(event)
            self._screen.changed()

        return watch

    async def _talk(self, phone: Phone, plan: Plan) -> None:
        report = await phone.talk(plan)
        self.failed = summary.failed(report)
        for name, value in {**summary.rows(report), "written": str(self._booth.folder)}.items():
            self._screen.note(f"{name:<15} {value}")

    async def _during(
        self, held: "_Held", planned: Callable[[Subject], Plan], stopped: "asyncio.Task[Any]", staying: bool
    ) -> Subject | None:
        """Take orders; whom the next call is with, or None where there is to be none."""
        while not held.over or (staying and not held.broken):
            line = await self._line(*(() if held.over else (held.talking,)), stopped)
            if stopped.done() or line is Key.STOP or (line is Key.END and staying):
                return None
            self._deaf = self._deaf or line is Key.END
            order = self._order(line) if isinstance(line, str) else None
            match order:
                case None:
                    continue
                case Order(Kind.QUIT):
                    return None
                case Order(Kind.RESTART):
                    return held.subject
                case Order(Kind.EDIT):
                    changed = await self._clerk.edit(held.subject, planned)
                    if changed is not None:
                        return changed
                case _:
                    self._do(order, held)
        return None

    def _order(self, line: str) -> Order | None:
        try:
            order = orders.parse(line, by_microphone=True)
        except Misunderstood as error:
            self._screen.show("error", str(error))
            return None
        if order is None and line.strip():
            self._screen.note("you are heard by the microphone; /help lists what can be typed")
        return order

    async def _line(self, *others: "asyncio.Task[Any]") -> str | Key | None:
        """The next line; None where one of the others is over before it."""
        if self._reading is None and not self._deaf:
            self._reading = asyncio.create_task(self._keyboard.line(), name="line")
        reading = self._reading
        await asyncio.wait({*others, *((reading,) if reading else ())}, return_when=asyncio.FIRST_COMPLETED)
        if reading is None or not reading.done():
            return None
        self._reading = None
        return reading.result()

    def _do(self, order: Order, held: "_Held") -> None:
        controls, scribe = self._booth.controls, held.phone.scribe
        match order.kind:
            case Kind.MUTE:
                toggle(controls)
                self._screen.note("the microphone is closed" if controls.muted else "the microphone is open")
            case Kind.DTMF:
                if digits := self._clerk.digits(order.text):
                    controls.keys.extend(digits)
                    scribe.pressed(digits)
            case Kind.TRANSCRIPT:
                self._clerk.recite(scribe.record)
            case Kind.SAVE:
                self._clerk.save(scribe.record, held.language, order.text)
            case Kind.HELP:
                self._clerk.explain(by_microphone=True)
            case _:
                raise AssertionError(order.kind)


@dataclass(frozen=True, slots=True)
class _Held:
    """A call, while orders are taken."""

    phone: Phone
    talking: "asyncio.Task[None]"
    subject: Subject
    language: str

    @property
    def over(self) -> bool:
        """The call has ended, and its report was shown."""
        return self.talking.done()

    @property
    def broken(self) -> bool:
        """It could not be held to its end."""
        return self.over and self.talking.exception() is not None


def toggle(controls: Controls) -> None:
    """Close the microphone, or open it again."""
    controls.muted = not controls.muted
