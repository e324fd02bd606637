"""Calls on a real LiveKit server and SIP bridge, between dispatch and first sound, beside a stock agent's.

The stack and the phones are those of `tests/e2e`: private, on loopback. What is heard is what the phone received.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from livekit import api

from agent import events as e
from agent.journal import read
from agent.standins.process import running
from agent.worker.folder import Folder
from bench import stock
from bench.figures import Figure, Span, Unit, median, percentile, spread
from bench.ours import CallFailed
from tests.e2e import stack as stacks
from tests.e2e import trunks
from tests.e2e.call import Call
from tests.e2e.hearing import first_sound, sounding
from tests.e2e.phone import Phone
from tests.e2e.rtp import until
from tests.e2e.script import Script
from tests.e2e.stack import Deployment
from tests.e2e.worker import Worker, working

RING = 1.0
"""Seconds the phones ring."""
RING_AT_ONCE = 4.0
"""The same for the calls at once: few people are quicker, and all of them are rung up by the time that one answers."""
TALK = 5.0
"""Seconds after which they hang up."""
AT_ONCE = 10
_SENTENCE = "Hello there, this is Emma."
_LONGEST = 40.0
_QUIET = 1.5
"""Seconds between two calls in a row: by then another process waits warm."""
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Timed:
    """A call at the phone, in seconds."""

    to_dial: float | None
    """From dispatch to CreateSIPParticipant; None where nobody tells."""
    to_invite: float
    """From dispatch to the INVITE at the phone."""
    to_sound: float
    """From the phone's answer to the first sound there."""
    spoken: float
    """From the first to the last sound heard."""


Dispatch = Callable[[str, str], Awaitable[None]]
"""Given a room and a number."""


async def real_calls(calls: int, told: Callable[[str], None]) -> tuple[Figure, ...]:
    """Every figure. Raises `CallFailed`, and `tests.e2e.stack.Unavailable` where there is no LiveKit to start."""
    async with AsyncExitStack() as entered:
        folder = Path(entered.enter_context(TemporaryDirectory(prefix="bench-")))
        stack = await stacks.private(folder)
        entered.callback(stack.stop)
        lk = await entered.enter_async_context(stack.deployment.client())
        phone = await entered.enter_async_context(Phone.open())
        trunk = await entered.enter_async_context(trunks.outbound(lk, phone))
        bench = _Bench(lk, phone, trunk)
        ready = {"VOICE_WORKER_IDLE_PROCESSES": str(AT_ONCE)}
        worker = await entered.enter_async_context(working(stack.deployment, folder / "worker", **ready))
        await asyncio.sleep(_QUIET)
        told("real calls, delay 0")
        prompt = [await bench.ours(worker, 0) for _ in range(calls)]
        told("real calls, default delay")
        usual = [await bench.ours(worker, None) for _ in range(calls)]
        told(f"{AT_ONCE} real calls at once")
        burst = await asyncio.gather(*(_or_unheard(bench.ours(worker, 0, RING_AT_ONCE)) for _ in range(AT_ONCE)))
        async with _stock_agent(stack.deployment, folder):
            await asyncio.sleep(_QUIET)
            told("the stock agent's calls")
            plain = [await bench.theirs() for _ in range(calls)]
    return _figures(prompt, usual, burst, plain)


async def _or_unheard(call: Awaitable[Timed]) -> Timed | None:
    """The call; None if nothing was heard of it, which is counted and not passed over."""
    try:
        return await call
    except CallFailed:
        return None


def _figures(
    prompt: Sequence[Timed], usual: Sequence[Timed], burst: Sequence[Timed | None], plain: Sequence[Timed]
) -> tuple[Figure, ...]:
    dials = [call.to_dial * 1000 for call in (*prompt, *usual) if call.to_dial is not None]
    ours, theirs = ([call.to_sound * 1000 for call in calls] for calls in (prompt, plain))
    usual_sounds = [call.to_sound * 1000 for call in usual]
    sounds = [TALK * 1000 if call is None else call.to_sound * 1000 for call in burst]
    whole = median([call.spoken for call in prompt])
    lost = sum(call is None or call.spoken < whole - 0.06 for call in burst)
    invites = [median([call.to_invite for call in calls]) for calls in (prompt, plain)]
    return (
        Figure("dispatch to dial", median(dials), Unit.MILLISECONDS, Span(high=250), note="CreateSIPParticipant sent"),
        Figure("dispatch to INVITE, stock over ours", invites[1] / invites[0], Unit.RATIO),
        Figure("answer to first sound, delay 0", median(ours), Unit.MILLISECONDS, Span(high=250)),
        Figure("  stock agent", median(theirs), Unit.MILLISECONDS),
        Figure("  stock over ours", median(theirs) / median(ours), Unit.RATIO, Span(low=2)),
        spread("answer to first sound, delay 400 ms", usual_sounds, Unit.MILLISECONDS, Span(340, 460)),
        Figure(f"{AT_ONCE} at once: 95 of 100", percentile(sounds, 95), Unit.MILLISECONDS, Span(high=400)),
        Figure(f"{AT_ONCE} at once: greetings not whole", lost, Unit.COUNT, Span(high=0)),
    )


class _Bench:
    """Dispatches calls to one phone."""

    def __init__(self, lk: api.LiveKitAPI, phone: Phone, trunk: str) -> None:
        self._lk = lk
        self._phone = phone
        self._trunk = trunk
        self._count = 0

    async def ours(self, worker: Worker, delay_ms: int | None, ring: float = RING) -> Timed:
        """A call of the worker's."""
        name, number = self._next()
        assistant = {"prompt": "You are Emma.", "first_sentence": _SENTENCE, "first_sentence_delay_ms": delay_ms}
        metadata = {
            "call_id": name,
            "attempt_id": name,
            "to_phone_number": number,
            "language": "en",
            "assistant": assistant,
            "sip": {"trunk_id": self._trunk},
        }
        at, call = await self._called("voice-worker", name, number, metadata, ring)
        events = list(read(Folder.of(worker.data_dir, name).journal))
        dialled = next(event.at for event in events if isinstance(event, e.Dialled))
        return _timed(at, call, dialled - at)

    async def theirs(self) -> Timed:
        """A call of the stock agent's."""
        name, number = self._next()
        metadata = {"number": number, "trunk": self._trunk, "sentence": _SENTENCE}
        at, call = await self._called(stock.AGENT, name, number, metadata, RING)
        return _timed(at, call, None)

    def _next(self) -> tuple[str, str]:
        self._count += 1
        return f"bench-{self._count}", f"+336123{self._count:05}"

    async def _called(self, agent: str, room: str, number: str, metadata: object, ring: float) -> tuple[float, Call]:
        self._phone.scripts[number] = Script(after=ring, hang_up_after=TALK)
        at = time.monotonic()
        await self._lk.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(agent_name=agent, room=room, metadata=json.dumps(metadata))
        )
        try:
            await until(lambda: self._of(number) is not None, _LONGEST, "the phone rang")
            call = self._of(number)
            assert call is not None
            await call.over(_LONGEST)
        except AssertionError as error:
            raise CallFailed(f"a real call failed: {error}") from None
        await asyncio.sleep(_QUIET)
        return at, call

    def _of(self, number: str) -> Call | None:
        return next((call for call in self._phone.calls if call.number == number), None)


def _timed(at: float, call: Call, to_dial: float | None) -> Timed:
    invited, first, sound = call.received("INVITE"), first_sound(call.stream.heard), sounding(call.stream.heard)
    if invited is None or first is None or sound is None:
        raise CallFailed("nothing was heard on a real call")
    return Timed(to_dial, invited - at, first - call.answered_at, sound[1])


@asynccontextmanager
async def _stock_agent(deployment: Deployment, folder: Path) -> AsyncIterator[None]:
    async with running() as stand_ins:
        log = folder / "stock.log"
        with log.open("wb") as output:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bench.stock",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=_ROOT,
                env={**os.environ, **deployment.environment, stock.STAND_INS: stand_ins.address},
            )
        try:
            await until(lambda: stock.REGISTERED in log.read_bytes(), _LONGEST, "the stock agent was there")
            yield
        finally:
            child.terminate()
            await child.wait()
