"""A callee who says nothing, deadline by deadline."""

from dataclasses import replace

import pytest

from agent import events as e
from agent.commands import Announce
from agent.silence import VOICE_LONGEST, WORDS_LAST
from tests.agent.sim import PATIENCE, STATIC, Sim, ending

FIRST, SECOND, LAST = 8.0, 7.0, 6.0
REMINDER = 1.0


@pytest.fixture
def sim() -> Sim:
    """A call after its first sentence, with two reminders to come."""
    made = Sim(replace(STATIC, patience=replace(PATIENCE, silences=(FIRST, SECOND, LAST), wordless=40, limit=500)))
    made.answer(("opening", 3.0), ("reminder", REMINDER))
    made.wait(0.4)
    made.started("opening")
    made.wait(3)
    made.stopped("opening")
    made.take()
    return made


def test_a_silent_callee_is_asked_twice_and_then_given_up(sim: Sim) -> None:
    for silence in (FIRST, SECOND):
        sim.wait(silence - 0.01)
        assert sim.take() == []
        sim.wait(0.01)
        assert sim.take() == [Announce("reminder")]
        sim.remind(REMINDER)
    sim.wait(LAST)
    assert ending(sim.take()) == ("system", "user_inactive", None)


def test_a_word_begins_the_silences_anew(sim: Sim) -> None:
    sim.wait(FIRST)
    sim.remind(REMINDER)
    sim.take()
    sim.callee(True)
    sim.wait(1)
    sim.callee(False)
    sim.heard(backchannel=True)
    sim.wait(FIRST - 0.01)
    assert sim.take() == []
    sim.wait(0.01)
    assert sim.take() == [Announce("reminder")]


def test_a_voice_without_words_puts_the_question_off_for_a_moment_only(sim: Sim) -> None:
    sim.wait(FIRST - 0.5)
    sim.callee(True)
    sim.wait(VOICE_LONGEST - 0.1)
    assert sim.take() == []
    sim.wait(1)
    assert sim.take() == [Announce("reminder")]


def test_whoever_is_in_the_middle_of_a_sentence_is_not_asked(sim: Sim) -> None:
    sim.callee(True)
    sim.clear()
    sim.take()
    sim.talks_on(FIRST + SECOND)
    assert sim.take() == []


def test_a_voice_that_goes_on_after_one_word_is_no_sentence(sim: Sim) -> None:
    sim.callee(True)
    sim.clear()
    sim.take()
    sim.wait(WORDS_LAST + 0.5)
    assert sim.take() == [Announce("reminder")]


def test_without_the_question_at_hand_the_silences_are_waited_out() -> None:
    sim = Sim(replace(STATIC, patience=replace(PATIENCE, silences=(3, 2, 1))))
    sim.talk()
    sim.wait(5.99)
    assert sim.take() == []
    sim.wait(0.01)
    assert ending(sim.take()) == ("system", "user_inactive", None)


def test_noise_that_counts_as_voice_keeps_no_call_open() -> None:
    sim = Sim(replace(STATIC, patience=replace(PATIENCE, silences=(30, 30), wordless=20, limit=500)))
    sim.talk()
    for _ in range(39):
        sim.callee(True)
        sim.wait(0.25)
        sim.callee(False)
        sim.wait(0.25)
    assert sim.take() == []
    sim.wait(0.5)
    assert ending(sim.take()) == ("system", "user_inactive", None)


def test_the_agents_own_long_speech_is_not_counted_against_the_callee() -> None:
    sim = Sim(replace(STATIC, patience=replace(PATIENCE, silences=(30,), wordless=20, limit=500)))
    sim.talk()
    sim.started("reply")
    sim.wait(60)
    assert sim.take() == []
    sim.stopped("reply")
    sim.wait(20)
    assert ending(sim.take()) == ("system", "user_inactive", None)


def test_while_a_tool_runs_nobody_is_asked(sim: Sim) -> None:
    sim.feed(e.TurnTaken(at=sim.now), e.ToolCalled(at=sim.now, id="1", name="look_up", arguments="{}"))
    sim.wait(PATIENCE.reply - 0.01)
    assert Announce("reminder") not in sim.take()
