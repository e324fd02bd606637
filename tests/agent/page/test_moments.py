import pytest

from agent import events as e
from agent.page.moments import moments
from agent.state import Timer
from tests.agent.recorded import CALL, PICKED_UP, at
from tests.agent.worker.attempts import REFUSED_CALL


def test_a_call_has_its_moments_in_order() -> None:
    assert [(round(moment.at, 1), moment.text) for moment in moments(CALL)] == [
        (-4.5, "Dialled"),
        (-4.0, "The phone rang"),
        (0.0, "Answered"),
        (1.4, "The first sentence stopped for the callee, to start again"),
        (9.8, "The model asked to end the call"),
        (11.0, "Warning: the recording is incomplete"),
        (11.2, "Ended by the agent: tool end call"),
    ]


def test_a_dial_that_failed_says_how() -> None:
    assert "Refused: busy" in [moment.text for moment in moments(REFUSED_CALL)]


@pytest.mark.parametrize(
    ("event", "text", "tone"),
    [
        (e.Failed(at=at(1), code="provider_failed", message="gone"), "Failed: gone", "error"),
        (e.LineDropped(at=at(1), reason="connection_timeout"), "The line failed: connection timeout", "error"),
        (e.Withdrawn(at=at(1)), "The attempt was called off", "warning"),
        (e.Elapsed(at=at(1), timer=Timer.INACTIVE), "Nobody had said anything for too long", "plain"),
        (e.Ended(at=at(1), ended_by="user", end_reason=None), "Ended by the callee: no reason is known", "plain"),
    ],
)
def test_what_decided_something_is_a_moment(event: e.Event, text: str, tone: str) -> None:
    last = moments((*PICKED_UP, event))[-1]
    assert (last.text, last.tone) == (text, tone)


def test_the_ordinary_course_is_none() -> None:
    before = moments(PICKED_UP)
    assert moments((*PICKED_UP, e.Elapsed(at=at(1), timer=Timer.OPENING), e.TurnTaken(at=at(2)))) == before
    assert moments(()) == ()
