"""How a rehearsal is stopped from outside: Ctrl-C, a signal to end, a terminal that closes."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 0.5
"""Seconds within which further signals are the same press of Ctrl-C."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopping(*, ending: bool = False, at_once: Callable[[], None] | None = None) -> Iterator[asyncio.Event]:
    """An event that is set by the first such signal; while the context lasts none of them ends the process.

    A second one calls `at_once`. With `ending` the process is about to end by itself afterwards: repeats of a signal
    that was heeded do not hurry it. On the main thread only, as the loop's signal handlers are.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    first: list[float] = []

    def heed() -> None:
        first.append(loop.time())
        stop.set()
        if at_once is not None and loop.time() - first[0] >= PATIENCE:
            at_once()

    for number in _SIGNALS:
        loop.add_signal_handler(number, heed)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            if ending and stop.is_set():
                signal.signal(number, signal.SIG_IGN)
