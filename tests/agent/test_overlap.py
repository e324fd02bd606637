"""Barge-in, event by event: what becomes of the callee's voice over the agent's."""

import pytest

from agent.commands import Admit, Dismiss, Duck, Hold, StopAnnouncement
from agent.overlap import ANSWER, DOUBT, HELD_LONGEST, YIELD
from tests.agent.sim import Sim


@pytest.fixture
def sim() -> Sim:
    """A call in which the agent is saying something."""
    made = Sim()
    made.talk()
    made.started("reply")
    made.take()
    return made


def test_a_sound_that_is_no_voice_changes_nothing(sim: Sim) -> None:
    sim.callee(True)
    assert sim.take() == []
    sim.callee(False)
    sim.wait(DOUBT)
    assert sim.take() == [Duck(False), Dismiss(), Hold(False), Duck(False)]


def test_a_voice_ducks_the_agent_and_length_alone_holds_it(sim: Sim) -> None:
    sim.callee(True)
    sim.audible()
    assert sim.take() == [Duck(True)]
    sim.clear(words=False)
    assert sim.take() == [Duck(True), Hold(True)]
    sim.clear(words=False)
    assert sim.take() == []


def test_a_voice_that_was_no_word_lets_the_agent_go_on_where_it_stopped(sim: Sim) -> None:
    sim.callee(True)
    sim.clear(words=False)
    sim.take()
    sim.callee(False)
    sim.wait(DOUBT - 0.01)
    assert sim.take() == []
    sim.wait(0.01)
    assert sim.take() == [Dismiss(), Hold(False), Duck(False)]


def test_a_voice_that_never_becomes_a_word_does_not_hold_the_agent_for_good(sim: Sim) -> None:
    sim.callee(True)
    sim.clear(words=False)
    sim.take()
    sim.wait(HELD_LONGEST - 0.01)
    assert sim.take() == []
    sim.wait(0.01)
    assert sim.take() == [Dismiss(), Hold(False), Duck(False)]


def test_a_word_is_a_turn_at_once_and_the_agent_is_held_until_it_was_stopped(sim: Sim) -> None:
    sim.callee(True)
    sim.clear()
    assert sim.take() == [Duck(True), Hold(True), Admit()]
    sim.stopped("reply", cut=True)
    assert sim.take() == [Hold(False), Duck(False)]


def test_final_words_without_interim_ones_are_a_turn_as_well(sim: Sim) -> None:
    sim.callee(True)
    sim.callee(False)
    sim.take()
    sim.heard()
    assert sim.take() == [Duck(True), Hold(True), Admit()]


def test_an_agent_that_nobody_stops_after_all_is_heard_again(sim: Sim) -> None:
    sim.callee(True)
    sim.clear()
    sim.take()
    sim.wait(YIELD)
    assert sim.take() == [Dismiss(), Hold(False), Duck(False)]


@pytest.mark.parametrize("held", [True, False])
def test_a_backchannel_is_no_turn(sim: Sim, held: bool) -> None:
    sim.callee(True)
    if held:
        sim.clear(words=False)
    sim.take()
    sim.heard(backchannel=True)
    assert sim.take() == [Hold(False)]
    sim.callee(False)
    sim.wait(DOUBT)
    assert sim.take() == [Duck(False), Dismiss(), Hold(False), Duck(False)]


def test_a_backchannel_with_more_behind_it_is_a_turn(sim: Sim) -> None:
    sim.callee(True)
    sim.heard(backchannel=True)
    sim.take()
    sim.clear()
    assert sim.take() == [Duck(True), Hold(True), Admit()]


def test_two_voices_shortly_after_each_other_are_judged_as_one(sim: Sim) -> None:
    sim.callee(True)
    sim.callee(False)
    sim.wait(DOUBT / 2)
    sim.callee(True)
    sim.take()
    sim.wait(DOUBT)
    assert sim.take() == []
    sim.clear()
    assert sim.take() == [Duck(True), Hold(True), Admit()]


def test_a_backchannel_right_before_the_agent_ends_was_the_answer(sim: Sim) -> None:
    sim.callee(True)
    sim.heard(backchannel=True)
    sim.callee(False)
    sim.wait(ANSWER / 2)
    sim.take()
    sim.stopped("reply")
    assert sim.take() == [Admit(), Hold(False), Duck(False)]


def test_whoever_still_speaks_when_the_agent_ends_is_listened_to_from_the_beginning(sim: Sim) -> None:
    sim.callee(True)
    sim.wait(0.3)
    sim.take()
    sim.stopped("reply")
    assert sim.take() == [Admit(), Hold(False), Duck(False)]


def test_a_reminder_stops_for_a_word() -> None:
    sim = Sim()
    sim.answer(("opening", 3.0), ("reminder", 1.0))
    sim.wait(0.4)
    sim.started("opening")
    sim.wait(3)
    sim.stopped("opening")
    sim.take()
    sim.remind()
    sim.callee(True)
    sim.clear()
    assert sim.take() == [Admit(), StopAnnouncement(withdrawn=False), Hold(False), Duck(False)]


def test_a_voice_beside_a_silent_agent_is_held_up_by_nothing() -> None:
    sim = Sim()
    sim.talk()
    sim.callee(True)
    sim.audible()
    assert sim.take() == []
    sim.clear()
    assert sim.take() == [Admit()]
