import pytest

from agent.gradium import padding_bonus


@pytest.mark.parametrize(("speed", "bonus"), [(0.6, 4.0), (0.8, 2.0), (1.0, 0.0), (1.25, -2.0), (1.5, -4.0)])
def test_slower_is_more_padding_and_faster_is_less(speed: float, bonus: float) -> None:
    assert padding_bonus(speed) == bonus
    assert str(padding_bonus(1.0)) == "0.0"
