"""What the stand-in recognisers share: the audio of one socket in, its reports out when they are due."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from agent.standins.calls import Call
from agent.standins.config import CallConfig
from agent.standins.recogniser import Hearing, Recogniser, Result, Started
from agent.standins.speech import Mark
from agent.standins.unscripted import Unscripted

Report = Started | Result


class Listener:
    """Hears one socket."""

    def __init__(
        self, config: CallConfig, rate: int, tell: Callable[[Report], Awaitable[None]], *, activity: bool = False
    ) -> None:
        """`rate` is that of the audio, in samples a second; `tell` is given every report when it is due.

        `activity`: a voice without known words is reported too, with a result that has none.
        """
        self._hearing = Hearing(rate)
        self._recognisers = _recognisers(config, self._hearing, activity=activity)
        self.tell = tell
        """Where every report goes."""
        self._news = asyncio.Event()

    @property
    def position(self) -> float:
        """Seconds of audio received."""
        return self._hearing.position

    def hear(self, data: bytes) -> None:
        """Take linear16 audio that has just arrived."""
        self._hearing.feed(data, time.monotonic())
        self._news.set()

    def mark(self, marks: Sequence[tuple[int, Mark]]) -> None:
        """The callee says these words."""
        for recogniser in self._recognisers:
            recogniser.mark(marks)
        self._news.set()

    async def flush(self) -> None:
        """Report what was heard so far as final."""
        self._hearing.settle()
        now = time.monotonic()
        for recogniser in self._recognisers:
            await self._tell_all(recogniser.due(now))
            await self._tell_all(recogniser.flush())

    def forget(self) -> None:
        """Report nothing of what was heard so far."""
        self._hearing.forget()
        for recogniser in self._recognisers:
            recogniser.flush()

    async def report(self) -> None:
        """Report until cancelled."""
        while True:
            now = time.monotonic()
            self._news.clear()
            for recogniser in self._recognisers:
                await self._tell_all(recogniser.due(now))
            next_at = min(recogniser.next_at(now) for recogniser in self._recognisers)
            try:
                async with asyncio.timeout(max(0.0, next_at - time.monotonic())):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _tell_all(self, reports: Sequence[Report]) -> None:
        for report in reports:
            await self.tell(report)


@asynccontextmanager
async def attentive(call: Call, listener: Listener) -> AsyncIterator[None]:
    """The listener is told what the callee says, and reports."""
    ignore = call.listen(listener.mark)
    reporting = asyncio.create_task(listener.report(), name="recogniser")
    try:
        yield
    finally:
        ignore()
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)


def _recognisers(config: CallConfig, hearing: Hearing, *, activity: bool) -> tuple[Recogniser | Unscripted, ...]:
    announced = Recogniser(hearing, config.latency, config.errors)
    if not config.unscripted and not activity:
        return (announced,)
    language = config.language if config.unscripted else None
    return announced, Unscripted(hearing, config.latency, config.errors, language)
