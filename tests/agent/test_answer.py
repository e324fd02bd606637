"""The answer that is owed, deadline by deadline: a first sentence that is late, an answer that breaks off."""

from dataclasses import replace

import pytest

from agent import events as e
from agent.answer import APOLOGY_AFTER
from agent.commands import Announce, Mute, TryAgain
from tests.agent.sim import OPENING, PATIENCE, STATIC, Sim

WORDS = 2.0
"""Seconds of an apology."""


def unanswered(*, reply: float = 8.0) -> Sim:
    """Somebody has picked up, and the first sentence is not made."""
    sim = Sim(replace(STATIC, patience=replace(PATIENCE, reply=reply, limit=500)))
    sim.answer(("apology", WORDS), ("failure", 3.0), ("reminder", 1.0))
    return sim


def asked() -> Sim:
    """The callee has asked something."""
    sim = Sim(replace(STATIC, patience=replace(PATIENCE, limit=500)))
    sim.answer(("opening", 3.0), ("apology", WORDS), ("failure", 3.0))
    sim.wait(0.4)
    sim.started("opening")
    sim.wait(3)
    sim.stopped("opening")
    sim.feed(e.TurnTaken(at=sim.now))
    sim.take()
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
    sim.started("apology")
    sim.wait(WORDS)
    sim.stopped("apology")
    sim.take()
    sim.wait(0.4 + 8 - APOLOGY_AFTER - WORDS)
    assert sim.take() == [Mute(), Announce("failure")]
    assert sim.state.ending is not None
    assert sim.state.ending.error_message == "no answer could be heard within 8 s of the moment for the first sentence"


def test_nobody_is_asked_whether_they_are_there_before_the_first_sentence() -> None:
    sim = unanswered(reply=40)
    sim.wait(APOLOGY_AFTER)
    sim.started("apology")
    sim.wait(WORDS)
    sim.stopped("apology")
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
    sim.started("reply")
    sim.wait(2)
    sim.stopped("reply")
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
    sim.wait(PATIENCE.reply * 3)
    assert sim.take() == []
