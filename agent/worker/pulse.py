"""Whether the bridge still lives, asked when nothing is heard of it any more.

The server takes about 20 s to notice a bridge that was killed. Packets that stop coming tell sooner that something may
be wrong, but a phone that sends nothing in silence looks the same. So the bridge is then asked a question that any
LiveKit client answers, if only with "I do not know that".
"""

import asyncio
from collections.abc import Awaitable, Callable

from livekit import rtc

from agent.worker.room import Local

EVERY = 0.5
"""Seconds between two looks."""
SUSPICIOUS = 2.5
"""Seconds without a packet after which the bridge is asked."""
ANSWER = 1.5
"""Seconds it has to answer."""
QUESTIONS = 2
"""Unanswered ones in a row that make it dead."""
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
    counts = [entry.inbound_rtp.received.packets_received for entry in stats if entry.HasField("inbound_rtp")]
    return sum(counts) if counts else None


async def answers(local: Local, identity: str) -> bool | None:
    """Whether a participant answers a question; None where our own side could not ask it."""
    try:
        await local.perform_rpc(
            destination_identity=identity,
            method=METHOD,
            payload="",
            response_timeout=ANSWER,
            max_round_trip_latency=ANSWER * 0.8,
        )
    except rtc.RpcError as error:
        if error.code in _ALIVE:
            return True
        return False if error.code in _SILENT else None
    except Exception:  # noqa: BLE001 - as above; a question that could not be asked is no answer
        return None
    return True


class Pulse:
    """Watches a bridge in a call."""

    def __init__(
        self,
        packets: Callable[[], Awaitable[int | None]],
        asked: Callable[[], Awaitable[bool | None]],
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`packets` counts what has arrived of the callee; `asked` tells whether the bridge answers."""
        self._packets = packets
        self._asked = asked
        self._now = now
        self._sleep = sleep
        self._since = now()

    @property
    def silent(self) -> float:
        """Seconds since a packet was last known to have arrived."""
        return self._now() - self._since

    async def lost(self) -> None:
        """Return when the bridge is dead; never, if it does not answer questions even when it is well."""
        can_answer = await self._asked() is True
        count, self._since = await self._packets(), self._now()
        asked_at = self._since
        while True:
            await self._sleep(EVERY)
            latest = await self._packets()
            if latest is None or latest != count:
                count, self._since = latest, self._now()
            elif can_answer and self._now() - max(self._since, asked_at) >= SUSPICIOUS:
                if await self._dead():
                    return
                asked_at = self._now()

    async def _dead(self) -> bool:
        for _ in range(QUESTIONS):
            if await self._asked() is not False:
                return False
        return True
