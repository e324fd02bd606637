"""The assistant's side of a conversation by keyboard: takes turns and orders, one after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.console.loading import Behind, import_slow
from agent.console.minutes import Minutes
from agent.console.record import Spoken, Typed
from agent.console.screen import Screen
from agent.console.stand_ins import TOOLS_HOST, serve_tools_of, started
from agent.console.subject import Subject, key_of_model
from agent.console.usage import Usage
from agent.plan import Plan
from agent.providers import Providers, Source
from agent.settings import Settings

if TYPE_CHECKING:
    from agent.console.talk import Answer, Talk
    from agent.standins.process import StandIns


@dataclass(frozen=True, slots=True)
class Put:
    """Have the agent have said this."""

    text: str


@dataclass(frozen=True, slots=True)
class Instruct:
    """Go on with the prompt as it is now."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Begin again."""


Request = Typed | Put | Instruct | Restart


@dataclass(slots=True)
class Status:
    """What stands below the prompt."""

    model: str = ""
    state: str = "getting ready"
    turns: int = 0
    usage: str = ""

    def text(self) -> str:
        """In a line."""
        turns = f"{self.turns} turn{'' if self.turns == 1 else 's'}" if self.turns else ""
        return " · ".join(part for part in (self.state, self.model, turns, self.usage) if part)


class Session:
    """Holds one conversation after the other with the same assistant."""

    def __init__(self, subject: Subject, settings: Settings, source: Source, screen: Screen, status: Status) -> None:
        """`source` is the model's."""
        self.subject = subject
        self.requests: asyncio.Queue[Request] = asyncio.Queue()
        self.ready = asyncio.Event()
        """The conversation has begun: turns are answered at once."""
        self.language = settings.language
        """Of the conversation, once it has begun."""
        self.failed = False
        """The last answer was none."""
        self._settings = settings
        self._source = source
        self._screen = screen
        self._status = status
        self._total = Usage()
        self._talk: Talk | None = None
        """While it answers."""
        self.minutes = Minutes(screen, self._turn_to)

    def interrupt(self) -> bool:
        """Stop the answer that is under way; whether there was one."""
        if self._talk is None:
            return False
        self._talk.stop()
        return True

    def planned(self, subject: Subject | None = None) -> Plan:
        """The plan of a call that begins now. Raises `InputInvalid`."""
        return (subject or self.subject).plan(self._settings, Providers(llm=self._source), datetime.now(UTC))

    async def run(self) -> None:
        """Converse for ever. Raises `NoStandIns`."""
        planning, importing = Behind("plan", self.planned), Behind("import", import_slow)
        plan = await planning.result()
        async with AsyncExitStack() as stack:
            self._greet(plan)
            wanted = self._source is Source.STAND_IN or serve_tools_of(plan)
            stand_ins = await started(stack) if wanted else None
            await importing.result()
            again = False
            while True:
                async with self._opened(plan, stand_ins) as (talk, pointed):
                    await self._hold(pointed, talk, again=again)
                plan, again = self.planned(), True
                self.minutes, self.failed = Minutes(self._screen, self._turn_to), False
                self._screen.note("once more")
                self._greet(plan)

    def _greet(self, plan: Plan) -> None:
        """Show what needs no model: a first sentence that is fixed."""
        self.language = plan.language
        self._status.model, self._status.turns = plan.model.name, 0
        if plan.opening.mode == "static":
            self.minutes.said(Spoken(plan.opening.text, "opening"))
        self._turn_to("getting ready")

    @asynccontextmanager
    async def _opened(self, plan: Plan, stand_ins: "StandIns | None") -> AsyncIterator[tuple["Talk", Plan]]:
        """The talk, and the plan with the addresses of the stand-ins."""
        from agent.console.talk import opened  # noqa: PLC0415  (livekit)

        minutes = self.minutes
        async with AsyncExitStack() as stack:
            rewrites = {}
            if stand_ins is not None:
                from agent.standins.config import CallConfig  # noqa: PLC0415
                from agent.standins.pointing import pointed_at  # noqa: PLC0415

                call = await stand_ins.open_call(CallConfig(language=plan.language))
                stack.push_async_callback(call.close)
                plan = pointed_at(plan, call, Providers(llm=self._source))
                rewrites = {TOOLS_HOST: call.tools_url}
            hosts = self._settings.allowed_hosts
            talk = await stack.enter_async_context(opened(plan, hosts, rewrites, minutes.tell, minutes.writes))
            yield talk, plan

    async def _hold(self, plan: Plan, talk: "Talk", *, again: bool) -> None:
        """One conversation, until it is to begin again, which is done once the next one is open."""
        await self._open(plan, talk)
        self.ready.set()
        if again:
            self.requests.task_done()
        while True:
            self._turn_to("the call is over" if self.minutes.record.ended else "your turn")
            request = await self.requests.get()
            match request:
                case Restart():
                    return
                case Put(text):
                    self.minutes.said(Spoken(text, "put"))
                    await talk.remember(text)
                case Instruct():
                    await talk.instruct(self.planned().prompt)
                case Typed():
                    await self._answer(plan, talk, request)
            self.requests.task_done()

    async def _open(self, plan: Plan, talk: "Talk") -> None:
        match plan.opening.mode:
            case "static":
                await talk.remember(plan.opening.text)
            case "generated":
                self._turn_to("writing the first sentence")
                answer = await talk.opening()
                if answer.text:
                    self.minutes.said(Spoken(answer.text, "generated"))
                    await talk.remember(answer.text)
                self._account(plan, answer)
            case "none":
                self._screen.note("you speak first")

    async def _answer(self, plan: Plan, talk: "Talk", turn: Typed) -> None:
        if self.minutes.record.ended:
            self._screen.note("the agent has ended the call; /restart begins it again")
            return
        self.minutes.enter(turn)
        self._status.turns += 1
        self._turn_to("thinking")
        self._talk = talk
        try:
            answer = await talk.answer(turn.text)
        finally:
            self._talk = None
        self.minutes.close(cut=answer.stopped)
        self._account(plan, answer)
        if self.minutes.asked:
            if plan.goodbye is not None:
                self.minutes.said(Spoken(plan.goodbye, "goodbye"))
            self.minutes.record.ended = True
            self._screen.show("call", "ended by agent, tool_end_call")

    def _account(self, plan: Plan, answer: "Answer") -> None:
        """Show how an answer went: how long it took, what it cost, or why there is none."""
        prices = self._settings.prices
        price = prices[plan.model.name] if plan.model.name in prices else None
        self._total += answer.usage
        self._status.usage = self._total.text(price)
        self.failed = bool(answer.error)
        if answer.error:
            where = f": see {key_of_model(self.subject, plan, self._settings)}" if answer.refused else ""
            self._screen.show("error", answer.error + where)
        elif not answer.text.strip() and not self.minutes.asked and not answer.stopped:
            self._screen.show("warning", "the model said nothing")
        first = "no words" if answer.first is None else f"first word after {answer.first:.2f} s"
        stopped = ", stopped" if answer.stopped else ""
        spent = f" · {answer.usage.text(price)}" if answer.usage.requests else ""
        self._screen.note(f"{first}{stopped}, done after {answer.whole:.2f} s{spent}")

    def _turn_to(self, state: str) -> None:
        self._status.state = state
        self._screen.changed()
