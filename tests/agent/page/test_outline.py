import re

import numpy as np
import pytest

from agent.page.outline import FINEST, HEIGHT, outlines, sounds
from agent.page.sound import Loudness, Sound


def loudness(*levels: tuple[float, float]) -> Loudness:
    """Stretches of a level that last so many seconds."""
    return np.concatenate([np.full(round(seconds * 50), level, dtype=np.float32) for seconds, level in levels])


def sound(callee: Loudness, agent: Loudness) -> Sound:
    return Sound(len(callee) / 50, callee, agent, None)


def heights(path: str) -> list[int]:
    """The height of each step of an outline."""
    assert re.fullmatch(r"M0 0([hv]-?\d+)*V0z", path)
    levels: list[int] = []
    level = 0
    for letter, number in re.findall(r"([hv])(-?\d+)", path):
        if letter == "v":
            level -= int(number)
        else:
            levels += [level] * int(number)
    return levels


def test_an_outline_is_as_high_as_its_sound_is_loud() -> None:
    drawn = outlines(sound(loudness((1, 0.0), (1, 0.5), (1, 0.1)), loudness((3, 0.25))))
    assert drawn.steps == 150
    callee = heights(drawn.callee)
    assert len(callee) == 150
    assert (callee[10], callee[60]) == (0, HEIGHT)
    assert 0 < callee[110] < HEIGHT
    assert set(heights(drawn.agent)) == {round(0.5**0.6 * HEIGHT)}


def test_noise_is_not_blown_up() -> None:
    drawn = outlines(sound(loudness((1, 0.001)), loudness((1, 0.0))))
    assert max(heights(drawn.callee)) < HEIGHT / 4


def test_a_long_recording_is_drawn_coarser_and_loses_no_peak() -> None:
    long = loudness((600, 0.01))
    long[12345] = 0.8
    drawn = outlines(sound(long, long))
    assert drawn.steps <= FINEST
    assert max(heights(drawn.callee)) == HEIGHT


def test_a_sound_beside_speech_is_found() -> None:
    side = loudness((2, 0.001), (2, 0.5), (2, 0.001), (1, 0.3), (3, 0.001))
    [found] = sounds(side, [(2.0, 4.0)])
    assert found == pytest.approx((6.0, 7.0))


def test_what_surrounds_speech_is_part_of_it() -> None:
    side = loudness((1.7, 0.001), (2.6, 0.5), (2, 0.001))
    assert sounds(side, [(2.0, 4.0)]) == ()


def test_steady_noise_clicks_and_silence_are_no_sounds() -> None:
    assert sounds(loudness((10, 0.05)), []) == ()
    assert sounds(loudness((2, 0.0), (0.1, 0.5), (2, 0.0)), []) == ()
    assert sounds(loudness((2, 0.0)), []) == ()
    assert sounds(loudness((2, 0.5)), [(0.0, 2.0)]) == ()


def test_a_sound_with_short_gaps_is_one() -> None:
    ringing = [(0.3, 0.4), (0.3, 0.0)] * 3
    assert len(sounds(loudness((2, 0.0), *ringing, (2, 0.0)), [])) == 1
