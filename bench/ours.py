"""A call as the worker conducts it, in this process."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from agent import events as e
from agent import settings
from agent.providers import STAND_INS
from agent.rehearsal.line import Sides
from agent.rehearsal.run import run
from agent.rehearsal.script import LineScript
from agent.rehearse import Rehearsal, make_ready
from agent.standins.process import StandIns
from bench.scripts import LANGUAGE

E = TypeVar("E", bound=e.Event)

PROMPT = "You are Emma, who answers the phone. Be brief."


class CallFailed(Exception):
    """A measured call did not go as its line says."""


@dataclass(frozen=True, slots=True)
class Conducted:
    """A call that is over."""

    sides: Sides
    """What each side sent."""
    events: Sequence[e.Event]

    def all(self, kind: type[E]) -> list[E]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def one(self, kind: type[E]) -> E:
        """The only event of its kind. Raises `CallFailed` when there is another number of them."""
        found = self.all(kind)
        if len(found) != 1:
            raise CallFailed(f"expected one {kind.__name__} in the call, found {len(found)}")
        return found[0]


async def conducted(stand_ins: StandIns, line: LineScript, *, recorded: bool = True, **assistant: Any) -> Conducted:
    """Conduct a call of the assistant on the line. Raises `CallFailed` when it ends in an error."""
    events: list[e.Event] = []
    with TemporaryDirectory(prefix="bench-") as folder:
        outcome = await run(_ready(Path(folder), line, assistant), stand_ins, events.append, recorded=recorded)
    call = Conducted(outcome.line.said, events)
    if (code := call.one(e.Ended).error_code) is not None:
        raise CallFailed(f"the call ended in an error: {code}")
    return call


def _ready(folder: Path, line: LineScript, assistant: dict[str, Any]) -> Rehearsal:
    attempt = {
        "call_id": "bench",
        "attempt_id": "bench",
        "to_phone_number": "+12025550123",
        "from_phone_number": "+12025550199",
        "language": LANGUAGE,
        "assistant": {"prompt": PROMPT, **assistant},
    }
    source = folder / "attempt-in.json"
    source.write_text(json.dumps(attempt), encoding="utf-8")
    ready, _ = make_ready(source, line, STAND_INS, settings.of({}), folder / "call", datetime.now(UTC))
    return ready
