"""When the thinking sound is heard, event by event."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from agent import events as e
from agent.thinking import BRIEF, Thinking

TURN = e.TurnTaken(at=0)
BEGUN, STARTED, STOPPED = "begun", "started", "stopped"


def reply(what: str, name: str = "a1", kind: e.SpeechKind = "reply") -> e.Event:
    match what:
        case "begun":
            return e.ReplyBegun(at=0, id=name)
        case "started":
            return e.AgentStarted(at=0, id=name, kind=kind, sample=0)
        case _:
            return e.AgentStopped(at=0, id=name, kind=kind, text="", cut=False, start=0, stop=1)


def called(name: str = "look_up", use: str = "t1") -> e.Event:
    return e.ToolCalled(at=0, id=use, name=name, arguments="{}")


def returned(use: str = "t1") -> e.Event:
    return e.ToolReturned(at=0, id=use, name="look_up", output="", is_error=False)


def callee(length: int) -> tuple[e.Event, e.Event]:
    return e.CalleeStarted(at=0, sample=1000), e.CalleeStopped(at=0, sample=1000 + length)


def heard(*events: e.Event, probability: float = 1.0, draw: Callable[[], float] = lambda: 0.5) -> list[bool]:
    """Whether the sound was there after each event."""
    thinking = Thinking(probability, draw)
    return [_after(thinking, event) for event in events]


def _after(thinking: Thinking, event: e.Event) -> bool:
    thinking.take(event)
    return thinking.audible


def test_it_is_heard_from_the_turn_to_the_first_sample_of_the_reply() -> None:
    assert heard(TURN, reply(BEGUN), reply(STARTED), reply(STOPPED)) == [True, True, False, False]


def test_a_reply_that_was_begun_before_the_turn_was_taken_is_its_answer() -> None:
    assert heard(reply(BEGUN), TURN, reply(STARTED), reply(STOPPED)) == [False, True, False, False]


def test_it_goes_on_after_words_that_are_said_before_a_tool_is_used() -> None:
    talk = (TURN, reply(BEGUN), reply(STARTED), called(), reply(STOPPED), returned())
    assert heard(*talk) == [True, True, False, False, True, True]
    assert heard(*talk, reply(BEGUN, "a2"), reply(STARTED, "a2"), reply(STOPPED, "a2"))[-3:] == [True, False, False]


def test_words_that_are_heard_only_after_the_tool_returned_are_not_the_answer() -> None:
    talk = (TURN, reply(BEGUN), called(), returned(), reply(BEGUN, "a2"), reply(STARTED), reply(STOPPED))
    assert heard(*talk)[-2:] == [False, True]
    assert heard(*talk, reply(STARTED, "a2"), reply(STOPPED, "a2"))[-2:] == [False, False]


def test_it_is_heard_while_a_tool_runs_although_nothing_was_said() -> None:
    assert heard(TURN, called(), returned(), reply(BEGUN), reply(STARTED), reply(STOPPED)) == [True] * 4 + [False] * 2


def test_it_waits_for_the_last_of_several_tools() -> None:
    talk = (TURN, reply(BEGUN), called(use="t1"), called(use="t2"), reply(STARTED), reply(STOPPED), returned("t2"))
    assert heard(*talk, returned("t1"))[-3:] == [True, True, True]


def test_a_reply_that_nobody_saw_begin_is_an_answer() -> None:
    assert heard(TURN, called(), returned(), reply(STARTED), reply(STOPPED))[-2:] == [False, False]


def test_a_tool_of_an_earlier_turn_owes_nothing() -> None:
    assert heard(TURN, called(), TURN, reply(STARTED), reply(STOPPED), returned())[-3:] == [False, False, False]


def test_the_end_of_the_call_is_not_thought_about() -> None:
    assert heard(TURN, called("end_call"), returned()) == [True, False, False]
    assert heard(TURN, reply(BEGUN), called("end_call"), reply(STARTED), reply(STOPPED))[-3:] == [False, False, False]


def test_it_stops_for_the_callee() -> None:
    started, stopped = callee(2 * BRIEF)
    assert heard(TURN, started, stopped, TURN) == [True, False, False, True]
    assert heard(TURN, called(), started, stopped, returned())[-3:] == [False, False, False]


def test_it_goes_on_after_a_cough() -> None:
    started, stopped = callee(BRIEF)
    assert heard(TURN, started, stopped) == [True, False, True]


def test_a_turn_that_is_taken_before_the_callee_is_known_to_be_silent_is_answered_once_they_are() -> None:
    started, stopped = callee(10 * BRIEF)
    assert heard(started, TURN, stopped, reply(STARTED)) == [False, False, True, False]


def test_a_fixed_sentence_is_not_the_answer() -> None:
    talk = (TURN, reply(STARTED, "x", "opening"), reply(STOPPED, "x", "opening"))
    assert heard(*talk, reply(STARTED)) == [True, False, True, False]


def test_what_comes_before_the_first_turn_is_no_thinking() -> None:
    assert not any(heard(reply(STARTED, "o", "opening"), reply(STOPPED, "o", "opening"), *callee(5000)))


def numbers(*values: float) -> Callable[[], float]:
    drawn: Iterator[float] = iter(values)
    return lambda: next(drawn)


def test_each_turn_has_one_draw_which_holds_until_the_next() -> None:
    talk = (TURN, reply(BEGUN), reply(STARTED), called(), reply(STOPPED), returned(), reply(BEGUN, "a2"))
    answered = (reply(STARTED, "a2"), reply(STOPPED, "a2"))
    again = callee(10 * BRIEF)
    told = heard(
        *talk, *answered, *again, *talk, *answered, *again, TURN, probability=0.5, draw=numbers(0.49, 0.5, 0.0)
    )
    assert told[:9] == [True, True, False, False, True, True, True, False, False]
    assert not any(told[9:-1])
    assert told[-1]


def test_a_model_that_tells_of_its_turn_again_after_a_tool_is_not_drawn_for_again() -> None:
    talk = (TURN, called(), returned(), TURN, reply(BEGUN), reply(STARTED), reply(STOPPED))
    told = heard(*talk, *callee(10 * BRIEF), TURN, probability=0.5, draw=numbers(0.0, 0.9))
    assert told == [True] * 5 + [False] * 5


@pytest.mark.parametrize(("probability", "turns"), [(0.0, 0), (1.0, 100), (0.25, 25)])
def test_the_probability_is_that_of_a_turn(probability: float, turns: int) -> None:
    steps = count()
    told = heard(
        *(event for _ in range(100) for event in (TURN, reply(STARTED), reply(STOPPED))),
        probability=probability,
        draw=lambda: next(steps) / 100,
    )
    assert sum(told) == turns
