"""What the stand-in model answers: a pure function of the conversation so far.

A turn is often asked for more than once, with growing text, and most of those answers are thrown away. So nothing is
remembered between requests: which rules of a script were used is read off the history, by what the model said.
"""

import re
from collections.abc import Sequence

from agent.standins import plausible
from agent.standins.config import ModelScript, Rule
from agent.standins.dialogue import END_CALL, OfferedTool, Reply, Turn

_NONE = -1
"""No rule."""


def respond(history: Sequence[Turn], script: ModelScript, language: str, tools: Sequence[OfferedTool]) -> Reply:
    """The model's answer to `history`.

    Instructions are data: they are not obeyed, and the answer is to the last item that is not one. Before the callee
    has said anything the model opens the call. Asked after an answer of which a part was heard, it goes on with it.
    Where no rule matches, it talks on plausibly, and takes leave only when the script has been played.
    """
    turns = [turn for turn in history if turn.speaker != "instruction"]
    if not any(turn.speaker == "callee" for turn in turns):
        return Reply(script.opening or plausible.greeting(language))
    used = _used(turns, script.script)
    chosen = _matching(turns, script.script, used)
    if chosen != _NONE:
        rule = script.script[chosen]
        return Reply(rule.reply or "", rule.call, rule.silent)
    if _ended(turns):
        return Reply()
    if turns[-1].speaker == "model" and (rest := _rest(turns[-1].text, script.script)):
        return Reply(rest)
    played = all(index in used or rule.repeat for index, rule in enumerate(script.script))
    return plausible.reply(turns, language, tools, script.turns if played else None)


def _used(turns: Sequence[Turn], rules: Sequence[Rule]) -> set[int]:
    """The rules that are used up before the last turn."""
    used: set[int] = set()
    for index, turn in enumerate(turns[:-1]):
        if turn.speaker == "model":
            alike = [number for number in range(len(rules)) if number not in used and _said(rules[number], turn)]
            likely = _matching(turns[:index], rules, used)
            used |= {likely} & set(alike) or set(alike[:1])
        elif turn.speaker == "callee" and turns[index + 1].speaker == "callee":
            # Two turns of the callee in a row: the model was silent, or nothing of its answer was heard.
            likely = _matching(turns[: index + 1], rules, used)
            used |= {likely} & {number for number, rule in enumerate(rules) if rule.silent}
    return {number for number in used if not rules[number].repeat}


def _matching(turns: Sequence[Turn], rules: Sequence[Rule], used: set[int]) -> int:
    """Number of the first rule, in the script's order, that is not used up and answers the last turn; or `_NONE`."""
    if not turns or turns[-1].speaker == "model":
        return _NONE
    said = _last_turn(turns)
    free = [
        index
        for index, rule in enumerate(rules)
        if index not in used and (rule.when is None or re.search(rule.when, said, re.IGNORECASE))
    ]
    if turns[-1].speaker == "tool":
        return _after_tool(turns[-1].tool, free, rules)
    return next((index for index in free if rules[index].after_tool is None), _NONE)


def _after_tool(tool: str, free: Sequence[int], rules: Sequence[Rule]) -> int:
    """A rule for this tool, else one without any condition; the latter neither after `end_call` nor in a loop."""
    for index in free:
        if rules[index].after_tool == tool:
            return index
    for index in free:
        rule = rules[index]
        looping = rule.repeat and rule.call is not None
        if rule.after_tool is None and rule.when is None and tool != END_CALL and not looping:
            return index
    return _NONE


def _said(rule: Rule, turn: Turn) -> bool:
    """Whether this turn of the model's, perhaps cut short, is what the rule makes it say."""
    heard, planned = _letters(turn.text), _letters(rule.reply or "")
    if rule.silent or not planned.startswith(heard):
        return False
    if turn.calls:
        return rule.call is not None and turn.calls == (rule.call.tool,)
    return bool(heard)


def _rest(heard: str, rules: Sequence[Rule]) -> str:
    """What is left of the reply that these words begin; nothing where they begin none."""
    words = [_letters(word) for word in heard.split()]
    for rule in rules:
        planned = (rule.reply or "").split()
        if words and [_letters(word) for word in planned[: len(words)]] == words:
            return " ".join(planned[len(words) :])
    return ""


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _last_turn(turns: Sequence[Turn]) -> str:
    """What the callee said since the model last said something, as one text."""
    said: list[str] = []
    for turn in reversed(turns):
        if turn.speaker == "model" and said:
            break
        if turn.speaker == "callee":
            said.append(turn.text)
    return " ".join(reversed(said))


def _ended(turns: Sequence[Turn]) -> bool:
    """The model has called `end_call` and the callee has said nothing since."""
    for turn in reversed(turns):
        if turn.speaker == "callee":
            return False
        if END_CALL in turn.calls:
            return True
    return False
