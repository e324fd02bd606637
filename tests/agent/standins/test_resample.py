"""Change of sample rate."""

import numpy as np
import pytest

from agent.standins.resample import resampled
from audio.frames import Pcm


def tone(frequency: float, rate: int, duration: float = 0.5) -> Pcm:
    wave = np.sin(2 * np.pi * frequency * np.arange(round(duration * rate)) / rate)
    pcm: Pcm = np.rint(8000 * wave).astype(np.int16)
    return pcm


@pytest.mark.parametrize(("source", "target"), [(22_050, 24_000), (24_000, 16_000), (24_000, 44_100)])
def test_a_tone_stays_the_same_tone(source: int, target: int) -> None:
    changed = resampled(tone(1000, source), source, target)
    expected = tone(1000, target)

    assert len(changed) == len(expected)
    middle = slice(len(expected) // 10, -len(expected) // 10)
    assert np.abs(changed[middle].astype(np.int32) - expected[middle]).max() < 40


def test_what_the_lower_rate_cannot_hold_is_left_out_not_folded_back() -> None:
    changed = resampled(tone(10_000, 24_000), 24_000, 16_000)

    assert np.abs(changed[400:-400]).max() < 40


def test_nothing_comes_out_of_nothing() -> None:
    assert len(resampled(np.zeros(0, dtype=np.int16), 22_050, 24_000)) == 0
