"""How faults break connections and spoil what a voice says."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
from aiohttp import web

from agent.standins.config import AT_THE_DOOR, FaultKind, ProviderFault
from agent.standins.listener import Listener, Report
from agent.standins.synthesis import Piece

NO_JSON = '{"'
"""What is sent where JSON is expected."""
_STRAY = b"\x5a"
"""The byte that makes a piece's bytes an odd number."""
_INTERNAL_ERROR = 1011
"""Code that a socket is closed with."""


class Broken(Exception):
    """The connection is to be gone."""


class Nonsense(Exception):
    """What is no JSON is to be answered."""


class Spoiler:
    """What a fault makes of one utterance of a voice."""

    def __init__(self, fault: ProviderFault | None, rate: int) -> None:
        """`rate` is that of the sound, in samples a second."""
        self._fault = fault
        self._rate = rate
        self._noise = np.random.default_rng(1)
        self._given = 0.0
        """Seconds of sound."""

    async def begin(self) -> None:
        """The first sound is due. Raises `Broken`, `Nonsense`; never returns from silence."""
        kind = None if self._fault is None else self._fault.kind
        if kind is FaultKind.SILENT:
            await asyncio.Event().wait()
        if kind is FaultKind.MALFORMED:
            raise Nonsense
        if kind in AT_THE_DOOR:
            raise Broken

    def spoil(self, piece: Piece) -> Iterator[Piece]:
        """What is sent for the piece, if anything. Raises `Broken`."""
        kind = None if self._fault is None else self._fault.kind
        if kind is FaultKind.EMPTY:
            return
        if kind is FaultKind.GARBAGE:
            noise = self._noise.integers(-32768, 32768, len(piece.pcm)).astype(np.int16)
            yield replace(piece, pcm=noise, stray=_STRAY)
            return
        if kind is FaultKind.CUT and self._fault is not None and self._given >= self._fault.lasting:
            raise Broken
        self._given += len(piece.pcm) / self._rate
        yield piece


@asynccontextmanager
async def breakable(socket: web.WebSocketResponse) -> AsyncIterator[None]:
    """What breaks in here breaks on the socket."""
    try:
        yield
    except Nonsense:
        await socket.send_str(NO_JSON)
    except Broken:
        await socket.close(code=_INTERNAL_ERROR)


@asynccontextmanager
async def ailing(socket: web.WebSocketResponse, listener: Listener, fault: ProviderFault | None) -> AsyncIterator[None]:
    """What a fault does to a recogniser's connection, it does in time."""

    async def nonsense(_: Report) -> None:
        await socket.send_str(NO_JSON)

    async def fail(fault: ProviderFault) -> None:
        await asyncio.sleep(fault.lasting)
        if fault.kind is FaultKind.CLOSES:
            await socket.close(code=_INTERNAL_ERROR)
        else:
            listener.tell = _nothing if fault.kind is FaultKind.SILENT else nonsense

    if fault is None:
        yield
        return
    task = asyncio.create_task(fail(fault), name="fault")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _nothing(_: Report) -> None:
    """Of what was heard, nothing is told."""
