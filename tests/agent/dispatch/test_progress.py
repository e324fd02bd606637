import pytest

from agent.dispatch.progress import DISPATCHES, FAREWELL, NOBODY, SILENCE, TAKEN_WITHIN, Progress, Step


def test_it_dispatches_at_once_and_waits() -> None:
    assert Progress().step(0.0) is Step.DISPATCH
    assert Progress().dispatched(0.0).step(TAKEN_WITHIN - 0.1) is Step.WAIT


def test_it_dispatches_again_until_three_were_in_vain() -> None:
    progress, now = Progress(), 0.0
    for _ in range(DISPATCHES):
        assert progress.step(now) is Step.DISPATCH
        progress = progress.dispatched(now)
        now += TAKEN_WITHIN
    assert progress.step(now) is Step.NOT_TAKEN


def test_what_was_seen_once_is_not_dispatched_again() -> None:
    progress = Progress().dispatched(0.0).seen(1.0)
    assert progress.step(TAKEN_WITHIN) is Step.WAIT
    assert progress.step(1.0 + SILENCE) is Step.NOT_REPORTED
    assert progress.seen(60.0).step(1.0 + SILENCE) is Step.WAIT


@pytest.mark.parametrize(
    ("progress", "patience", "end"),
    [
        (Progress().dispatched(0.0), NOBODY, Step.NOT_TAKEN),
        (Progress().dispatched(0.0).seen(1.0), FAREWELL, Step.NOT_REPORTED),
    ],
)
def test_an_interrupted_call_is_hung_up_until_its_end(progress: Progress, patience: float, end: Step) -> None:
    progress = progress.interrupted(2.0).interrupted(3.0)
    assert progress.step(2.0) is Step.HANG_UP
    assert progress.step(2.0 + patience - 0.1) is Step.HANG_UP
    assert progress.step(2.0 + patience) is end
