"""The scheduler of a test: attempts that are dispatched at once or one after another, and what is told of them."""

import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from livekit import api

from agent.events import Accepted, Event
from agent.journal import read
from agent.standins.espeak import Espeak, Utterance
from agent.standins.resample import resampled
from agent.worker.folder import Folder
from audio.frames import RATE, Pcm
from tests.e2e import rtp
from tests.e2e.call import Call
from tests.e2e.callback import Callback, Delivery
from tests.e2e.phone import Phone
from tests.e2e.rtp import until
from tests.e2e.script import Script
from tests.e2e.stack import Stack
from tests.e2e.trunks import nothing_left, rooms
from tests.e2e.worker import Worker

AGENT = "voice-worker"
PROMPT = "You are Emma, and canary-7319 is your secret."
"""Must not be found in any log."""
FIRST_SENTENCE = "Hello there, this is Emma."


Gist = tuple[str, str | None, str | None, str | None]
"""Status, who ended it, why, and the error's code."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An attempt that was dispatched."""

    scheduler: "Scheduler"
    id: str
    number: str
    room: str
    metadata: dict[str, Any]
    at: float
    """When it was dispatched, host monotonic seconds."""

    @property
    def calls(self) -> list[Call]:
        """What came of it at the phone."""
        return [call for call in self.scheduler.phone.calls if call.number == self.number]

    @property
    def told(self) -> list[str]:
        """The types of its events, in order of arrival."""
        return [event.type.removeprefix("attempt.") for event in self.scheduler.callback.of(self.id)]

    async def rung(self, within: float = 15.0) -> Call:
        """Its call at the phone, waited for."""
        await until(lambda: bool(self.calls), within, f"attempt {self.id} had rung")
        return self.calls[0]

    async def answered(self, within: float = 15.0) -> Call:
        """The same, once the phone was picked up and the worker knows."""
        call = await self.rung(within)
        await self.event("ongoing", within)
        return call

    async def event(self, kind: str, within: float = 15.0) -> Delivery:
        """The first event of a kind such as `analyzed`, waited for."""
        return await self.scheduler.callback.event(f"attempt.{kind}", within, attempt_id=self.id)

    async def ended(self, within: float = 15.0) -> "Ending":
        """How it ended, once the last event came; it must be the only one of its kind, signed and in its place."""
        final = await self.event("analyzed", within)
        told = self.scheduler.callback.of(self.id)
        assert all(event.signed for event in told), self.told
        assert [kind for kind in self.told if kind in {"completed", "error", "analyzed"}] in (
            ["completed", "analyzed"],
            ["error", "analyzed"],
        ), self.told
        return Ending.of(final)

    async def over(self, gist: Gist, since: float, within: float = 5.0) -> "Ending":
        """The same, and it must be as expected, and told within so many seconds of `since`, host monotonic seconds."""
        ending = await self.ended(max(0.0, since - time.monotonic()) + within + 10)
        assert ending.gist == gist, (ending.gist, ending.attempt["error"], self.told)
        assert ending.at - since <= within, f"reported after {ending.at - since:.1f} s"
        return ending

    async def delete_room(self) -> None:
        await self.scheduler.lk.room.delete_room(api.DeleteRoomRequest(room=self.room))


@dataclass(frozen=True, slots=True)
class Ending:
    """What a report says of an attempt's end."""

    status: str
    ended_by: str | None
    reason: str | None
    error: str | None
    dial_error: str | None
    sip_code: int | None
    attempt: dict[str, Any]
    at: float
    """When the last event came, host monotonic seconds."""

    @classmethod
    def of(cls, final: Delivery) -> "Ending":
        attempt = final.attempt
        error, sip = attempt["error"], attempt["details"]["sip"]
        return cls(
            status=attempt["status"],
            ended_by=attempt["ended_by"],
            reason=attempt["end_reason"],
            error=error and error["code"],
            dial_error=attempt["dial_error"],
            sip_code=sip and sip["code"],
            attempt=attempt,
            at=final.at,
        )

    @property
    def gist(self) -> Gist:
        """Status, who ended it, why, and the error's code."""
        return self.status, self.ended_by, self.reason, self.error


class Scheduler:
    """Dispatches attempts to one phone, each to a number of its own."""

    def __init__(self, stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str, callback: Callback) -> None:
        self.stack = stack
        self.lk = lk
        self.phone = phone
        self.callback = callback
        self.trunk = trunk
        self.placed: list[Placed] = []
        self._base = f"+3361{secrets.randbelow(10**4):04}"

    def attempt(self, script: Script | None = None, **more: Any) -> Placed:
        """An attempt that is not dispatched yet; `script` is what the phone does at its number.

        `more` are fields of the metadata; those of `assistant` and `sip` are added to the usual ones.
        """
        number = f"{self._base}{len(self.placed):03}"
        attempt_id = f"a-{secrets.token_hex(6)}"
        if script is not None:
            self.phone.scripts[number] = script
        usual = {
            "prompt": PROMPT,
            "first_sentence": FIRST_SENTENCE,
            "first_sentence_delay_ms": 0,
            "end_of_call_sentence": "Goodbye.",
        }
        metadata = {
            "call_id": f"c-{attempt_id}",
            "attempt_id": attempt_id,
            "to_phone_number": number,
            "language": "en",
            "callback": self.callback.as_given,
            **more,
            "assistant": {**usual, **more.get("assistant", {})},
            "sip": {"trunk_id": self.trunk, "ringing_timeout_secs": 8, **more.get("sip", {})},
        }
        placed = Placed(self, attempt_id, number, f"attempt-{attempt_id}", metadata, time.monotonic())
        self.placed.append(placed)
        return placed

    async def dispatch(self, script: Script | None = None, *, agent: str = AGENT, **more: Any) -> Placed:
        """Dispatch an attempt, as `attempt` makes it."""
        placed = self.attempt(script, **more)
        await self.again(placed, agent=agent)
        return placed

    async def again(
        self, placed: Placed, *, agent: str = AGENT, room: str | None = None, text: str | None = None
    ) -> None:
        """Dispatch an attempt, whatever was dispatched before; `text` instead of its metadata."""
        metadata = json.dumps(placed.metadata) if text is None else text
        await self.lk.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(agent_name=agent, room=room or placed.room, metadata=metadata)
        )

    async def nothing_left(self, within: float = 5.0) -> None:
        """Wait until no room, no call and no leg is left."""
        await nothing_left(self.stack, self.lk, self.phone, within=within)

    async def room_gone(self, placed: Placed, within: float = 5.0) -> float:
        """When the attempt's room was gone, host monotonic seconds, waited for."""
        give_up = time.monotonic() + within
        while placed.room in await rooms(self.lk):
            assert time.monotonic() < give_up, f"the room was still there after {within:g} s"
        return time.monotonic()

    def keeps_quiet(self, worker: Worker) -> None:
        """Nothing personal or secret is in the worker's log. Raises AssertionError, which quotes none of it."""
        log = worker.log
        secrets_of = {
            "number": self._base[1:],
            "prompt": "canary-7319",
            "sentence": "Emma",
            "signing secret": self.callback.secret,
            "metadata": "to_phone_number",
            "key": self.stack.deployment.secret,
        }
        found = [name for name, text in secrets_of.items() if text in log]
        assert not found, f"the log holds: {', '.join(found)}"


@asynccontextmanager
async def scheduling(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str, callback: Callback
) -> AsyncIterator[Scheduler]:
    """A scheduler; on exit its rooms are deleted, whatever became of them."""
    scheduler = Scheduler(stack, lk, phone, trunk, callback)
    try:
        yield scheduler
    finally:
        await stack.revive()
        for room in {placed.room for placed in scheduler.placed} & set(await rooms(lk)):
            await lk.room.delete_room(api.DeleteRoomRequest(room=room))


def journal(worker: Worker, attempt_id: str) -> list[Event]:
    """The events of an attempt so far; none before it has begun."""
    path = Folder.of(worker.data_dir, attempt_id).journal
    return list(read(path)) if path.exists() else []


def job_pid(worker: Worker, attempt_id: str) -> int | None:
    """The process that conducts an attempt; None before it has begun."""
    first = next(iter(journal(worker, attempt_id)), None)
    return first.pid if isinstance(first, Accepted) else None


def spoken(text: str) -> Pcm:
    """Somebody's voice, as a phone plays it: 8 kHz."""
    return resampled(Espeak().say(Utterance(text)).pcm, RATE, rtp.RATE)
