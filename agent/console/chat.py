"""Talking by keyboard: what each line that is typed means, and doing it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from agent.console import orders
from agent.console.clerk import Clerk
from agent.console.keyboard import Key, Keyboard
from agent.console.orders import Kind, Misunderstood, Order
from agent.console.record import Keys, Typed
from agent.console.screen import Screen
from agent.console.session import Instruct, Put, Restart, Session
from agent.console.stop import Stop

T = TypeVar("T")


class Chat:
    """Reads lines until whoever types them leaves."""

    def __init__(self, session: Session, screen: Screen, keyboard: Keyboard, clerk: Clerk) -> None:
        self._session = session
        self._screen = screen
        self._keyboard = keyboard
        self._clerk = clerk

    async def run(self, stop: Stop, *, at_once: bool) -> None:
        """Converse. With `at_once` a line may interrupt an answer; otherwise it waits for it.

        Raises what the session raises.
        """
        held = asyncio.create_task(self._session.run(), name="conversation")
        stopped = asyncio.create_task(stop.event.wait(), name="stop")
        try:
            if not at_once:
                await unless(self._session.ready.wait(), held, stopped)
            while (line := await unless(self._keyboard.line(), held, stopped)) is not None:
                if not await self._take(line, at_once=at_once):
                    break
                if not at_once and await unless(self._settled(), held, stopped) is None:
                    break
            if held.done():
                held.result()
        finally:
            for task in (held, stopped):
                task.cancel()
            await asyncio.gather(held, stopped, return_exceptions=True)
            self._screen.end()

    async def _settled(self) -> bool:
        await self._session.requests.join()
        return True

    async def _take(self, line: str | Key, *, at_once: bool) -> bool:
        """Do what a line asks for; False where that is to leave."""
        if isinstance(line, Key):
            return line is Key.STOP and self._session.interrupt()
        if not at_once and line.strip():
            self._screen.show("you", line)
        try:
            order = orders.parse(line)
        except Misunderstood as error:
            self._screen.show("error", str(error))
            return True
        if order is not None:
            return await self._obey(order)
        if line.strip():
            self._session.requests.put_nowait(Typed(line.strip(), interrupts=self._session.interrupt()))
        return True

    async def _obey(self, order: Order) -> bool:
        session = self._session
        match order.kind:
            case Kind.QUIT:
                return False
            case Kind.EDIT:
                await session.requests.join()
                changed = await self._clerk.edit(session.subject, session.planned)
                if changed is not None:
                    session.subject = changed
                    session.requests.put_nowait(Instruct())
            case Kind.SAY:
                session.requests.put_nowait(Put(order.text))
            case Kind.RESTART:
                session.interrupt()
                session.requests.put_nowait(Restart())
            case _:
                self._do(order)
        return True

    def _do(self, order: Order) -> None:
        """What needs nothing of the model."""
        record = self._session.minutes.record
        match order.kind:
            case Kind.HELP:
                self._clerk.explain(by_microphone=False)
            case Kind.TRANSCRIPT:
                self._clerk.recite(record)
            case Kind.SAVE:
                self._clerk.save(record, self._session.language, order.text)
            case Kind.DTMF:
                if digits := self._clerk.digits(order.text):
                    record.entries.append(Keys(digits))
            case _:
                raise AssertionError(order.kind)


async def unless(work: Coroutine[Any, Any, T], *others: "asyncio.Task[Any]") -> T | None:
    """What the work gives; None where one of the others is over before it."""
    task = asyncio.create_task(work, name="line")
    try:
        await asyncio.wait({task, *others}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
