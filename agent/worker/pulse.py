"""Whether the bridge still lives, and the phone behind it, when nothing is heard of them any more.

The server takes about 20 s to notice a bridge that was killed. Packets that stop coming tell sooner that something may
be wrong, but a phone that sends nothing in silence looks the same. So the bridge is then asked a question that any
LiveKit client answers, if only with "I do not know that". While a phone rings there are no packets, and the bridge is
asked now and then.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
from livekit import api, rtc

from agent.worker.room import Local

logger = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two looks."""
SUSPICIOUS = 2.5
"""Seconds without a packet after which the bridge is asked."""
ANSWER = 1.5
"""Seconds it has to answer."""
QUESTIONS = 2
"""Unanswered ones in a row that make it dead."""
FADED = 5.0
"""Seconds without a packet after which the callee has faded: their phone is silent or no longer there."""
MISSING = 20.0
"""Seconds without a packet, after there were some, from which on the phone is not waited for any more.

Bridges give up by themselves, after 15 s as a rule, but some look only every 15 s. So a phone that sends nothing in
silence has no less time than it would have anyhow. One that never sent anything is theirs to judge: they wait 30 s.
"""
SOON = 0.1
"""Seconds until a question that could not be asked is tried again while it rings."""
RINGING_EVERY = 2.0
"""Seconds between two questions while it rings."""
RINGING_ANSWER = 4.0
"""Seconds the bridge has to answer then: nothing else is known of it, and the machines may be busy."""
RINGING_QUESTIONS = 3
"""Unanswered ones in a row that make it dead then."""
METHOD = "voice-worker.are-you-there"

_ALIVE = frozenset({rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD, rtc.RpcError.ErrorCode.APPLICATION_ERROR})
_SILENT = frozenset({rtc.RpcError.ErrorCode.CONNECTION_TIMEOUT, rtc.RpcError.ErrorCode.RESPONSE_TIMEOUT})


async def packets_of(track: rtc.Track) -> int | None:
    """How many packets of a track have arrived; None where that cannot be told."""
    try:
        async with asyncio.timeout(ANSWER):
            stats = await track.get_stats()
    except Exception:  # noqa: BLE001 - the SDK raises the bare class; no figure is no news
        return None
    # There is no entry before the first packet.
    return sum(entry.inbound_rtp.received.packets_received for entry in stats if entry.HasField("inbound_rtp"))


async def answers(local: Local, identity: str, *, within: float = ANSWER) -> bool | None:
    """Whether a participant answers a question within so many seconds; None where our own side could not ask it."""
    try:
        await local.perform_rpc(
            destination_identity=identity,
            method=METHOD,
            payload="",
            response_timeout=within,
            max_round_trip_latency=within * 0.8,
        )
    except rtc.RpcError as error:
        if error.code in _ALIVE:
            return True
        return False if error.code in _SILENT else None
    except Exception:  # noqa: BLE001 - as above; a question that could not be asked is no answer
        return None
    return True


async def reachable(server: api.LiveKitAPI, room: str) -> bool:
    """Whether the server itself answers: what is behind one that does not cannot be judged."""
    try:
        async with asyncio.timeout(ANSWER):
            await server.room.list_participants(api.ListParticipantsRequest(room=room))
    except api.ServerError as error:
        return error.code == api.ServerErrorCode.NOT_FOUND
    except (TimeoutError, aiohttp.ClientError, OSError):
        return False
    return True


async def unanswered(
    asked: Callable[[], Awaitable[bool | None]], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Return when a bridge that has answered questions does so no longer, while it rings and nothing else tells.

    `asked` is as for `Pulse`. Never, if it did not answer when it was well.
    """
    can_answer, missed = False, 0
    while missed < RINGING_QUESTIONS:
        answer = await asked()
        missed = missed + 1 if can_answer and answer is False else 0
        can_answer = can_answer or answer is True
        await sleep(SOON if answer is None else RINGING_EVERY if answer else EVERY)


class Pulse:
    """Watches a bridge and the phone behind it in a call."""

    def __init__(
        self,
        packets: Callable[[], Awaitable[int | None]],
        asked: Callable[[], Awaitable[bool | None]],
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`packets` counts what has arrived of the callee; `asked` tells whether the bridge answers."""
        self.on_fade: Callable[[bool], None] = lambda _faded: None
        """Told that the callee has faded, and that they are back."""
        self._packets = packets
        self._asked = asked
        self._now = now
        self._sleep = sleep
        self._since = now()
        self._faded = False

    @property
    def silent(self) -> float:
        """Seconds since a packet was last known to have arrived."""
        return self._now() - self._since

    async def lost(self) -> None:
        """Return when the bridge is dead, or has long had nothing more of the phone's.

        One that does not answer questions even when it is well is never taken for dead.
        """
        can_answer = await self._asked() is True
        count, self._since = await self._packets(), self._now()
        asked_at = self._since
        while True:
            await self._sleep(EVERY)
            latest = await self._packets()
            if latest is None or latest != count:
                count, self._since = latest, self._now()
            self._note(self.silent >= FADED)
            if count and self.silent >= MISSING:
                logger.warning("nothing comes from the phone any more")
                return
            if can_answer and self._now() - max(self._since, asked_at) >= SUSPICIOUS:
                if await self._dead():
                    logger.error("the bridge does not answer any more")
                    return
                asked_at = self._now()

    def _note(self, faded: bool) -> None:
        if faded is not self._faded:
            self._faded = faded
            self.on_fade(faded)

    async def _dead(self) -> bool:
        for _ in range(QUESTIONS):
            if await self._asked() is not False:
                return False
        return True
