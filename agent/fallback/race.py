"""A race for the first useful token of one answer, between models of which some are in reserve."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livekit.agents import APIError, APIStatusError, APITimeoutError, llm
from livekit.agents.utils import aio

from agent.fallback.quota import TOO_MANY, Quota

logger = logging.getLogger(__name__)

HEDGE = 1.5
"""Seconds without anything useful after which the next in reserve is asked as well: what a callee bears in silence."""
SILENCE = 4.5
"""Seconds in which nothing at all comes after which an answer is given up: with the half second that the end of a turn
takes to be seen the callee waits five, and hears an apology within six."""
LONGEST = 10.0
"""Seconds to the first useful token where something does come meanwhile, such as the arguments of a tool."""
SHORTEST = 1.0
"""Seconds that a request is given at least, however late it is made."""
MOST_TRIES = 3
"""Requests to one provider for one answer."""
PAUSES = (0.3, 1.0)
"""Seconds before the second and the third: enough for a connection that was reset, and for a server that restarts."""

Ask = Callable[[float], llm.LLMStream]
"""Makes a request that gives up after so many seconds in which nothing comes."""


@dataclass(slots=True)
class Runner:
    """A model in the race, and what became of it so far."""

    name: str
    ask: Ask
    quota: Quota
    tries: int = 0
    ready: float = float("-inf")
    """Loop time at which it may be asked again; infinity: not for this answer."""
    failure: Exception | None = None

    def failed(self, failure: Exception, now: float) -> None:
        """A request to it came to nothing. One that was refused for good, or only met silence, is not made again."""
        self.failure = failure
        again = isinstance(failure, APIError) and failure.retryable and not isinstance(failure, APITimeoutError)
        if again and self.tries < MOST_TRIES:
            self.ready = max(now + PAUSES[self.tries - 1], self.quota.until)
        else:
            self.ready = float("inf")


@dataclass(frozen=True, slots=True)
class Entry:
    """One request of a runner's."""

    runner: Runner
    stream: llm.LLMStream
    opening: "asyncio.Task[list[llm.ChatChunk]]"
    """What comes up to the first useful token; everything, where there is none."""

    async def aclose(self) -> None:
        """Give the request up."""
        await aio.cancel_and_wait(self.opening)
        await self.stream.aclose()


class Race:
    """One answer. Whoever runs it closes it."""

    def __init__(self, runners: Sequence[Runner]) -> None:
        self._runners = runners
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock()
        self._entries: list[Entry] = []

    async def run(self) -> Entry:
        """The first request to bring something useful; the others are given up.

        Raises the first model's failure once nothing is left to try, APITimeoutError when it has taken too long.
        """
        while (winner := await self._settled()) is None:
            now, end = self._clock(), self._began + LONGEST
            runner, due = self._next(now)
            if now >= end:
                raise APITimeoutError("nothing useful came in time")
            if runner is None and not self._entries:
                failures = (runner.failure for runner in self._runners if runner.failure is not None)
                raise next(failures, APIStatusError("asked too often", status_code=TOO_MANY))
            if runner is not None and due <= now:
                self._enter(runner, now)
                continue
            await self._wait(min(due, end) - now)
        for beaten in [entry for entry in self._entries if entry is not winner]:
            await self._leave(beaten)
        return winner

    async def aclose(self) -> None:
        """Give up whatever is still running."""
        for entry in list(self._entries):
            await self._leave(entry)

    def _next(self, now: float) -> tuple[Runner | None, float]:
        """Whom to ask next, and when: while a request is running only who has not been asked yet."""
        if self._entries:
            hedges = [(each, self._began + HEDGE * place) for place, each in enumerate(self._runners)]
            fresh = [(each, max(due, each.ready)) for each, due in hedges if not each.tries]
            return min(fresh, key=lambda one: one[1], default=(None, float("inf")))
        least = min(self._runners, key=lambda runner: max(now, runner.ready))
        if max(now, least.ready) >= self._began + SILENCE:
            return None, float("inf")
        return least, least.ready

    def _enter(self, runner: Runner, now: float) -> None:
        runner.tries += 1
        stream = runner.ask(max(SHORTEST, self._began + SILENCE - now))
        opening = asyncio.create_task(_opening(stream), name="opening of an answer")
        self._entries.append(Entry(runner, stream, opening))

    async def _wait(self, seconds: float) -> None:
        """Until a request has brought something or failed, but not longer than this."""
        if self._entries:
            openings = [entry.opening for entry in self._entries]
            await asyncio.wait(openings, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)

    async def _settled(self) -> Entry | None:
        """The winner if there is one; those that failed leave the race."""
        for entry in [entry for entry in self._entries if entry.opening.done()]:
            failure = entry.opening.exception()
            if failure is None:
                return entry
            if not isinstance(failure, Exception):
                raise failure
            logger.warning("a model failed", extra={"model": entry.runner.name, "error": type(failure).__name__})
            entry.runner.failed(failure, self._clock())
            await self._leave(entry)
        return None

    async def _leave(self, entry: Entry) -> None:
        self._entries.remove(entry)
        await entry.aclose()


async def _opening(stream: llm.LLMStream) -> list[llm.ChatChunk]:
    chunks: list[llm.ChatChunk] = []
    async for chunk in stream:
        chunks.append(chunk)
        if chunk.delta is not None and (chunk.delta.tool_calls or (chunk.delta.content or "").strip()):
            break
    return chunks
