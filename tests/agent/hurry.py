"""An event loop on which waiting takes no time: minutes of a call pass in the milliseconds it takes to handle them."""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class WaitsForEver(Exception):
    """Nothing can happen any more and something is still waited for."""


class _Selector(selectors.SelectSelector):
    """Adds to its clock what it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise WaitsForEver
        self.now += max(0.0, timeout)
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)
        self.unseen: list[Mapping[str, Any]] = []
        self.set_exception_handler(lambda loop, context: self.unseen.append(context))

    def time(self) -> float:
        return self._clock.now


def hurried(work: Coroutine[Any, Any, T]) -> T:
    """The outcome of the work. Raises `WaitsForEver`, and AssertionError for an error that nobody took."""
    loop = _Loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        outcome = runner.run(work)
    assert loop.unseen == []
    return outcome


def now() -> float:
    """The running loop's clock."""
    return asyncio.get_running_loop().time()
