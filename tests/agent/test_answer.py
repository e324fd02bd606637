"""The answer that is owed, deadline by deadline: a first sentence that is late, an answer that breaks off."""

from dataclasses import replace

import pytest

from agent import events as e
from agent.answer import APOLOGY_AFTER
from agent.commands import Admit, Announce, Mute, StopAnnouncement, TryAgain
from agent.opening import GREETING_LONGEST
from agent.silence import LOOK_AGAIN
from agent.state import Timer
from tests.agent.sim import FIXED, OPENING, PATIENCE, STATIC, Sim, asked

WORDS = 2.0
"""Seconds of an apology."""


def unanswered(*, reply: float = 8.0) -> Sim:
    """Somebody has picked up, and the first sentence is not made."""
    sim = Sim(replace(STATIC, patience=replace(PATIENCE, reply=reply, limit=500)))
    sim.answer(("apology", WORDS), ("failure", 3.0), ("reminder", 1.0))
    return sim


def failed(sim: Sim, *, begun: bool) -> None:
    sim.feed(e.ReplyFailed(at=sim.now, message="the model", begun=begun))


def test_a_first_sentence_that_is_late_is_apologised_for_and_said_after_it() -> None:
    sim = unanswered()
    sim.wait(APOLOGY_AFTER)
    assert sim.take() == [Announce("apology")]
    sim.started("apology")
    sim.feed(e.Rendered(at=sim.now, kind="opening", seconds=3.0))
    assert sim.take() == []
    sim.wait(WORDS)
    sim.stopped("apology")
    assert sim.take() == [OPENING]


def test_one_that_is_made_in_time_is_said_without_a_word_about_it() -> None:
    sim = unanswered()
    sim.wait(APOLOGY_AFTER - 0.1)
    sim.feed(e.Rendered(at=sim.now, kind="opening", seconds=3.0))
    assert sim.take() == [OPENING]
    sim.started("opening")
    sim.wait(20)
    assert Announce("apology") not in sim.take()


def test_one_that_is_never_made_ends_the_call() -> None:
    sim = unanswered(reply=8)
    sim.wait(APOLOGY_AFTER)
    sim.says("apology", WORDS)
    sim.take()
    sim.wait(0.4 + 8 - APOLOGY_AFTER - WORDS)
    assert sim.take() == [Mute(), Announce("failure")]
    assert sim.state.ending is not None
    assert sim.state.ending.error_message == "no answer could be heard within 8 s of the moment for the first sentence"


def test_nobody_is_asked_whether_they_are_there_before_the_first_sentence() -> None:
    sim = unanswered(reply=40)
    sim.wait(APOLOGY_AFTER)
    sim.says("apology", WORDS)
    sim.wait(25)
    assert Announce("reminder") not in sim.take()


@pytest.mark.parametrize("heard_already", [True, False])
def test_an_answer_that_breaks_off_is_heard_as_far_as_it_goes_and_then_gone_on_with(heard_already: bool) -> None:
    sim = asked()
    if heard_already:
        sim.started("reply")
    failed(sim, begun=True)
    assert sim.take() == [TryAgain(go_on=True)]
    if not heard_already:
        sim.started("reply")
    sim.wait(2)
    sim.stopped("reply")
    sim.says("reply", 2)
    assert sim.take() == []


def test_one_that_breaks_off_twice_ends_the_call() -> None:
    sim = asked()
    for _ in range(2):
        sim.started("reply")
        failed(sim, begun=True)
        sim.wait(1)
        sim.stopped("reply")
    assert sim.take() == [TryAgain(go_on=True), Mute(), Announce("failure")]


def test_one_that_was_gone_on_with_makes_up_for_it() -> None:
    sim = asked()
    for _ in range(3):
        sim.started("reply")
        failed(sim, begun=True)
        sim.stopped("reply")
        sim.started("reply")
        sim.stopped("reply")
    assert sim.take() == [TryAgain(go_on=True)] * 3


def test_a_long_beginning_is_not_taken_for_an_answer_that_never_comes() -> None:
    sim = asked()
    sim.started("reply")
    failed(sim, begun=True)
    sim.take()
    sim.wait(PATIENCE.reply * 3 - 0.1)
    sim.stopped("reply")
    sim.wait(1)
    assert sim.take() == []


@pytest.mark.parametrize("heard_already", [True, False])
def test_the_rest_of_one_that_broke_off_is_waited_for_as_an_answer_is(heard_already: bool) -> None:
    sim = asked()
    if heard_already:
        sim.started("reply")
    failed(sim, begun=True)
    if not heard_already:
        sim.started("reply")
    sim.wait(2)
    sim.stopped("reply")
    sim.take()
    sim.wait(APOLOGY_AFTER)
    assert Announce("apology") in sim.take()
    sim.wait(PATIENCE.reply - APOLOGY_AFTER)
    assert sim.take() == [Mute(), Announce("failure")]


def test_of_one_that_the_callee_has_cut_off_nothing_is_owed() -> None:
    sim = asked()
    sim.started("reply")
    failed(sim, begun=True)
    sim.stopped("reply", cut=True)
    sim.take()
    sim.wait(PATIENCE.silences[0] - 0.1)
    assert sim.take() == []


def test_a_silence_of_the_agents_is_not_the_callees() -> None:
    sim = asked(replace(PATIENCE, reply=40, silences=(8, 8, 6)))
    sim.wait(APOLOGY_AFTER)
    sim.says("apology", WORDS)
    sim.take()
    sim.wait(30)
    assert sim.take() == []


def test_a_tool_at_work_is_not_the_callees_silence_either() -> None:
    sim = asked(replace(PATIENCE, silences=(3, 3, 3)))
    sim.feed(e.ToolCalled(at=sim.now, id="1", name="look_up", arguments="{}"))
    sim.says("reply", 1)
    sim.wait(4)
    assert sim.take() == []


def test_a_tool_of_an_answer_that_the_callee_cut_off_keeps_nobody_from_being_asked() -> None:
    sim = asked(replace(PATIENCE, silences=(3, 3, 3)), (*FIXED, ("reminder", 1.0)))
    sim.feed(e.ToolCalled(at=sim.now, id="1", name="look_up", arguments="{}"))
    sim.started("reply")
    sim.stopped("reply", cut=True)
    sim.take()
    sim.wait(3)
    assert sim.take() == [Announce("reminder")]


def test_an_answer_that_fails_after_it_called_a_tool_is_the_answer_to_its_result() -> None:
    sim = asked()
    sim.feed(e.ToolCalled(at=sim.now, id="1", name="look_up", arguments="{}"))
    failed(sim, begun=False)
    assert sim.take() == []
    sim.feed(e.ToolReturned(at=sim.now, id="1", name="look_up", output="", is_error=False))
    failed(sim, begun=False)
    assert sim.take() == [Mute(), Announce("failure")]


def test_an_apology_that_is_not_made_yet_is_said_when_it_is() -> None:
    sim = asked(replace(PATIENCE, reply=12), (("opening", 3.0), ("failure", 3.0)))
    sim.wait(APOLOGY_AFTER)
    assert Announce("apology") not in sim.take()
    sim.feed(e.Rendered(at=sim.now, kind="apology", seconds=WORDS))
    sim.wait(LOOK_AGAIN)
    assert sim.take() == [Announce("apology"), TryAgain(if_idle=True)]


def test_one_that_cannot_be_made_is_not_waited_for() -> None:
    sim = asked(rendered=(("opening", 3.0), ("failure", 3.0)))
    sim.feed(e.Unrendered(at=sim.now, kind="apology"))
    sim.wait(APOLOGY_AFTER)
    assert Timer.APOLOGY not in sim.state.timers


def test_nobody_is_talked_over_with_an_apology() -> None:
    sim = asked()
    sim.callee(True)
    sim.clear()
    failed(sim, begun=False)
    assert sim.take() == [Admit(), TryAgain()]
    sim.callee(False)
    sim.wait(LOOK_AGAIN)
    assert Announce("apology") in sim.take()


def test_a_noise_from_the_first_moments_on_does_not_keep_the_first_sentence_back_for_ever() -> None:
    sim = Sim(replace(STATIC, patience=replace(PATIENCE, silences=(8, 8, 6), limit=500)))
    sim.answer(("opening", 3.0), ("reminder", 1.0))
    sim.wait(0.4)
    sim.started("opening")
    sim.callee(True)
    sim.audible()
    sim.wait(0.3)
    sim.stopped("opening", cut=True)
    assert [type(command) for command in sim.take()] == [Announce, StopAnnouncement]
    sim.wait(GREETING_LONGEST)
    assert sim.take() == [OPENING]


def test_nor_does_one_that_is_made_late() -> None:
    sim = unanswered(reply=40)
    sim.callee(True)
    sim.wait(GREETING_LONGEST + 1)
    sim.take()
    sim.started("apology")
    sim.stopped("apology")
    sim.feed(e.Rendered(at=sim.now, kind="opening", seconds=3.0))
    assert sim.take() == [OPENING]
