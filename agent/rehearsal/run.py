"""One rehearsal, from a running stand-in process to the written folder."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace

from livekit.agents.utils import http_context
from pydantic import SecretStr

from agent import events as e
from agent.call import Call
from agent.conduct import Equipment, conduct
from agent.journal import Journal
from agent.models.report import Attempt as Report
from agent.pipeline import Pipeline, build
from agent.plan import Endpoint, Plan
from agent.providers import Providers, Source
from agent.rehearsal.line import SimulatedLine
from agent.rehearsal.marks import marking
from agent.rehearse import Rehearsal
from agent.report import fold
from agent.standins.judge import ScriptedJudge
from agent.standins.process import StandInCall, StandIns
from audio.recording import Recorder, RecordingFailed

TOOLS_HOST = "tools.stand-in"
"""Host of the examples' tools: in a rehearsal the stand-in process serves it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a rehearsal."""

    report: Report
    line: SimulatedLine
    """Over; it still knows what either side said and heard."""


async def run(rehearsal: Rehearsal, stand_ins: StandIns, watch: Callable[[e.Event], None]) -> Outcome:
    """Conduct the call and write `events.jsonl`, `audio.ogg` and `attempt.json`. Raises `RecordingFailed`, OSError."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(http_context.open())
        stand_in = await stand_ins.open_call(rehearsal.line.config(rehearsal.plan.language))
        stack.push_async_callback(stand_in.close)
        plan = pointed_at(rehearsal.plan, stand_in, rehearsal.providers)
        line = await stack.enter_async_context(_line(rehearsal, stand_in))
        journal = stack.enter_context(Journal(rehearsal.folder / "events.jsonl"))
        journal.watch(watch)
        equipment = Equipment(
            _pipeline(plan, rehearsal, line),
            allowed_hosts=rehearsal.settings.allowed_hosts,
            rewrites={TOOLS_HOST: stand_in.tools_url},
            recording=stack.enter_context(_recorder(rehearsal)),
        )
        async with _called_off_by(stand_ins) as taken:
            await conduct(plan, line, equipment, journal, taken=taken)
    report = fold(journal.events)
    (rehearsal.folder / "attempt.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return Outcome(report, line)


def pointed_at(plan: Plan, stand_in: StandInCall, providers: Providers) -> Plan:
    """The plan with the address of every provider that is a stand-in."""
    key = SecretStr("stand-in")
    voices = {"cartesia": stand_in.cartesia_url, "elevenlabs": stand_in.elevenlabs_url}
    if providers.llm is Source.STAND_IN:
        plan = replace(plan, model=replace(plan.model, endpoint=Endpoint(key, stand_in.openai_url)))
    if providers.tts is Source.STAND_IN:
        plan = replace(plan, voice=replace(plan.voice, endpoint=Endpoint(key, voices[plan.voice.provider])))
    if providers.stt is Source.STAND_IN:
        plan = replace(plan, recogniser=replace(plan.recogniser, endpoint=Endpoint(key, stand_in.deepgram_url)))
    return plan


@asynccontextmanager
async def _line(rehearsal: Rehearsal, stand_in: StandInCall) -> AsyncIterator[SimulatedLine]:
    async with marking(stand_in.mark) as mark:
        line = SimulatedLine(
            rehearsal.line,
            language=rehearsal.plan.language,
            voice=stand_in.voice,
            mark=mark,
            ringing_timeout=rehearsal.plan.patience.ringing,
        )
        await line.prepare()
        yield line


def _pipeline(plan: Plan, rehearsal: Rehearsal, line: SimulatedLine) -> Pipeline:
    if rehearsal.providers.turns is Source.REAL:
        return build(plan)
    script = rehearsal.line
    return build(plan, ScriptedJudge(line.turn_over, script.latency.judge_ms / 1000, script.errors))


@contextmanager
def _recorder(rehearsal: Rehearsal) -> Iterator[Recorder]:
    recorder = Recorder(rehearsal.folder / "audio.ogg")
    try:
        yield recorder
    finally:
        with suppress(RecordingFailed):  # the call's own events have told it
            recorder.close()


@asynccontextmanager
async def _called_off_by(stand_ins: StandIns) -> AsyncIterator[Callable[[Call], None]]:
    """Give a function that takes the call: Ctrl-C calls it off, the end of the stand-in process makes it fail."""
    loop = asyncio.get_running_loop()
    watching: list[asyncio.Task[None]] = []

    def take(call: Call) -> None:
        loop.add_signal_handler(signal.SIGINT, lambda: call.post(e.Withdrawn(at=time.monotonic())))
        watching.append(asyncio.create_task(_fail_with(stand_ins, call), name="stand-ins"))

    try:
        yield take
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        for task in watching:
            task.cancel()


async def _fail_with(stand_ins: StandIns, call: Call) -> None:
    await stand_ins.died.wait()
    call.post(e.Failed(at=time.monotonic(), code="provider_failed", message="the stand-in process has died"))
