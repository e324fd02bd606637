"""Talking by microphone: the same conduct as on a phone, on a line that is this machine's sound card."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from livekit.agents.utils import http_context

from agent import events as e
from agent.call import Call
from agent.conduct import Equipment, conduct
from agent.console.card import CardLine, Controls, Device
from agent.console.echo import EchoCanceller
from agent.console.scribe import Scribe
from agent.console.wordless import Wordless
from agent.fallback.recogniser import Recogniser
from agent.journal import Journal
from agent.models.report import Attempt
from agent.pipeline import build
from agent.plan import Plan
from agent.providers import Providers, Source
from agent.rehearse import make_folder
from agent.report import fold
from agent.standins.config import CallConfig, Errors, Latencies
from agent.standins.judge import ScriptedJudge, always_over
from agent.standins.pointing import TOOLS_HOST, pointed_at
from audio.recording import Recorder, RecordingFailed

if TYPE_CHECKING:
    from agent.standins.process import StandIns

Watch = Callable[[e.Event], None]


@dataclass(frozen=True, slots=True)
class Booth:
    """What calls by microphone are held with."""

    device: Device
    controls: Controls
    providers: Providers
    stand_ins: "StandIns | None"
    """Where any provider, or a tool, is one."""
    allowed_hosts: frozenset[str]
    folder: Path
    """Written anew by every call."""
    wordless: bool = False
    """The model hears by itself, and nobody writes down what it hears."""


class Phone:
    """One call by microphone."""

    def __init__(self, booth: Booth, watch: Watch) -> None:
        """`watch` is shown every event."""
        self.scribe = Scribe()
        self._booth = booth
        self._watch = watch
        self._line = CardLine(booth.device, EchoCanceller(), booth.controls)
        self._call: Call | None = None

    def put_down(self) -> None:
        """Hang up, whatever is going on."""
        self._line.put_down()
        if self._call is not None:
            self._call.post(e.Withdrawn(at=time.monotonic()))

    async def talk(self, plan: Plan) -> Attempt:
        """Hold the call, write its folder, and give its report. Raises `InputInvalid`, `RecordingFailed`, OSError."""
        folder = self._booth.folder
        make_folder(folder)
        async with http_context.open(), self._equipped(plan) as (equipment, pointed):
            with Journal(folder / "events.jsonl") as journal:
                journal.watch(self.scribe.note)
                journal.watch(self._watch)
                await conduct(pointed, self._line, nullcontext(equipment), journal, taken=self._taken)
                report = fold(journal.events)
        text = report.model_dump_json(indent=2) + "\n"
        await asyncio.to_thread((folder / "attempt.json").write_text, text, encoding="utf-8")
        return report

    def _taken(self, call: Call) -> None:
        self._call = call

    @asynccontextmanager
    async def _equipped(self, plan: Plan) -> AsyncIterator[tuple[Equipment, Plan]]:
        """What the call is conducted with, and the plan with the addresses of the stand-ins."""
        booth = self._booth
        async with AsyncExitStack() as stack:
            rewrites = {}
            if booth.stand_ins is not None:
                call = await booth.stand_ins.open_call(CallConfig(language=plan.language, unscripted=True))
                stack.push_async_callback(call.close)
                plan = pointed_at(plan, call, booth.providers)
                rewrites = {TOOLS_HOST: call.tools_url}
            judge = None
            if booth.providers.turns is Source.STAND_IN:
                judge = ScriptedJudge(always_over, Latencies().judge_ms / 1000, Errors())
            recorder = Recorder(booth.folder / "audio.ogg")
            stack.push_async_callback(asyncio.to_thread, _close, recorder)
            pipeline = build(plan, judge)
            if booth.wordless:
                pipeline = replace(pipeline, recogniser=Recogniser([Wordless()]))
                plan = replace(plan, recogniser=replace(plan.recogniser, model="without a key"))
            yield Equipment(pipeline, booth.allowed_hosts, rewrites, recorder), plan


def _close(recorder: Recorder) -> None:
    with suppress(RecordingFailed):  # the call's own events have told it
        recorder.close()
