"""Where lines come from: a prompt (`agent.console.prompt`) or plain standard input."""

import asyncio
import sys
import threading
from enum import Enum, auto
from typing import Protocol, TextIO

import typer

LONGEST = 5000
"""Characters of a line; what is beyond is cut off, and that is said."""


class Key(Enum):
    """What came instead of a line."""

    STOP = auto()
    """Ctrl-C on an empty line."""
    END = auto()
    """Nothing more will come."""


class Keyboard(Protocol):
    """Gives one line after the other."""

    async def line(self) -> str | Key:
        """The next line, without its end."""
        ...


class Pipe:
    """Lines of standard input, as they come; for scripts."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdin
        self._lines: asyncio.Queue[str | Key] = asyncio.Queue()
        self._reader: threading.Thread | None = None

    async def line(self) -> str | Key:
        """As `Keyboard.line`."""
        if self._reader is None:
            # Not one of the loop's threads: nothing may wait at the end for a read that never ends.
            arguments = (asyncio.get_running_loop(),)
            self._reader = threading.Thread(target=self._read, args=arguments, name="keyboard", daemon=True)
            self._reader.start()
        return await self._lines.get()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            for line in self._stream:
                loop.call_soon_threadsafe(self._lines.put_nowait, whole(line.rstrip("\r\n")))
        except (OSError, ValueError):
            pass  # whatever cannot be read is the end
        try:
            loop.call_soon_threadsafe(self._lines.put_nowait, Key.END)
        except RuntimeError:
            return  # the loop is gone, as is whoever waited


def whole(line: str) -> str:
    """The line without half characters, and not too long; on standard error it is said that it was cut."""
    if len(line) > LONGEST:
        typer.echo(f"a line was cut: only its first {LONGEST} characters count", err=True)
    return line[:LONGEST].encode(errors="replace").decode()
