import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from livekit import api

from agent.dispatch.dial import Dial, Inbox, Interrupted, NotFollowed, Timing
from agent.dispatch.order import Order
from agent.dispatch.progress import DISPATCHES, FAREWELL, SILENCE, TAKEN_WITHIN
from agent.dispatch.receiver import Told, receiving
from agent.dispatch.server import ServerFailed, connected
from agent.problems import SettingsInvalid
from agent.worker.webhook import EventType
from tests.agent.dispatch.livekit import AGENT, LiveKit, livekit, person, twirp
from tests.agent.dispatch.worker import report, told
from tests.agent.worker.attempts import ANSWERED_CALL, REFUSED_CALL

ROOM = "attempt-attempt-1"
EVENTS = told(ANSWERED_CALL)


@dataclass
class Clock:
    """Time that passes only by being waited for."""

    at: float = 100.0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Desk:
    """Somebody who dials."""

    server: LiveKit
    inbox: Inbox
    callback: dict[str, str]
    clock: Clock = field(default_factory=Clock)
    said: list[str] = field(default_factory=list)
    heard: list[EventType] = field(default_factory=list)

    async def dial(self) -> Told:
        order = Order("attempt-1", ROOM, "voice-worker", None, {"attempt_id": "attempt-1"})
        timing = Timing(self.clock.now, self.clock.sleep)
        async with connected(self.server.settings()) as server:
            dial = Dial(server, order, order.metadata(self.callback), self.inbox, timing)
            return await dial.follow(lambda told: self.heard.append(told.type), self.said.append)


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    inbox: Inbox = asyncio.Queue()
    async with livekit() as server, receiving(inbox.put_nowait) as receiver:
        yield Desk(server, inbox, receiver.callback)


async def test_a_call_is_followed_to_its_final_event() -> None:
    async with desk() as at:

        async def work(asked: api.CreateAgentDispatchRequest) -> None:
            await report(asked, ANSWERED_CALL)

        at.server.on_dispatch = work
        final = await at.dial()
    assert final.type is EventType.ANALYZED
    assert final.attempt.status == "completed"
    assert at.heard == [EventType.RINGING, EventType.ONGOING, EventType.COMPLETED, EventType.ANALYZED]
    assert at.said == [f"dispatching to voice-worker, room {ROOM}"]
    assert at.server.times("CreateDispatch") == 1


async def test_a_dispatch_that_nobody_takes_is_made_again() -> None:
    async with desk() as at:

        async def busy_at_first(asked: api.CreateAgentDispatchRequest) -> None:
            if at.server.times("CreateDispatch") == 2:
                await report(asked, REFUSED_CALL)

        at.server.on_dispatch = busy_at_first
        final = await at.dial()
    assert final.attempt.dial_error == "busy"
    assert at.said[1].endswith("again: no worker has taken it")


async def test_it_gives_up_after_three_dispatches_and_leaves_no_room() -> None:
    async with desk() as at:
        with pytest.raises(NotFollowed, match="no worker took the attempt, dispatched 3 times"):
            await at.dial()
    assert at.server.times("CreateDispatch") == DISPATCHES
    assert at.clock.at == pytest.approx(100 + DISPATCHES * TAKEN_WITHIN, abs=2 * DISPATCHES)
    assert at.server.rooms == {}


async def test_a_worker_that_takes_its_time_is_waited_for() -> None:
    async with desk() as at:

        async def join(asked: api.CreateAgentDispatchRequest) -> None:
            at.server.present[ROOM] = [person(AGENT)]

        at.server.on_dispatch = join
        at.server.on_asked = after(20, lambda: deliver(at, EVENTS))
        await at.dial()
    assert at.clock.at >= 100 + 4 * TAKEN_WITHIN
    assert at.server.times("CreateDispatch") == 1


def after(looks: int, act: Callable[[], None]) -> Callable[[str], None]:
    """Act when the room is looked into for the n-th time."""
    left = iter(range(looks - 1, -1, -1))
    return lambda method: act() if method == "ListParticipants" and next(left) == 0 else None


def deliver(at: Desk, events: Sequence[Told]) -> None:
    for event in events:
        at.inbox.put_nowait(event)


async def test_a_call_of_which_nothing_is_heard_any_more_is_given_up() -> None:
    async with desk() as at:
        deliver(at, EVENTS[:2])
        with pytest.raises(NotFollowed, match="the final event did not come"):
            await at.dial()
    assert at.clock.at == pytest.approx(100 + SILENCE, abs=3)
    assert at.server.rooms == {}


async def test_an_interrupted_call_is_hung_up_and_still_followed_to_its_end() -> None:
    async with desk() as at:
        deliver(at, EVENTS[:2])
        at.inbox.put_nowait(Interrupted())

        async def end(room: str) -> None:
            deliver(at, EVENTS[2:])

        at.server.on_delete = end
        final = await at.dial()
    assert final.type is EventType.ANALYZED
    assert at.said[-1].startswith("hanging up")
    assert at.server.rooms == {}


async def test_an_interrupted_call_is_not_waited_for_for_ever() -> None:
    async with desk() as at:
        deliver(at, EVENTS[:1])
        at.inbox.put_nowait(Interrupted())
        with pytest.raises(NotFollowed, match="the final event did not come"):
            await at.dial()
    assert at.clock.at == pytest.approx(100 + FAREWELL, abs=3)


async def test_interrupted_before_anybody_took_it() -> None:
    async with desk() as at:
        at.inbox.put_nowait(Interrupted())
        with pytest.raises(NotFollowed, match="hung up before any worker had taken"):
            await at.dial()
    assert at.server.times("CreateDispatch") == 1


async def test_a_call_that_is_going_on_is_left_alone() -> None:
    async with desk() as at:
        at.server.room(ROOM, person(AGENT), metadata='{"attempt_id": "attempt-1"}', jobs=1)
        with pytest.raises(NotFollowed, match="going on already"):
            await at.dial()
    assert at.server.times("CreateDispatch") == at.server.times("DeleteRoom") == 0


async def test_a_server_that_takes_no_dispatch_is_told_of() -> None:
    async with desk() as at:
        at.server.failing["CreateDispatch"] = twirp("internal", "x", 500)
        with pytest.raises(ServerFailed, match="internal"):
            await at.dial()
        at.server.port = 9
        with pytest.raises(SettingsInvalid, match="LIVEKIT_URL"):
            await at.dial()


async def test_a_server_that_fails_in_mid_call_changes_nothing() -> None:
    async with desk() as at:
        at.server.failing["ListParticipants"] = twirp("internal", "x", 500)
        deliver(at, EVENTS[:1])
        at.server.on_asked = after(3, lambda: deliver(at, EVENTS[1:]))
        assert (await at.dial()).attempt.status == "completed"
