"""A stretch of voice over the agent's, window by window."""

import pytest

from agent.stretch import AUDIBLE, CLEAR, Stretch, Verdict

WINDOW = 0.032


def verdicts(stretch: Stretch, windows: int, probability: float = 0.9) -> list[tuple[int, Verdict]]:
    """What it became, by the number of the window."""
    found = ((index, stretch.add(WINDOW, probability)) for index in range(1, windows + 1))
    return [(index, verdict) for index, verdict in found if verdict is not None]


def test_it_is_a_voice_and_later_speech() -> None:
    found = verdicts(Stretch(0.0, lambda seconds: False), 40)
    assert [verdict for _, verdict in found] == ["audible", "clear"]
    assert [index * WINDOW for index, _ in found] == pytest.approx([AUDIBLE, CLEAR], abs=WINDOW)


def test_what_it_lasted_before_it_was_noticed_counts() -> None:
    assert verdicts(Stretch(AUDIBLE - WINDOW, lambda seconds: False), 1) == [(1, "audible")]


def test_windows_without_voice_do_not_count() -> None:
    assert verdicts(Stretch(0.0, lambda seconds: False), 40, probability=0.4) == []


def test_the_agents_own_echo_is_no_voice_and_what_follows_it_is() -> None:
    echo = [True]
    stretch = Stretch(0.0, lambda seconds: echo[0])
    assert verdicts(stretch, 100) == []
    echo[0] = False
    assert [verdict for _, verdict in verdicts(stretch, 40)] == ["audible", "clear"]
