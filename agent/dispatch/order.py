"""What is dispatched: an attempt that is valid, in the form in which the worker gets it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from agent import documents
from agent.check import Verdict
from agent.dispatch.calls import room_of
from agent.problems import InputInvalid, Problem
from agent.settings import Settings
from agent.worker.client import METADATA_LONGEST
from agent.worker.webhook import Destination, destination


@dataclass(frozen=True, slots=True)
class Order:
    """An attempt to be dispatched."""

    attempt_id: str
    room: str
    agent: str
    """Name of the workers it is for."""
    to: Destination | None
    """Where its events would go by themselves."""
    _raw: Mapping[str, JsonValue] = field(repr=False)

    def metadata(self, callback: Mapping[str, str]) -> str:
        """The attempt as JSON, its events going to another callback. Raises `InputInvalid` if it is too long."""
        text = json.dumps({**self._raw, "callback": dict(callback)}, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) > METADATA_LONGEST:
            raise InputInvalid([Problem("", f"expected at most {METADATA_LONGEST // 1024} KiB, which LiveKit carries")])
        return text


def order(path: Path, verdict: Verdict, settings: Settings) -> Order:
    """The order for a file with this verdict. Raises `InputInvalid` with every problem."""
    if verdict.problems:
        raise InputInvalid(verdict.problems, source=str(path))
    subject = verdict.subject
    if verdict.kind != "attempt" or subject is None:
        raise InputInvalid([Problem("", "expected an attempt, not an assistant alone")], source=str(path))
    if subject.attempt.direction != "outbound":
        raise InputInvalid([Problem("direction", "expected outbound: nobody is rung otherwise")], source=str(path))
    attempt_id = subject.attempt.attempt_id or ""
    raw = documents.load_attempt(path)
    assert isinstance(raw, dict)
    to = destination(subject.attempt.callback, subject.plan.final_url, settings.callback_secret)
    return Order(attempt_id, room_of(attempt_id), settings.agent_name, to, raw)
