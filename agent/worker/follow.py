"""Following a journal while another process writes it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

from agent.events import Event, Reported
from agent.journal import JournalDamaged, decode

POLL = 0.05
"""Seconds between two looks at the file."""


class Tail:
    """Reads what was added to a journal. A last line that is not whole yet is left for the next time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._line = 0

    def read(self) -> Iterator[Event]:
        """The events added since the last time; none while there is no file. Raises `JournalDamaged`."""
        for line in self._added().split(b"\n")[:-1]:
            self._line += 1
            if not line:
                continue
            try:
                event = decode(line)
            except ValueError:
                raise JournalDamaged(self._line) from None
            yield event

    def _added(self) -> bytes:
        """Whole lines. Only what is new is read: looking costs a few microseconds."""
        try:
            if self._path.stat().st_size <= self._offset:
                return b""
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return b""
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole


async def follow(path: Path, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> AsyncIterator[Event]:
    """The events of a journal as they are written, until and with `Reported`.

    The file need not be there yet, and must then be this attempt's own. Raises `JournalDamaged`.
    """
    tail = Tail(path)
    while True:
        for event in tail.read():
            yield event
            if isinstance(event, Reported):
                return
        await sleep(POLL)
