"""`lines`: the lines that come with the program, for people and for programs to read."""

import json
import shutil
import textwrap

from pydantic import JsonValue

from agent.models.report import Attempt
from agent.rehearsal.fields import ANY
from agent.rehearsal.script import LineScript
from agent.rehearsal.shipped import load_line, nothing_there, shipped, source
from agent.rehearsal.smalltalk import LANGUAGES
from agent.rehearsal.verdicts import judge


def catalogue(*, as_json: bool) -> str:
    """Every line with its description."""
    lines = {name: load_line(name) for name in shipped()}
    if as_json:
        return json.dumps([_facts(script) for script in lines.values()], indent=2, ensure_ascii=False) + "\n"
    width = max(map(len, lines)) + 2
    columns = min(shutil.get_terminal_size().columns, 120)
    return "".join(
        textwrap.fill(
            script.description.strip(), columns, initial_indent=f"{name:<{width}}", subsequent_indent=" " * width
        )
        + "\n"
        for name, script in lines.items()
    )


def entry(name: str, *, as_json: bool) -> str:
    """One line: its file, below what it expects in words, as comments. Raises `LineInvalid` where there is none."""
    if name not in shipped():
        raise nothing_there(name)
    script, text = load_line(name), source(name).read_text(encoding="utf-8")
    if as_json:
        return json.dumps({**_facts(script), "yaml": text}, indent=2, ensure_ascii=False) + "\n"
    comments = [f"# Expects: {expectation}" for expectation in expectations(script)]
    return "\n".join([*comments, text])


def expectations(script: LineScript) -> tuple[str, ...]:
    """What a line expects, in words."""
    return tuple(verdict.expectation for verdict in judge(script.expect, (), Attempt(id="", phone_number=None)))


def _facts(script: LineScript) -> dict[str, JsonValue]:
    return {
        "name": script.name,
        "description": script.description.strip(),
        "answer": script.answer.value,
        "languages": list(_languages(script)),
        "expect": list(expectations(script)),
    }


def _languages(script: LineScript) -> tuple[str, ...]:
    """Those the callee speaks; none for one who says nothing, or the same in all."""
    if script.persona is not None:
        return LANGUAGES
    said = [step.say for step in script.callee if step.say is not None]
    return tuple(dict.fromkeys(tag for wording in (*said, *script.otherwise) for tag in wording.root if tag != ANY))
