"""Whole calls in tests: an attempt and a line in, everything that came of it out.

The stand-in process is started once a test process; each call is real time, so tests keep them short.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from agent import events as e
from agent import settings
from agent.journal import read
from agent.models.report import Attempt, SpeechEvent
from agent.providers import STAND_INS, Providers
from agent.rehearsal.line import SimulatedLine
from agent.rehearsal.run import run
from agent.rehearsal.shipped import parse_line
from agent.rehearsal.stop import stopping
from agent.rehearse import make_ready
from agent.standins.process import StandIns
from audio.frames import Pcm
from audio.ledger import AUDIBLE

E = TypeVar("E", bound=e.Event)

SLOTS: dict[str, Any] = {
    "name": "find_slots",
    "description": "Free slots of a day.",
    "method": "GET",
    "url": "http://tools.stand-in/slots?day={{day}}",
    "input_schema": [{"name": "day", "type": "date", "required": True}],
}
"""A tool of the stand-ins'."""


@dataclass(frozen=True, slots=True)
class Conducted:
    """A call that is over."""

    report: Attempt
    line: SimulatedLine
    folder: Path

    @property
    def events(self) -> list[e.Event]:
        """The journal as it was written."""
        return list(read(self.folder / "events.jsonl"))

    def all(self, kind: type[E]) -> list[E]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def one(self, kind: type[E]) -> E:
        """The only event of its kind."""
        [event] = self.all(kind)
        return event

    def said(self, role: str) -> list[str]:
        """The transcript of one role."""
        return [entry.content for entry in self.report.transcript if entry.role == role]

    def speech(self, speaker: str) -> Sequence[SpeechEvent]:
        """The speech events of one side."""
        return [event for event in self.report.speech_events if event.speaker == speaker]


def attempt(**assistant: Any) -> dict[str, Any]:
    """An attempt whose assistant is polite and brief, but for what is given."""
    return {
        "call_id": "call-1",
        "attempt_id": "attempt-1",
        "to_phone_number": "+33612345678",
        "from_phone_number": "+33187654321",
        "language": "en",
        "assistant": {"prompt": "You are Emma. Be brief.", **assistant},
    }


async def in_turn(calls: Iterable[Awaitable[Conducted]]) -> list[Conducted]:
    """Conduct calls one after the other: those at once in one process are made late by each other."""
    return [await call for call in calls]


def line(*callee: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A line that is picked up at once by a callee who does as the steps say."""
    return {"name": "test", "ring": 0.5, "callee": list(callee), **more}


def audible(pcm: Pcm) -> tuple[float, float]:
    """Milliseconds of the first and after the last audible sample."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) >= AUDIBLE)
    return float(loud[0]) / 24, float(loud[-1] + 1) / 24


def milliseconds(pcm: Pcm, start: float, stop: float) -> Pcm:
    """A stretch of sound."""
    return pcm[round(start * 24) : round(stop * 24)]


async def conducted(
    stand_ins: StandIns,
    folder: Path,
    attempt: dict[str, Any],
    line: dict[str, Any],
    watch: Callable[[e.Event], None] = lambda event: None,
    providers: Providers = STAND_INS,
    **environment: str,
) -> Conducted:
    """Conduct the attempt on the line."""
    source = folder / "attempt-in.json"
    source.write_text(json.dumps(attempt))
    given = settings.of(environment)
    ready, unknown = make_ready(source, parse_line(line), providers, given, folder / "out", datetime.now(UTC))
    assert unknown == ()
    with stopping() as stop:
        outcome = await run(ready, stand_ins, watch, stop)
    return Conducted(outcome.report, outcome.line, ready.folder)
