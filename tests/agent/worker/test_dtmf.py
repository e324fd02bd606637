"""Keys pressed on the callee's line."""

import asyncio

import pytest

from agent.worker.dtmf import AFTER, PACE, PAUSE, Keypad, NotDigits, NotOnTheLine
from tests.agent.hurry import hurried, now


class Far:
    """Remembers what was published, and when; can leave after some digits."""

    def __init__(self, *, answered: bool = True, stays_for: int = 99) -> None:
        self.published: list[tuple[float, int, str]] = []
        self.answered = answered
        self.stays_for = stays_for
        self.keypad = Keypad(self._publish, lambda: self.answered and len(self.published) < self.stays_for)

    async def _publish(self, code: int, digit: str) -> None:
        await asyncio.sleep(0.01)
        self.published.append((now(), code, digit))

    @property
    def digits(self) -> str:
        return "".join(digit for _, _, digit in self.published)


def test_digits_go_out_in_order_at_the_bridges_pace_and_are_over_when_it_returns() -> None:
    far = Far()

    async def press() -> tuple[str, float]:
        began = now()
        return await far.keypad.press("1234567890*#"), now() - began

    published, took = hurried(press())
    assert published == far.digits == "1234567890*#"
    assert [code for _, code, _ in far.published] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 10, 11]
    gaps = [after[0] - before[0] for before, after in zip(far.published, far.published[1:], strict=False)]
    assert min(gaps) >= PACE
    assert took >= 12 * PACE + AFTER


def test_a_pause_is_waited_for_and_not_sent() -> None:
    far = Far()
    assert hurried(far.keypad.press("1w,2d")) == "12D"
    assert far.published[1][0] - far.published[0][0] >= PACE + 2 * PAUSE


def test_nothing_is_pressed_before_the_answer() -> None:
    far = Far(answered=False)
    with pytest.raises(NotOnTheLine) as error:
        hurried(far.keypad.press("12"))
    assert error.value.published == far.digits == ""


def test_a_call_that_ends_on_the_way_leaves_what_was_published() -> None:
    far = Far(stays_for=3)
    with pytest.raises(NotOnTheLine) as error:
        hurried(far.keypad.press("123456"))
    assert error.value.published == far.digits == "123"


@pytest.mark.parametrize("digits", ["12x", "1 2", "+33", "٣"])
def test_what_is_no_digit_presses_nothing(digits: str) -> None:
    far = Far()
    with pytest.raises(NotDigits) as error:
        hurried(far.keypad.press(digits))
    assert far.digits == ""
    assert digits not in str(error.value)


def test_two_sequences_never_mix() -> None:
    far = Far()

    async def both() -> None:
        await asyncio.gather(far.keypad.press("111"), far.keypad.press("222"))

    hurried(both())
    assert far.digits == "111222"
