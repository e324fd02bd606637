"""How a rehearsal is stopped from outside: Ctrl-C, a signal to end, a terminal that closes."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

PATIENCE = 0.5
"""Seconds within which further signals are the same press of Ctrl-C."""
_SIGNALS: Mapping[signal.Signals, Callable[[int, FrameType | None], object] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}
"""What is heeded, and what becomes of each otherwise."""


@contextmanager
def stopping(*, ending: bool = False, at_once: Callable[[], None] | None = None) -> Iterator[asyncio.Event]:
    """An event that is set by the first such signal; while the context lasts none of them ends the process.

    A second one calls `at_once`, even while the loop is held up. With `ending` the process is about to end by itself
    afterwards: repeats of a signal that was heeded do not hurry it. On the main thread only, as signal handlers are.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    first: list[float] = []

    def heed(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        now = time.monotonic()
        first.append(now)
        if at_once is not None and now - first[0] >= PATIENCE:
            at_once()
        loop.call_soon_threadsafe(stop.set)  # which wakes the loop

    for number in _SIGNALS:
        signal.signal(number, heed)
    try:
        yield stop
    finally:
        for number, usual in _SIGNALS.items():
            signal.signal(number, signal.SIG_IGN if ending and first else usual)
