"""A conversation as a line file: a callee who says what was typed, and a stand-in model that answers what was answered.

With a real model only the callee's side counts, so a prompt can be tried again on the same conversation.
"""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from agent.console.record import Entry, Keys, Record, Spoken, Typed, Used
from agent.rehearsal.clips import parts
from agent.rehearsal.shipped import parse_line

LONGEST = 5000
"""Characters of what a callee or a stand-in model says in one go."""
_HEAD = "# Rehearse it: voice-worker rehearse ATTEMPT --line THIS-FILE [--providers llm=real]\n"


class NothingSaid(Exception):
    """Nobody has said anything that a callee could say."""


def line_file(record: Record, language: str) -> str:
    """The line file's text, which loads. Raises `NothingSaid`."""
    steps = list(_steps(record))
    if not record.turns:
        raise NothingSaid
    script = list(_rules(record.entries))
    written = (entry.text for entry in record.entries if isinstance(entry, Spoken) and entry.kind == "generated")
    opening = next(written, None)
    line: dict[str, Any] = {
        "name": "console",
        "description": "A conversation that was held at the console.",
        "language": language,
        "callee": steps,
        "model": {**({"opening": opening[:LONGEST]} if opening else {}), **({"script": script} if script else {})},
    }
    text = _HEAD + yaml.safe_dump(line, allow_unicode=True, sort_keys=False, width=110)
    parse_line(line)
    return text


def _steps(record: Record) -> Iterator[dict[str, Any]]:
    """What the callee does; who ends the call without the agent hangs up."""
    spoken, first = False, True
    for entry in record.entries:
        if isinstance(entry, Spoken):
            spoken = spoken or entry.kind != "put"
        elif isinstance(entry, Typed | Keys):
            yield {**_trigger(entry, spoken=spoken, first=first), **_action(entry)}
            spoken, first = False, False
    if not record.ended:
        yield {**_trigger(Keys(""), spoken=spoken, first=first), "hang_up": True}


def _trigger(entry: Typed | Keys, *, spoken: bool, first: bool) -> dict[str, Any]:
    if isinstance(entry, Typed) and entry.interrupts and spoken:
        return {"after": "agent-starts"}
    if spoken:
        return {"after": "agent-stops"}
    return {} if first else {"after": "previous", "wait": 2.0}


def _action(entry: Typed | Keys) -> dict[str, Any]:
    if isinstance(entry, Keys):
        return {"press": entry.digits}
    # What a line file takes for pauses and beeps was only typed.
    return {"say": " ".join(part.text or "beep" for part in parts(entry.text) if part.text or part.beep) or "…"}


def _rules(entries: list[Entry]) -> Iterator[dict[str, Any]]:
    """The stand-in model's answers, one after the other."""
    rule: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for entry in entries:
        match entry:
            case Spoken(text, "reply"):
                if "reply" in rule:
                    yield rule
                rule = {**after, "reply": text[:LONGEST]}
                after = {}
            case Used(tool):
                yield {**(rule or after), "call": _call(entry)}
                rule, after = {}, {"after_tool": tool}
            case Typed():
                if rule:
                    yield rule
                rule, after = {}, {}
            case _:
                pass
    if rule:
        yield rule


def _call(used: Used) -> dict[str, Any]:
    try:
        arguments = json.loads(used.arguments or "{}")
    except ValueError:
        arguments = {}
    return {"tool": used.tool, "arguments": arguments if isinstance(arguments, dict) else {}}
