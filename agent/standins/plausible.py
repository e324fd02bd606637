"""A plausible conversation without a script: take up what was said, ask one short question a turn, then say goodbye."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from agent.standins.config import ToolUse
from agent.standins.dialogue import END_CALL, OfferedTool, Reply, Turn
from agent.standins.phrases import Phrases, phrases
from tools.end_call import CLOSING

_SHORTEST = 4
"""Letters a word needs to be taken up."""
_STEM = 5
"""Letters by which a word of the callee's and one of a tool's name are compared."""
_NEVER = {END_CALL, "send_dtmf", "skip_turn", "send_sms", "transfer_call"}
"""Tools that are not called because a word of their name was said."""


def greeting(language: str) -> str:
    """The first sentence of a call, when the model is asked to make one."""
    return phrases(language).greeting


def reply(turns: Sequence[Turn], language: str, tools: Sequence[OfferedTool], limit: int | None) -> Reply:
    """The answer to the last of `turns`, of which the callee spoke at least one.

    After `limit` answered turns the model takes leave; None: only when the callee does.
    """
    table = phrases(language)
    answered = sum(before.speaker == "callee" and after.speaker == "model" for before, after in pairwise(turns))
    match turns[-1].speaker:
        case "tool":
            return Reply(f"{table.after_tool} {_question(table, answered - 1)}")
        case "callee":
            said = turns[-1].text
            if (limit is not None and answered >= limit) or not table.farewells.isdisjoint(_words(said.casefold())):
                return _leave(table, tools)
            used = {name for turn in turns for name in turn.calls}
            wanted = _tool_use(said, [tool for tool in tools if tool.name not in used | _NEVER])
            return Reply(call=wanted) if wanted else Reply(_answer(table, said, answered))
        case _:
            return Reply(table.prompting)


def _leave(table: Phrases, tools: Sequence[OfferedTool]) -> Reply:
    """Say goodbye and hang up, as far as that is not done for the model."""
    ending = next((tool for tool in tools if tool.name == END_CALL), None)
    if ending is None:
        return Reply(table.goodbye)
    return Reply("" if CLOSING in ending.description else table.goodbye, ToolUse(tool=END_CALL))


def _answer(table: Phrases, said: str, turn: int) -> str:
    word = _key_word(said, table.common)
    if word is None:
        taken_up = table.plain[turn % len(table.plain)]
    else:
        taken_up = table.acknowledgements[turn % len(table.acknowledgements)].format(word=word)
    return f"{taken_up[:1].upper()}{taken_up[1:]} {_question(table, turn)}"


def _question(table: Phrases, turn: int) -> str:
    return table.questions[turn % len(table.questions)]


def _key_word(said: str, common: frozenset[str]) -> str | None:
    """The longest word that carries meaning; of equals the last, which is where the news of a sentence stands."""
    words = [word for word in _words(said) if len(word) >= _SHORTEST and word.casefold() not in common]
    return max(reversed(words), key=len, default=None)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text)


def _tool_use(said: str, tools: Sequence[OfferedTool]) -> ToolUse | None:
    """The first tool whose name shares a word with what was said, if that says all the tool must know."""
    heard = {word.casefold()[:_STEM] for word in _words(said) if len(word) >= _SHORTEST}
    for tool in tools:
        named = {part[:_STEM] for part in tool.name.casefold().split("_") if len(part) >= _SHORTEST}
        arguments = _arguments(said, tool.parameters)
        if named & heard and arguments is not None:
            return ToolUse(tool=tool.name, arguments=arguments)
    return None


def _arguments(said: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Values for the required parameters of a JSON schema, drawn from what was said; None if one was not said."""
    properties = schema.get("properties", {})
    arguments = {name: _value(said, properties.get(name, {})) for name in schema.get("required", ())}
    return None if None in arguments.values() else arguments


def _value(said: str, schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return next((option for option in schema["enum"] if str(option).casefold() in said.casefold()), None)
    kinds = schema.get("type", "string")
    kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
    pattern = r"\d{4}-\d\d-\d\d" if "date" in str(schema.get("format")) else r"\b[A-Z]*-?\d[\w-]*"
    found = re.search(r"\d+" if kind in {"integer", "number"} else pattern, said)
    if kind == "boolean":
        return True
    if found is None:
        return None
    return int(found[0]) if kind in {"integer", "number"} else found[0]
