import pytest
import yaml

from agent.console.linefile import NothingSaid, line_file
from agent.console.record import Entry, Keys, Record, Spoken, Typed, Used
from agent.rehearsal.script import LineScript
from agent.rehearsal.shipped import parse_line


def saved(*entries: Entry, ended: bool = False) -> LineScript:
    return parse_line(yaml.safe_load(line_file(Record(list(entries), ended), "en")))


def callee(script: LineScript) -> list[dict[str, object]]:
    return [step.model_dump(exclude_none=True) for step in script.callee]


OPENING = Spoken("Hello, this is Emma.", "opening")


def test_the_callee_says_what_was_typed_when_the_agent_stops() -> None:
    script = saved(OPENING, Typed("Hello?"), Spoken("Who is this?"), Typed("It is me."), Spoken("Bye."), ended=True)
    assert callee(script) == [
        {"after": "agent-stops", "say": {"*": "Hello?"}},
        {"after": "agent-stops", "say": {"*": "It is me."}},
    ]
    assert [rule.reply.text("en") for rule in script.model.script if rule.reply] == ["Who is this?", "Bye."]
    assert script.model.opening is None


def test_who_speaks_first_and_leaves_does_so_on_the_line() -> None:
    script = saved(Typed("Hello?"), Spoken("Yes?"))
    assert callee(script) == [{"say": {"*": "Hello?"}}, {"after": "agent-stops", "hang_up": True}]


def test_nobody_waits_for_an_agent_that_says_nothing() -> None:
    script = saved(OPENING, Typed("Hello?"), Typed("Anyone?"), Keys("12#"), Spoken("Put.", "put"), Typed("Hm."))
    triggers = [(step.after, step.wait) for step in script.callee]
    assert triggers == [
        ("agent-stops", None),
        ("previous", 2.0),
        ("previous", 2.0),
        ("previous", 2.0),
        ("previous", 2.0),
    ]


def test_an_interruption_is_one() -> None:
    script = saved(OPENING, Typed("Count."), Spoken("One two", cut=True), Typed("Stop it.", interrupts=True))
    assert [str(step.after) for step in script.callee][:2] == ["agent-stops", "agent-starts"]


def test_tools_are_called_again() -> None:
    script = saved(
        Spoken("Hello.", "generated"),
        Typed("Book it."),
        Spoken("One moment."),
        Used("find", '{"day": "2026-03-09"}', "{}", False),
        Used("book", "not json", "{}", True),
        Spoken("Done."),
        Typed("Bye."),
        Used("end_call", "{}", "", False),
        Spoken("Goodbye!", "goodbye"),
        ended=True,
    )
    assert script.model.opening is not None and script.model.opening.text("en") == "Hello."
    rules = [rule.model_dump(exclude_none=True, exclude_defaults=True) for rule in script.model.script]
    assert rules == [
        {"reply": {"*": "One moment."}, "call": {"tool": "find", "arguments": {"day": "2026-03-09"}}},
        {"after_tool": "find", "call": {"tool": "book"}},
        {"after_tool": "book", "reply": {"*": "Done."}},
        {"call": {"tool": "end_call"}},
    ]


@pytest.mark.parametrize(
    "text", ["yes", "12", "null", "- a: b", "and / or", "<beep>", "a /0.4/ b", "#", '"', "Ünïcode 你好", "/"]
)
def test_whatever_is_typed_is_said(text: str) -> None:
    [step, *_] = saved(Typed(text)).callee
    assert step.say is not None and not {"/", "//", "<beep>", "/0.4/"} & set(step.say.text("en").split())


def test_nothing_said_is_nothing_to_save() -> None:
    with pytest.raises(NothingSaid):
        saved(OPENING)
