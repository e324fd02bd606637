"""A hundred dials in a row that nobody, somebody or almost somebody answers: a hundred right reports, nothing left."""

from itertools import cycle, islice

import pytest

from tests.e2e.attempts import Gist, Scheduler
from tests.e2e.call import UNACKNOWLEDGED
from tests.e2e.script import Script
from tests.e2e.worker import Worker

ANSWERED: Gist = ("completed", "user", "client_initiated", None)
NO_ANSWER: Gist = ("error", "system", "user_unavailable", "dial_error")
SHORT = 5.0
"""Seconds it rings where it matters: the least there is."""
CROSSED = UNACKNOWLEDGED + 3.0
"""Seconds until nothing is left: bridge 1.2.0 does not acknowledge an answer that crossed its CANCEL on the way."""

DIALS: list[tuple[Script, set[tuple[Gist, str | None]]]] = [
    (Script(hang_up_after=1), {(ANSWERED, None)}),
    (Script(final=486), {(("error", "system", "user_rejected", "dial_error"), "busy")}),
    (Script(final=603), {(("error", "system", "user_rejected", "dial_error"), "busy")}),
    (Script(final=404), {(("error", "system", None, "dial_error"), "number_non_attributed")}),
    (Script(final=480), {(NO_ANSWER, "temporarily_unavailable")}),
    (Script(final=None), {(NO_ANSWER, "no_answer")}),
    (Script(final=503), {(NO_ANSWER, "temporarily_unavailable")}),
    (Script(after=SHORT - 0.02, hang_up_after=1), {(ANSWERED, None), (NO_ANSWER, "no_answer")}),
    (Script(after=SHORT, hang_up_after=1), {(ANSWERED, None), (NO_ANSWER, "no_answer")}),
    (Script(after=SHORT + 0.02, hang_up_after=1), {(ANSWERED, None), (NO_ANSWER, "no_answer")}),
]
"""What the phone does, and what may be reported of it."""


async def test_a_hundred_dials_in_a_row_are_reported_rightly_and_leave_nothing(
    scheduler: Scheduler, worker: Worker
) -> None:
    for script, expected in islice(cycle(DIALS), 100):
        one = await scheduler.dispatch(script, sip={"ringing_timeout_secs": SHORT})
        ending = await one.ended(SHORT + 25)
        assert (ending.gist, ending.dial_error) in expected
        assert len(one.calls) == 1
        await scheduler.nothing_left(CROSSED)
    scheduler.keeps_quiet(worker)


@pytest.mark.parametrize("offset_ms", range(-100, 101, 10))
async def test_an_answer_around_the_ringing_timeout_is_an_answer_or_none(
    offset_ms: int, scheduler: Scheduler, worker: Worker
) -> None:
    script = Script(after=SHORT + offset_ms / 1000, hang_up_after=1)
    placed = [await scheduler.dispatch(script, sip={"ringing_timeout_secs": SHORT}) for _ in range(5)]
    for one in placed:
        ending = await one.ended(SHORT + 25)
        assert (ending.gist, ending.dial_error) in {(ANSWERED, None), (NO_ANSWER, "no_answer")}
        assert (one.told.count("ongoing") == 1) == (ending.gist == ANSWERED)
    await scheduler.nothing_left(CROSSED)
    scheduler.keeps_quiet(worker)
