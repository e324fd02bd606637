"""The line to a real phone: a LiveKit room whose other participant is the SIP bridge's.

outbound: CreateSIPParticipant; beside it: join → publish for the callee only; active and subscribed → ticks
inbound: the caller waits in the room → publish for them only → active and subscribed → ticks
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from livekit import api

from agent.line import Answered, Cancelled, Dropped, Faded, HungUp, Leg, LineEvent, Pressed, Rang, Refused, Returned
from agent.worker.dialing import Departure, Failure, called_off, dial_error
from agent.worker.dialler import Outbound, dial, request
from agent.worker.dtmf import Keypad
from agent.worker.farend import FarEnd
from agent.worker.pulse import ANSWER, RINGING_ANSWER, Pulse, answers, reachable, unanswered
from agent.worker.release import free
from agent.worker.room import Room
from agent.worker.sound import Sound
from agent.worker.wire import Wire

logger = logging.getLogger(__name__)

SUBSCRIBE_LONGEST = 5.0
"""Seconds the bridge may take to subscribe to our track once the phone was picked up."""
VERDICT_LONGEST = 3.0
"""Seconds the server may take to say how the dial ended once the bridge has left the room."""
MEDIA_TIMEOUT = 14.5
"""Seconds without a packet after which a bridge gives up a call; of a caller it may then say that they hung up."""
ABSENT = 1.0
"""Seconds from the answer in which a callee who is there can be seen to be."""
JOIN_LONGEST = 2.0
"""Seconds a join that is under way at the end is waited for."""
LEAVE_LONGEST = 1.0
"""Seconds the callee's participant may take to leave a room that was deleted."""
LATENCY = 0.2
"""Seconds from the phone's answer to the first sample heard there, without the network between phone and bridge.

Signalling, priming, encoder, server and the bridge's buffer and mixer, measured where speech waits for its moment."""

LOST_BY_SERVER = "CONNECTION_TIMEOUT"
"""LiveKit's reason for a participant who was no longer heard of: such a bridge says nothing any more."""

BRIDGE_LEFT = "the SIP bridge left the call without saying why"
BRIDGE_DIED = "the SIP bridge does not answer any more"


@dataclass(frozen=True, slots=True)
class Inbound:
    """The caller is in the room already and hears it ring until they are subscribed to our track."""

    answer_within: float = 30.0
    """Seconds the bridge may take to put the caller through once our track is published."""


class NotPutThrough(Exception):
    """The bridge did not put the caller through in time."""


class RoomReplaced(Exception):
    """The room that was joined is not the one of the dispatch: that was deleted, so the attempt was called off."""


class LiveKitLine:
    """A line for one call; `agent.line.Line`."""

    def __init__(
        self,
        room: Room,
        server: api.LiveKitAPI,
        callee: str,
        way: Outbound | Inbound,
        *,
        join: Callable[[], Awaitable[None]] | None = None,
        intend: Callable[[], Awaitable[None]] | None = None,
        sound: Sound | None = None,
    ) -> None:
        """`callee` is the identity of the far participant. To be made on the event loop.

        `join` connects the room, while the bridge dials already; without it the room is connected. It may raise
        `RoomReplaced`, which cancels the call. `intend` is awaited
        just before the server is asked to dial: what has to be on disk by then.
        """
        self._room = room
        self._server = server
        self._callee = callee
        self._way = way
        self._join = join
        self._intend = intend
        self._wire = Wire(room, callee, sound or Sound())
        self._far = FarEnd(room, callee, time.monotonic, on_track=self._wire.listen, on_back=self._wire.permit)
        self._keypad = Keypad(self._publish_key, self._talking)
        self._joining: asyncio.Future[None] | None = None
        self._request: asyncio.Task[Failure | None] | None = None
        self._talk: asyncio.Task[None] | None = None
        self._release: asyncio.Task[None] | None = None

    @property
    def latency(self) -> float:
        """As measured with LiveKit's SIP bridge: its notice of the answer, our queue, its buffer and mixer."""
        return LATENCY

    async def prepare(self) -> None:
        """Publish our track for the callee only; `dial` does it otherwise. An inbound caller is answered by it."""
        if self._join is not None:
            # It goes on if whoever waits is cancelled: half a join cannot be taken back.
            self._joining = asyncio.ensure_future(self._join())
            await asyncio.shield(self._joining)
        self._far.watch()
        if isinstance(self._way, Inbound) and self._callee not in self._room.remote_participants:
            self._far.leave(Departure.HUNG_UP)  # they did not wait until we were ready
        await self._wire.publish()

    async def dial(self, leg: Leg, notify: Callable[[LineEvent], None]) -> None:
        """As `Line.dial`. Inbound, it answers. Once `hang_up` was called, nothing is notified any more."""

        def tell(event: LineEvent) -> None:
            if not self._given_up():
                notify(event)

        if isinstance(self._way, Outbound):
            self._far.on_ring = lambda at: tell(Rang(at))
        self._far.on_key = lambda digit: tell(Pressed(time.monotonic(), digit))
        try:
            end = await (self._call(self._way) if isinstance(self._way, Outbound) else self._answer(self._way))
        except asyncio.CancelledError:
            await self.hang_up()
            raise
        if end is not None:
            tell(end)
        elif not self._given_up():
            at = time.monotonic()
            tell(Answered(at))
            self._talk = asyncio.create_task(self._run(leg, at, tell), name="line.talk")

    async def hang_up(self) -> None:
        """Delete the room, which makes the bridge send a BYE or a CANCEL. Safe at any time, and twice.

        Raises `agent.worker.release.NotFreed` if the server could not be brought to it in time; it may then be tried
        again. It goes on if whoever waits for it is cancelled.
        """
        if self._release is None or (self._release.done() and self._release.exception() is not None):
            self._release = asyncio.create_task(self._free(), name="line.release")
        await asyncio.shield(self._release)

    async def press(self, digits: str) -> str:
        """Press keys on the callee's line; see `Keypad.press` for what is claimed and what is raised."""
        return await self._keypad.press(digits)

    async def _call(self, way: Outbound) -> Refused | Cancelled | None:
        """Ring the callee; None once they are there and hear us."""
        if self._intend is not None:
            await self._intend()
        if self._given_up():
            return None
        asked = request(self._room.name, self._callee, way)
        self._request = dialled = asyncio.create_task(
            dial(self._server, asked, lambda: self._far.rang_at, time.monotonic), name="line.dial"
        )
        # Our track need not be there before the INVITE: nothing is said before the phone has subscribed to it.
        heard = asyncio.create_task(self._heard(), name="line.heard")
        dead = asyncio.create_task(unanswered(self._bridge_answers_ringing), name="line.pulse")
        try:
            await _first(heard, self._far.gone, dialled, dead)
            if not (self._given_up() or heard.done() or self._far.active.is_set()):
                end = await self._end_of_ringing(dialled, way)
                if end is not None or self._far.gone.done():
                    return end
                self._far.active.set()
            if not self._given_up():
                await _first(heard, self._far.gone)
                if heard.done():
                    heard.result()
            return None
        finally:
            heard.cancel()
            dead.cancel()

    async def _heard(self) -> None:
        """Return once the phone was picked up and is subscribed to our track, or should have been."""
        try:
            await self.prepare()
        except RoomReplaced:
            self._far.leave(Departure.REMOVED)
            await asyncio.Future()  # until it is noticed
        await self._far.active.wait()
        subscribed = asyncio.create_task(self._wire.subscribed(), name="line.subscribed")
        absent = asyncio.create_task(self._absent(), name="line.absent")
        try:
            await _first(subscribed, absent, longest=SUBSCRIBE_LONGEST)
            if subscribed.done():
                subscribed.result()
            elif absent.done():
                self._far.leave(Departure.HUNG_UP)
            else:
                logger.error("the bridge did not subscribe to our track")
                self._far.leave(Departure.LOST)
        finally:
            subscribed.cancel()
            absent.cancel()

    async def _absent(self) -> None:
        """Return if the callee picked up and was gone before we were in the room to see it."""
        while True:
            await asyncio.sleep(ABSENT)
            if self._room.isconnected() and self._callee not in self._room.remote_participants:
                return

    async def _end_of_ringing(
        self, dialled: "asyncio.Task[Failure | None]", way: Outbound
    ) -> Refused | Cancelled | None:
        """What came of a dial of which the room does not show that it was answered; None: it was all the same."""
        if self._far.gone.done():
            return await self._left_early(dialled, way)
        if not dialled.done():
            dialled.cancel()  # who was in the room is not on their way into it any more
            return _vanished(BRIDGE_DIED, way)
        failure = dialled.result()
        return None if failure is None else self._failed(failure)

    async def _left_early(self, dialled: "asyncio.Task[Failure | None]", way: Outbound) -> Refused | Cancelled | None:
        """The callee's participant, or our connection, is gone, and the phone was not picked up."""
        gone = self._far.gone.result()
        if gone.why is Departure.REMOVED:
            return Cancelled(gone.at)
        lost = gone.reason == LOST_BY_SERVER
        await asyncio.wait({dialled}, timeout=0 if lost else VERDICT_LONGEST)
        if not dialled.done():
            if lost:
                dialled.cancel()  # as above
            return _vanished(BRIDGE_LEFT, way)
        failure = None if dialled.cancelled() else dialled.result()
        return None if failure is None else self._failed(failure)

    def _failed(self, failure: Failure) -> Refused | Cancelled:
        return Cancelled(time.monotonic()) if called_off(failure) else _refused(failure)

    async def _answer(self, way: Inbound) -> Cancelled | None:
        """Have the caller put through; None once they are there and hear us."""
        heard = asyncio.create_task(self._heard(), name="line.heard")
        try:
            await _first(heard, self._far.gone, longest=way.answer_within)
            if heard.done():
                heard.result()
        finally:
            heard.cancel()
        if self._far.active.is_set():
            return None
        if self._far.gone.done():
            return Cancelled(self._far.gone.result().at)
        raise NotPutThrough

    async def _run(self, leg: Leg, answered_at: float, tell: Callable[[LineEvent], None]) -> None:
        """Tick until the callee is gone, and tell how."""
        pulse = Pulse(self._wire.packets, self._bridge_answers, time.monotonic)
        pulse.on_fade = lambda faded: tell((Faded if faded else Returned)(time.monotonic()))
        ticking = asyncio.create_task(self._wire.talk(leg, answered_at), name="line.ticks")
        dead = asyncio.create_task(pulse.lost(), name="line.pulse")
        try:
            await _first(ticking, dead, self._far.gone)
            if ticking.done():
                logger.error("the line's clock stopped", exc_info=ticking.exception())
        finally:
            ticking.cancel()
            dead.cancel()
        self._far.leave(Departure.LOST)
        gone = self._far.gone.result()
        if gone.why is Departure.REMOVED:
            tell(Dropped(gone.at, "participant_removed"))
        elif gone.why is Departure.LOST or (isinstance(self._way, Inbound) and pulse.silent >= MEDIA_TIMEOUT):
            tell(Dropped(gone.at, "connection_timeout"))
        else:
            tell(HungUp(gone.at))

    def _given_up(self) -> bool:
        return self._release is not None

    def _talking(self) -> bool:
        return self._talk is not None and not self._talk.done() and not self._far.gone.done()

    async def _publish_key(self, code: int, digit: str) -> None:
        await self._room.local_participant.publish_dtmf(code=code, digit=digit)

    async def _bridge_answers(self, within: float = ANSWER) -> bool | None:
        if not self._far.connected or self._callee not in self._room.remote_participants:
            return None
        answer = await answers(self._room.local_participant, self._callee, within=within)
        if answer is False and not await reachable(self._server, self._room.name):
            return None  # it may be our own way to the server that is broken
        return answer

    async def _bridge_answers_ringing(self) -> bool | None:
        return await self._bridge_answers(RINGING_ANSWER)

    async def _free(self) -> None:
        if self._talk is not None:
            self._talk.cancel()
        try:
            joining = self._joining if self._joining is not None and not self._joining.done() else None
            await free(self._server, self._room.name, self._callee, self._request)
            if joining is not None:
                # Whoever comes into a room that was just deleted makes it anew.
                await asyncio.wait({joining}, timeout=JOIN_LONGEST)
                await free(self._server, self._room.name, self._callee, self._request)
            await asyncio.wait({self._far.gone}, timeout=LEAVE_LONGEST if self._room.isconnected() else 0.0)
        finally:
            self._far.unwatch()
            if self._request is not None:
                self._request.cancel()
            await self._wire.aclose()


async def _first(*awaited: "asyncio.Future[Any]", longest: float | None = None) -> None:
    """Return once one of them is done, or after `longest` seconds; none is cancelled."""
    await asyncio.wait(awaited, timeout=longest, return_when=asyncio.FIRST_COMPLETED)


def _vanished(text: str, way: Outbound) -> Refused:
    """The bridge is gone and has not said how the dial ended."""
    return _refused(Failure("unavailable", None, text, 0.0, 0.0, way.ringing_timeout))


def _refused(failure: Failure) -> Refused:
    return Refused(time.monotonic(), dial_error(failure).value, failure.sip_code, failure.text)
