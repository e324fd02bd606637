"""One rehearsal, from a running stand-in process to the written folder."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from pathlib import Path

from livekit.agents.utils import http_context

from agent import events as e
from agent.call import Call
from agent.conduct import Equipment, conduct
from agent.journal import Journal
from agent.pipeline import Pipeline, build
from agent.plan import Plan
from agent.providers import Source
from agent.rehearsal.line import SimulatedLine
from agent.rehearsal.marks import marking
from agent.rehearsal.minds import mind_of
from agent.rehearsal.outcome import Outcome
from agent.rehearsal.thinking import Thinking
from agent.rehearsal.verdicts import judge, shortcomings
from agent.rehearse import Rehearsal
from agent.report import fold
from agent.standins.judge import ScriptedJudge
from agent.standins.pointing import TOOLS_HOST, pointed_at
from agent.standins.process import StandInCall, StandIns
from audio.recording import Recorder, RecordingFailed


async def run(
    rehearsal: Rehearsal,
    stand_ins: StandIns,
    watch: Callable[[e.Event], None],
    stop: asyncio.Event | None = None,
    *,
    recorded: bool = True,
) -> Outcome:
    """Conduct the call, write `events.jsonl`, `audio.ogg` and `attempt.json`, and judge it by what its line expects.

    `stop` calls it off, also when it was set before the call began; without `recorded` there is no sound. Raises
    `StandInsFailed` (also as `MindFailed`), `InputInvalid`, `RecordingFailed`, OSError for what keeps it from
    beginning, and OSError where the report cannot be written.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(http_context.open())
        stand_in = await stand_ins.open_call(rehearsal.line.config(rehearsal.plan.language))
        stack.push_async_callback(stand_in.close)
        plan = pointed_at(rehearsal.plan, stand_in, rehearsal.providers)
        mind = await stack.enter_async_context(
            mind_of(rehearsal.line, rehearsal.plan.language, rehearsal.providers, rehearsal.settings)
        )
        line = await stack.enter_async_context(_line(rehearsal, stand_in, mind))
        journal = stack.enter_context(Journal(rehearsal.folder / "events.jsonl"))
        journal.watch(watch)
        equipment = Equipment(
            _pipeline(plan, rehearsal, line),
            allowed_hosts=rehearsal.settings.allowed_hosts,
            rewrites={TOOLS_HOST: stand_in.tools_url},
            recording=stack.enter_context(_recorder(rehearsal)) if recorded else None,
        )
        async with _called_off_by(stand_ins, mind, stop or asyncio.Event()) as taken:
            await conduct(plan, line, nullcontext(equipment), journal, taken=taken)
    return _judged(rehearsal, line, journal.events)


def _judged(rehearsal: Rehearsal, line: SimulatedLine, events: Sequence[e.Event]) -> Outcome:
    """Write the report, and hold it against what the line expects."""
    report, expect = fold(events), rehearsal.line.expect
    _write(rehearsal.folder / "attempt.json", report.model_dump_json(indent=2) + "\n")
    verdicts = judge(expect, events, report)
    if verdicts:
        text = json.dumps([verdict.as_json() for verdict in verdicts], indent=2, ensure_ascii=False)
        _write(rehearsal.folder / "expectations.json", text + "\n")
    decisive = next((event for event in events if isinstance(event, e.Ended | e.Withdrawn)), None)
    reasons = shortcomings(expect, verdicts, report)
    return Outcome(report, line, verdicts, reasons, withdrawn=isinstance(decisive, e.Withdrawn))


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all. Raises OSError."""
    unfinished = path.with_suffix(".part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@asynccontextmanager
async def _line(rehearsal: Rehearsal, stand_in: StandInCall, mind: Thinking | None) -> AsyncIterator[SimulatedLine]:
    async with marking(stand_in.mark) as mark:
        line = SimulatedLine(
            rehearsal.line,
            language=rehearsal.plan.language,
            voice=stand_in.voice,
            mark=mark,
            ringing_timeout=rehearsal.plan.patience.ringing,
            thinking=mind,
        )
        await line.prepare()
        yield line


def _pipeline(plan: Plan, rehearsal: Rehearsal, line: SimulatedLine) -> Pipeline:
    if rehearsal.providers.turns is Source.REAL:
        return build(plan)
    script = rehearsal.line
    return build(plan, ScriptedJudge(line.pause, script.latency.judge_ms / 1000, script.errors))


@contextmanager
def _recorder(rehearsal: Rehearsal) -> Iterator[Recorder]:
    recorder = Recorder(rehearsal.folder / "audio.ogg")
    try:
        yield recorder
    finally:
        with suppress(RecordingFailed):  # the call's own events have told it
            recorder.close()


@asynccontextmanager
async def _called_off_by(
    stand_ins: StandIns, mind: Thinking | None, stop: asyncio.Event
) -> AsyncIterator[Callable[[Call], None]]:
    """Give a function that takes the call: `stop` calls it off.

    The end of the stand-in process and a callee who cannot be played any more make it fail.
    """
    watching: list[asyncio.Task[None]] = []

    def take(call: Call) -> None:
        watching.append(asyncio.create_task(_call_off_with(stop, call), name="stop"))
        watching.append(asyncio.create_task(_fail_with(stand_ins, call), name="stand-ins"))
        if mind is not None:
            watching.append(asyncio.create_task(_fail_without(mind, call), name="callee's mind"))

    try:
        yield take
    finally:
        for task in watching:
            task.cancel()


async def _call_off_with(stop: asyncio.Event, call: Call) -> None:
    await stop.wait()
    call.post(e.Withdrawn(at=time.monotonic()))


async def _fail_with(stand_ins: StandIns, call: Call) -> None:
    await stand_ins.died.wait()
    call.post(e.Failed(at=time.monotonic(), code="provider_failed", message="the stand-in process has died"))


async def _fail_without(mind: Thinking, call: Call) -> None:
    await mind.failed.wait()
    call.post(e.Failed(at=time.monotonic(), code="provider_failed", message=mind.why))
