from agent import events as e
from agent.dispatch.receiver import Told
from agent.dispatch.telling import Telling
from tests.agent.dispatch.worker import told
from tests.agent.recorded import CALL
from tests.agent.worker.attempts import ANSWERED_CALL, REFUSED_CALL


def shown(events: list[Told]) -> list[e.Event]:
    happened: list[e.Event] = []
    telling = Telling(happened.append)
    for event in events:
        telling.tell(event)
    return happened


def names(events: list[Told]) -> list[str]:
    return [type(event).__name__ for event in shown(events)]


def test_each_event_adds_what_is_new() -> None:
    assert names(told(ANSWERED_CALL)) == ["Rang", "Answered", "Ended"]
    assert names(told(REFUSED_CALL)) == ["Ended"]


def test_once_it_is_over_it_shows_what_was_said_and_when() -> None:
    happened = shown(told(CALL))
    answered = next(event for event in happened if isinstance(event, e.Answered))
    said = [event for event in happened if isinstance(event, e.CalleeHeard | e.AgentStopped)]
    assert [(event.text, round(event.at - answered.at, 3)) for event in said] == [
        ("Allô ?", 0.5),
        ("Hello, this", 1.4),
        ("Hello, this is Emma.", 4.0),
        ("Is Monday free?", 6.0),
        ("Nine is", 8.0),
        ("Fine, bye.", 9.0),
        ("Goodbye.", 11.0),
    ]
    assert [event.cut for event in said if isinstance(event, e.AgentStopped)] == [True, False, True, False]
    [ended] = [event for event in happened if isinstance(event, e.Ended)]
    assert (ended.ended_by, ended.end_reason) == ("agent", "tool_end_call")
    assert [event.message for event in happened if isinstance(event, e.Warned)] == [
        "thinking_sound: not due yet",
        "the recording is incomplete",
    ]


def test_lost_and_late_events_do_no_harm() -> None:
    first, *_, last = told(ANSWERED_CALL)
    assert names([last, first]) == ["Answered", "Ended"]
