"""Conducting one call: from a plan and a line to the last event of the journal.

plan → studio (mixer, ears, voice, session) ⇄ line
                 ⇅ events, commands
                call (supervisor) → journal
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from agent import events as e
from agent.call import HANG_UP_LONGEST, INTERNAL, Call
from agent.headset import LateLeg
from agent.journal import Journal
from agent.lag import LagMeter
from agent.line import Line
from agent.meter import Meter
from agent.pipeline import Pipeline
from agent.plan import Plan
from agent.state import Terms
from agent.studio import Studio
from agent.tape import Recording, Tape
from tools.runner import ToolRunner

logger = logging.getLogger(__name__)

LAST_WORDS = 1.0
"""Seconds the recogniser is given after the hang-up for what the callee said last."""
CLOSING_LONGEST = 8.0
"""Seconds each part may take to close once the call is over: the framework waits 5 s for what hangs, such as a tool,
and leaves everything undone when it is stopped before."""
HEAD_START = 0.01
"""Seconds the dial is given to get out before the loop is busy with what is made ready while it rings."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a call is conducted with, beside its plan."""

    pipeline: Pipeline
    allowed_hosts: frozenset[str] = frozenset()
    """Private hosts the custom tools may reach."""
    rewrites: Mapping[str, str] = field(default_factory=dict)
    """Host to base URL for the custom tools: where a rehearsal's stand-in tools are."""
    recording: Recording | None = None
    """Takes both sides from the answer on."""

    def with_recording(self, recording: Recording) -> "Equipment":
        """The same, recorded."""
        return replace(self, recording=recording)


async def conduct(
    plan: Plan,
    line: Line,
    equipped: AbstractAsyncContextManager[Equipment],
    journal: Journal,
    *,
    taken: Callable[[Call], None],
    at_once: bool = False,
) -> None:
    """Conduct the call. Whatever happens, the journal ends with exactly one `Ended` and then `Reported`.

    `taken` is given the call before anything is dialled, so that it can be called off with `Withdrawn`. `at_once` dials
    before the equipment is entered; everything is then made ready while it rings.
    """
    now = time.monotonic
    call = Call(_terms(plan, line.latency), line, journal, now)
    meter, lag, leg = Meter(), LagMeter(now), LateLeg()
    call.post(_accepted(plan, now()))
    call.post(_planned(plan, now()))
    taken(call)
    starved, underruns = 0.0, 0
    try:
        if at_once:
            call.dial(leg)
            await asyncio.sleep(HEAD_START)
        async with equipped as equipment, _studio(plan, equipment, call, now) as studio:
            meter.attach(equipment.pipeline)
            call.begin("lag", lag.watch)
            leg.put_on(studio.headset)
            try:
                await studio.prepare(plan, equipment.pipeline)
                if not at_once:
                    call.dial(leg)
                await call.run(studio)
                await studio.ears.settle(LAST_WORDS)
            finally:
                starved, underruns = studio.starved_ms(), studio.ticks.underruns
    except Exception as error:
        logger.error("the call broke", extra={"error": type(error).__name__}, exc_info=error)
        call.post(e.Failed(at=now(), code="internal_error", message=INTERNAL))
    finally:
        await _ended(call, now)
        if journal.torn:
            call.post(e.Warned(at=now(), message="the journal is incomplete: it could not be written"))
        call.post(meter.used(now()))
        lag_ms, starved_ms = round(lag.p99_ms(), 1), round(starved, 1)
        call.post(e.Measured(at=now(), loop_lag_p99_ms=lag_ms, starved_ms=starved_ms, underruns=underruns))
        call.post(e.Reported(at=now()))


async def _ended(call: Call, now: Callable[[], float]) -> None:
    """See to it that the line is free, also when the call was torn down around it."""
    if not call.over.is_set():
        call.post(e.Withdrawn(at=now()))
        try:
            await asyncio.wait_for(call.over.wait(), HANG_UP_LONGEST + 1.0)
        except TimeoutError:
            logger.error("the line did not come free")
    await call.aclose()


@asynccontextmanager
async def _studio(plan: Plan, equipment: Equipment, call: Call, now: Callable[[], float]) -> AsyncIterator[Studio]:
    async with AsyncExitStack() as stack:
        runner = await stack.enter_async_context(ToolRunner(equipment.allowed_hosts, equipment.rewrites))
        tape = Tape(equipment.recording, call.post, now) if equipment.recording is not None else None
        if tape is not None:
            stack.push_async_callback(tape.close)
        studio = Studio(plan, equipment.pipeline, runner, tape, call, now)
        stack.push_async_callback(_closed, "pipeline", equipment.pipeline.aclose)
        stack.push_async_callback(_closed, "conversation", studio.conversation.aclose)
        stack.push_async_callback(call.aclose)
        yield studio


async def _closed(part: str, close: Callable[[], Awaitable[None]]) -> None:
    try:
        await asyncio.wait_for(close(), CLOSING_LONGEST)
    except Exception as error:  # noqa: BLE001  (whatever it is, the call is over)
        logger.warning("a part did not close", extra={"part": part, "error": type(error).__name__})


def _terms(plan: Plan, latency: float) -> Terms:
    delay = max(0.0, plan.opening.delay - latency)  # it counts for the callee, from their answer to their ear
    return Terms(plan.opening.mode, delay, plan.goodbye is not None, plan.patience)


def _accepted(plan: Plan, at: float) -> e.Accepted:
    return e.Accepted(
        at=at,
        utc=datetime.now(UTC).isoformat(),
        attempt_id=plan.attempt_id,
        call_id=plan.call_id,
        attempt_number=plan.attempt_number,
        direction=plan.direction,
        phone_number=plan.callee_number,
        organization_id=plan.organization_id,
        campaign=plan.campaign,
        metadata=plan.metadata,
        pid=os.getpid(),
    )


def _planned(plan: Plan, at: float) -> e.Planned:
    return e.Planned(
        at=at,
        assistant_id=plan.assistant_id,
        language=plan.language,
        timezone=plan.timezone,
        model=plan.model.name,
        voice=f"{plan.voice.provider}/{plan.voice.model}",
        recogniser=f"{plan.recogniser.provider}/{plan.recogniser.model}",
        warnings=plan.warnings,
        system_prompt=plan.prompt if plan.report_prompt else None,
        ringing=plan.patience.ringing,
        limit=plan.patience.limit,
        webhook_url=plan.final_url,
    )
