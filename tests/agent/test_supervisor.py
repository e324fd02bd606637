"""The supervisor, event by event, with time as an argument."""

from dataclasses import replace

import pytest

from agent import events as e
from agent.answer import APOLOGY_AFTER, SOON
from agent.commands import Admit, Announce, Command, Duck, HangUp, Hold, Listen, Mute, StopAnnouncement, TryAgain
from agent.opening import CLEAR, GREETING_GAP, GREETING_LONGEST, LEAD, RESTARTS, SETTLED
from agent.phases import MOVES, Phase
from agent.silence import LOOK_AGAIN
from agent.state import State, Timer
from agent.supervisor import LIMIT_MARGIN, LIMIT_SLACK, RENDERING_LONGEST, TAIL, step
from audio.mixer import WORD_LONGEST
from tests.agent.sim import OPENING, PATIENCE, STATIC, Sim, asked, ending


def test_the_table_of_moves_covers_every_phase() -> None:
    assert set(MOVES) == set(Phase)
    assert all(Phase.OVER in MOVES[phase] for phase in Phase if phase is not Phase.OVER)


def test_a_move_that_the_table_does_not_allow_is_refused() -> None:
    with pytest.raises(ValueError, match="no move from preparing to talking"):
        State(STATIC).moved(Phase.TALKING)


def test_the_first_sentence_begins_at_its_delay_and_not_before() -> None:
    sim = Sim()
    sim.answer()
    sim.wait(0.4 - LEAD - 0.01)
    assert sim.take() == []
    sim.wait(0.01)
    assert sim.take() == [OPENING]


def test_without_a_delay_the_first_sentence_begins_with_the_answer() -> None:
    sim = Sim(replace(STATIC, delay=0.0))
    sim.answer()
    assert sim.take() == [Announce("opening", sim.now)]


def test_a_first_sentence_that_is_rendered_late_begins_at_once() -> None:
    sim = Sim()
    sim.answer(("goodbye", 2.0))
    sim.wait(2)
    assert sim.take() == []
    sim.feed(e.Rendered(at=sim.now, kind="opening", seconds=3))
    assert sim.take() == [OPENING]


def test_the_first_sentence_waits_for_a_greeting() -> None:
    sim = Sim()
    sim.answer()
    sim.wait(0.2)
    sim.callee(True)
    sim.wait(1)
    assert sim.take() == []
    sim.callee(False)
    sim.wait(GREETING_GAP)
    assert sim.take() == [OPENING]


def test_a_greeting_before_the_delay_does_not_make_the_first_sentence_early() -> None:
    sim = Sim(replace(STATIC, delay=2.0))
    sim.answer()
    sim.callee(True)
    sim.wait(0.5)
    sim.callee(False)
    sim.wait(1.4)
    assert sim.take() == []
    sim.wait(0.1)
    assert sim.take() == [Announce("opening", 102.0)]


def test_a_callee_who_begins_in_its_first_moments_makes_the_first_sentence_start_again() -> None:
    sim = Sim()
    sim.answer()
    sim.wait(0.4)
    sim.started("opening")
    sim.wait(SETTLED - 0.1)
    sim.callee(True)
    sim.audible()
    sim.take()
    sim.wait(CLEAR)
    assert sim.take() == [StopAnnouncement(withdrawn=True)]
    sim.stopped("opening", cut=True)
    sim.callee(False)
    sim.wait(GREETING_GAP)
    assert sim.take() == [OPENING]


def test_a_cough_does_not_stop_the_first_sentence() -> None:
    sim = Sim()
    sim.answer()
    sim.wait(0.4)
    sim.started("opening")
    sim.wait(1)
    sim.callee(True)
    sim.wait(CLEAR / 2)
    sim.callee(False)
    sim.take()
    sim.wait(SETTLED)
    assert sim.take() == [Listen()]
    assert sim.state.phase is Phase.TALKING


def test_the_first_sentence_starts_again_only_so_often() -> None:
    sim = Sim()
    sim.answer()
    sim.wait(0.4)
    last: list[Command] = []
    for _ in range(RESTARTS + 1):
        sim.started("opening")
        sim.take()
        sim.callee(True)
        sim.audible()
        sim.wait(CLEAR)
        last = sim.take()
        sim.stopped("opening", cut=True)
        sim.callee(False)
        sim.wait(GREETING_GAP)
    assert last == [StopAnnouncement(withdrawn=False), Listen(current=True)]


def test_a_callee_who_does_not_stop_talking_is_spoken_to_anyway() -> None:
    sim = Sim()
    sim.answer()
    sim.callee(True)
    sim.wait(GREETING_LONGEST)
    assert sim.take() == [OPENING]


def test_without_a_first_sentence_the_callee_is_listened_to_from_the_answer() -> None:
    sim = Sim(replace(STATIC, opening="none"))
    sim.answer()
    assert sim.take() == [Listen()]


def test_speech_over_a_settled_first_sentence_stops_it_for_good() -> None:
    sim = Sim()
    sim.answer()
    sim.wait(0.4)
    sim.started("opening")
    sim.wait(SETTLED)
    sim.take()
    sim.callee(True)
    assert sim.take() == []
    sim.clear()
    assert sim.take() == [Admit(), StopAnnouncement(withdrawn=False), Hold(False), Duck(False)]


def test_the_goodbye_is_said_and_its_last_sample_heard_before_the_hang_up() -> None:
    sim = Sim()
    sim.talk()
    sim.feed(e.GoodbyeAsked(at=sim.now))
    assert sim.take() == [Mute(), Announce("goodbye")]
    sim.started("goodbye")
    sim.wait(2)
    assert sim.take() == []
    sim.stopped("goodbye")
    sim.wait(TAIL)
    assert ending(sim.take()) == ("agent", "tool_end_call", None)


def test_fifty_goodbyes_end_the_call_once() -> None:
    sim = Sim()
    sim.talk()
    for _ in range(50):
        sim.feed(e.GoodbyeAsked(at=sim.now))
    assert sim.take() == [Mute(), Announce("goodbye")]


def test_a_callee_who_talks_over_the_goodbye_changes_nothing() -> None:
    sim = Sim()
    sim.talk()
    sim.feed(e.GoodbyeAsked(at=sim.now))
    sim.started("goodbye")
    sim.take()
    sim.callee(True)
    sim.feed(e.CalleeHeard(at=sim.now, text="wait"))
    sim.wait(1)
    assert sim.take() == []


def test_without_a_goodbye_the_line_is_freed_at_once() -> None:
    sim = Sim(replace(STATIC, goodbye=False))
    sim.talk()
    sim.feed(e.GoodbyeAsked(at=sim.now))
    sim.wait(TAIL)
    assert ending(sim.take()) == ("agent", "tool_end_call", None)


def test_the_message_about_the_limit_is_over_before_the_limit() -> None:
    sim = Sim()
    sim.answer(("opening", 3.0), ("limit", 4.0))
    answered = sim.now
    sim.wait(0.4)
    sim.started("opening")
    sim.wait(3)
    sim.stopped("opening")
    sim.callee(True)
    sim.clear()
    sim.take()
    sim.talks_on(answered + 60 - LIMIT_MARGIN - WORD_LONGEST - 4.0 - sim.now - 1)
    sim.take()
    sim.wait(1)
    assert sim.take() == [Mute(), Announce("limit")]
    sim.started("limit")
    sim.wait(4.0)
    sim.stopped("limit")
    sim.wait(TAIL)
    assert ending(sim.take()) == ("system", "max_duration", None)
    assert answered + 59 <= sim.now <= answered + 60


def test_without_a_message_the_limit_ends_the_call_silently() -> None:
    sim = Sim()
    sim.talk()
    sim.callee(True)
    sim.clear()
    sim.talks_on(60)
    assert ending(sim.take()) == ("system", "max_duration", None)


def test_a_limit_shorter_than_its_message_cuts_the_message() -> None:
    sim = Sim(replace(STATIC, patience=replace(PATIENCE, limit=3)))
    sim.answer(("opening", 3.0), ("limit", 5.0))
    sim.wait(0)
    assert sim.take() == [Mute(), Announce("limit")]
    sim.started("limit")
    sim.wait(3 - LIMIT_SLACK)
    assert ending(sim.take()) == ("system", "max_duration", None)


def test_a_silent_callee_ends_the_call() -> None:
    sim = Sim()
    sim.talk()
    sim.wait(PATIENCE.silences[0] - 0.01)
    assert sim.take() == []
    sim.wait(0.01)
    assert ending(sim.take()) == ("system", "user_inactive", None)


def test_a_callee_of_whom_nothing_comes_at_all_is_not_called_inactive() -> None:
    gone, returned = Sim(), Sim()
    for sim in (gone, returned):
        sim.talk()
        sim.feed(e.CalleeFaded(at=sim.now))
    returned.feed(e.CalleeReturned(at=returned.now))
    for sim, reason in ((gone, "connection_timeout"), (returned, "user_inactive")):
        sim.wait(PATIENCE.silences[0])
        assert ending(sim.take()) == ("system", reason, None)


def test_time_spent_on_a_reply_is_not_silence() -> None:
    sim = Sim(replace(STATIC, patience=replace(PATIENCE, reply=30)))
    sim.talk()
    sim.feed(e.TurnTaken(at=sim.now))
    sim.wait(PATIENCE.silences[0] + 5)
    assert sim.take() == []


def test_a_late_answer_is_apologised_for_once_and_then_given_up_with_a_word_about_it() -> None:
    sim = asked(replace(PATIENCE, reply=12))
    sim.wait(APOLOGY_AFTER)
    assert sim.take() == [Announce("apology"), TryAgain(if_idle=True)]
    sim.started("apology")
    sim.wait(2)
    sim.stopped("apology")
    sim.wait(12 - APOLOGY_AFTER - 2.01)
    assert sim.take() == []
    sim.wait(0.01)
    assert sim.take() == [Mute(), Announce("failure")]
    sim.started("failure")
    sim.wait(3)
    sim.stopped("failure")
    sim.wait(TAIL)
    assert ending(sim.take()) == ("system", None, "provider_failed")


def test_whoever_asks_after_a_late_answer_again_and_again_is_not_left_in_silence() -> None:
    sim = asked(replace(PATIENCE, reply=12))
    began, told = sim.now, dict[str, float]()
    while sim.now < began + 2 * 12 + 2 * SOON:
        sim.wait(1.4)
        sim.callee(True)
        sim.clear()
        sim.wait(0.3)
        sim.heard()
        sim.callee(False)
        sim.wait(0.3)
        sim.feed(e.TurnTaken(at=sim.now))
        for command in sim.take():
            if isinstance(command, Announce):
                told.setdefault(command.kind, sim.now - began)
                sim.started(command.kind)
                sim.stopped(command.kind, cut=True)
    assert told["apology"] < APOLOGY_AFTER + 2.0
    assert told["failure"] <= 2 * 12 + 2 * SOON


def test_an_apology_that_is_talked_over_is_made_later() -> None:
    sim = asked()
    sim.callee(True)
    sim.clear()
    sim.talks_on(APOLOGY_AFTER + 1)
    assert Announce("apology") not in sim.take()
    sim.callee(False)
    sim.wait(LOOK_AGAIN)
    assert sim.take() == [Announce("apology"), TryAgain(if_idle=True)]


def test_a_failure_before_the_turn_counts_as_the_first_of_its_answer() -> None:
    sim = asked()
    sim.started("reply")
    sim.stopped("reply")
    sim.feed(e.TurnTaken(at=sim.now, failed=True))
    sim.take()
    sim.feed(e.ReplyFailed(at=sim.now, message="the model"))
    assert sim.take() == [Mute(), Announce("failure")]


def test_an_answer_that_comes_after_the_apology_goes_on_as_if_nothing_had_been() -> None:
    sim = asked(replace(PATIENCE, reply=12))
    sim.wait(APOLOGY_AFTER)
    sim.started("apology")
    sim.wait(2)
    sim.stopped("apology")
    sim.take()
    sim.started("reply")
    sim.wait(9)
    assert sim.take() == []


def test_a_failed_answer_is_asked_for_once_more_and_then_the_call_is_given_up() -> None:
    sim = asked()
    sim.feed(e.ReplyFailed(at=sim.now, message="the model refused"))
    assert sim.take() == [Announce("apology"), TryAgain()]
    sim.feed(e.ReplyFailed(at=sim.now, message="the model refused"))
    assert sim.take() == [Mute(), Announce("failure")]


def test_an_answer_that_was_heard_makes_up_for_a_failure() -> None:
    sim = asked()
    sim.feed(e.ReplyFailed(at=sim.now, message="the model refused"))
    sim.started("reply")
    sim.stopped("reply")
    sim.take()
    sim.feed(e.ReplyFailed(at=sim.now, message="the model refused"))
    assert TryAgain() in sim.take()


def test_a_model_that_fails_while_it_rings_takes_the_call_back() -> None:
    sim = Sim()
    sim.ring()
    sim.feed(e.ReplyFailed(at=sim.now, message="the model refused"))
    assert ending(sim.take()) == ("system", None, "provider_failed")


def test_a_model_that_fails_during_the_farewell_changes_nothing() -> None:
    sim = Sim()
    sim.talk()
    sim.feed(e.GoodbyeAsked(at=sim.now))
    sim.take()
    sim.feed(e.ReplyFailed(at=sim.now, message="the model refused"))
    assert sim.take() == []


def test_a_lost_provider_is_told_to_the_callee_before_the_end() -> None:
    sim = asked()
    sim.feed(e.Failed(at=sim.now, code="provider_failed", message="the recogniser was lost"))
    assert sim.take() == [Mute(), Announce("failure")]


def test_a_tool_of_an_earlier_turn_that_returns_late_owes_the_callee_nothing() -> None:
    sim = asked()
    sim.feed(e.ToolCalled(at=sim.now, id="1", name="look_up", arguments="{}"), e.TurnTaken(at=sim.now))
    sim.started("reply")
    sim.stopped("reply")
    sim.feed(e.ToolReturned(at=sim.now, id="1", name="look_up", output="", is_error=False))
    sim.take()
    sim.wait(PATIENCE.reply + 1)
    assert sim.take() == []


def test_a_goodbye_that_the_model_left_unanswered_is_answered_by_the_worker() -> None:
    sim = asked()
    sim.feed(e.Rendered(at=sim.now, kind="goodbye", seconds=1), e.GoodbyeAsked(at=sim.now))
    assert sim.take() == [Mute(), Announce("goodbye")]


def test_a_goodbye_of_the_models_own_is_not_followed_by_another() -> None:
    sim = asked()
    sim.started("reply")
    sim.stopped("reply")
    sim.take()
    sim.feed(e.Rendered(at=sim.now, kind="goodbye", seconds=1), e.GoodbyeAsked(at=sim.now))
    assert sim.take() == [Mute()]
    sim.wait(TAIL)
    assert ending(sim.take()) == ("agent", "tool_end_call", None)


def test_a_farewell_that_cannot_be_made_is_left_out() -> None:
    sim = Sim()
    sim.answer(("opening", 3.0))
    sim.feed(e.GoodbyeAsked(at=sim.now))
    sim.feed(e.Unrendered(at=sim.now, kind="goodbye"))
    sim.wait(TAIL)
    assert ending(sim.take()) == ("agent", "tool_end_call", None)


def test_a_farewell_that_is_known_to_be_missing_is_not_waited_for_at_all() -> None:
    sim = Sim()
    sim.answer(("opening", 3.0))
    sim.feed(e.Unrendered(at=sim.now, kind="goodbye"), e.GoodbyeAsked(at=sim.now))
    sim.wait(TAIL)
    assert ending(sim.take()) == ("agent", "tool_end_call", None)


def test_a_farewell_that_is_never_made_is_not_waited_for_long() -> None:
    sim = Sim()
    sim.answer(("opening", 3.0))
    sim.feed(e.GoodbyeAsked(at=sim.now))
    sim.wait(RENDERING_LONGEST)
    assert ending(sim.take()) == ("agent", "tool_end_call", None)


def test_a_reply_that_never_comes_ends_the_call_as_an_error() -> None:
    sim = Sim()
    sim.talk()
    sim.feed(e.TurnTaken(at=sim.now))
    sim.wait(PATIENCE.reply)
    assert ending(sim.take()) == ("system", None, "provider_failed")


@pytest.mark.parametrize(
    ("dial_error", "reason"),
    [
        ("busy", "user_rejected"),
        ("no_answer", "user_unavailable"),
        ("temporarily_unavailable", "user_unavailable"),
        ("number_non_attributed", None),
    ],
)
def test_a_refused_dial_ends_with_the_reason_of_the_contract(dial_error: str, reason: str | None) -> None:
    sim = Sim()
    sim.ring()
    sim.feed(e.Refused(at=sim.now, dial_error=dial_error, sip_code=486, sip_text="Busy Here"))
    assert ending(sim.take()) == ("system", reason, "dial_error")


def test_calling_off_before_the_answer_is_cancelled_and_after_it_removed() -> None:
    ringing, talking = Sim(), Sim()
    ringing.ring()
    talking.talk()
    for sim in (ringing, talking):
        sim.feed(e.Withdrawn(at=sim.now))
    assert ending(ringing.take()) == ("system", None, "cancelled")
    assert ending(talking.take()) == ("system", "participant_removed", None)


def test_whatever_happens_in_whichever_phase_the_call_ends_once() -> None:
    blows: list[e.Event] = [
        e.CalleeHungUp(at=0),
        e.LineDropped(at=0, reason="connection_timeout"),
        e.Withdrawn(at=0),
        e.Failed(at=0, code="internal_error", message="broken"),
    ]
    for blow in blows:
        for prepare in (Sim.ring, Sim.answer, Sim.talk):
            sim = Sim()
            prepare(sim)
            sim.take()
            sim.feed(blow, *blows, e.GoodbyeAsked(at=sim.now))
            assert len([command for command in sim.take() if isinstance(command, HangUp)]) == 1
            assert not sim.state.timers
            sim.feed(e.LineFreed(at=sim.now))
            assert sim.state.phase is Phase.OVER


def test_every_timer_is_handled_in_every_phase() -> None:
    for timer in Timer:
        for phase in Phase:
            state = replace(State(STATIC), phase=phase, answered_at=1.0).with_timer(timer, 2.0)
            after, _ = step(state, e.Elapsed(at=2.0, timer=timer.value))
            assert after.phase is phase or after.phase in MOVES[phase]
