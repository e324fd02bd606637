"""The live view: what a reader of the terminal sees."""

from collections.abc import Sequence
from io import StringIO

import pytest
from rich.console import Console

from agent import events as e
from agent.view import View
from tests.agent.recorded import CALL, PICKED_UP, agent, at, callee


def shown(events: Sequence[e.Event], *, terminal: bool = False) -> str:
    """What is printed for the events."""
    out = StringIO()
    console = Console(file=out, width=60, force_terminal=terminal, highlight=False, color_system=None)
    with View(console) as view:
        for event in events:
            view.show(event)
    return out.getvalue()


def lines(events: Sequence[e.Event]) -> list[str]:
    return [" ".join(line.split()) for line in shown(events).splitlines()]


def test_a_call_is_shown_line_by_line() -> None:
    assert lines(CALL) == [
        "--.- plan gpt-4.1, cartesia/sonic-3, deepgram/nova-3, fr",
        "--.- warning thinking_sound: not due yet",
        "--.- call dialling",
        "--.- call ringing",
        "00:00.0 call answered",
        "00:00.8 callee Allô ?",
        "00:01.4 agent Hello, this —",
        "00:04.0 agent Hello, this is Emma.",
        "00:06.3 callee Is Monday free?",
        "00:06.8 tool slots …",
        "00:06.9 tool slots returned",
        "00:08.0 agent Nine is — (1000 ms)",
        "00:09.3 callee Fine, bye.",
        "00:09.8 tool end_call …",
        "00:11.0 agent Goodbye.",
        "00:11.0 warning the recording is incomplete",
        "00:11.2 call ended by agent: tool_end_call",
    ]


def test_only_the_first_sound_of_a_reply_shows_how_long_it_took() -> None:
    events = (
        *PICKED_UP,
        *callee(1, 2, "Hi."),
        *agent("a1", "reply", 2.5, 3, "One"),
        *agent("a2", "reply", 4, 5, "Two"),
    )
    assert lines(events)[-2:] == ["00:03.0 agent One (500 ms)", "00:05.0 agent Two"]


def test_a_failure_shows_its_reason() -> None:
    events = (*PICKED_UP, e.Ended(at=at(1), ended_by="system", end_reason=None, error_code="x", error_message="broke"))
    assert lines(events)[-2:] == ["00:01.0 call ended by system: x", "00:01.0 error broke"]


def test_a_tool_that_failed_is_shown_as_such_without_what_it_returned() -> None:
    returned = e.ToolReturned(at=at(1), id="t1", name="slots", output="secret", is_error=True)
    assert lines([*PICKED_UP, returned])[-1] == "00:01.0 tool slots failed"


def test_markup_in_what_is_said_is_text() -> None:
    assert lines([*PICKED_UP, e.CalleeHeard(at=at(1), text="[bold red]no[/] [link=x]")])[-1].endswith(
        "[bold red]no[/] [link=x]"
    )


def test_what_is_said_cannot_steer_the_terminal() -> None:
    hostile = "a\x1b[2J\x1b]0;x\x07b\nc\r\u202ed\u00a0!"
    printed = lines([*PICKED_UP, e.CalleeHeard(at=at(1), text=hostile)])
    assert len(printed) == len(lines(PICKED_UP)) + 1
    assert all(letter.isprintable() for letter in printed[-1])
    assert printed[-1].startswith("00:01.0 callee a")


def test_long_calls_and_times_before_the_answer_are_clocked() -> None:
    spoken = [e.CalleeHeard(at=at(seconds), text="x") for seconds in (-0.3, 59.9, 60.0, 754.2)]
    assert [line.split()[0] for line in lines([*PICKED_UP, *spoken])[-4:]] == [
        "00:00.0",
        "00:59.9",
        "01:00.0",
        "12:34.2",
    ]


def test_elsewhere_than_on_a_terminal_there_are_only_the_lines() -> None:
    assert "\x1b" not in shown(CALL)
    assert "speaking" not in shown(CALL)


def test_on_a_terminal_a_status_line_says_who_speaks() -> None:
    started, (spoke, stopped) = e.CalleeStarted(at=at(1), sample=1), agent("a1", "reply", 2, 3, "Yes?")
    assert "ringing · nobody speaking" in shown(PICKED_UP[:-1], terminal=True)
    assert "answered · callee speaking" in shown([*PICKED_UP, started], terminal=True)
    assert "answered · agent and callee speaking" in shown([*PICKED_UP, started, spoke], terminal=True)
    assert "answered · callee speaking" in shown([*PICKED_UP, started, spoke, stopped], terminal=True)


def test_nobody_speaks_any_more_once_the_call_is_over() -> None:
    out = shown(CALL, terminal=True)
    assert "ended by agent: tool_end_call · nobody speaking" in out
    assert "tool_end_call · callee" not in out


@pytest.mark.parametrize("terminal", [True, False])
def test_every_prefix_of_a_call_can_be_shown(terminal: bool) -> None:
    for length in range(len(CALL) + 1):
        shown(CALL[:length], terminal=terminal)
