"""How the console is left from outside: Ctrl-C where no prompt takes it, a signal to end, a terminal that closes."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Set by the first such signal."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self._elsewhere = False

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """While this lasts no signal ends the process. On the main thread only."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._heed, number)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Another program has the terminal: Ctrl-C is meant for that."""
        self._elsewhere = True
        try:
            yield
        finally:
            self._elsewhere = False

    def _heed(self, number: int) -> None:
        if not (self._elsewhere and number == signal.SIGINT):
            self.event.set()
