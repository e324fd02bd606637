import numpy as np
import pytest

from audio.frames import RATE, Pcm, samples, silence
from audio.loudness import SILENT, integrated


def sine(dbfs: float, seconds: float = 3.0, hz: float = 997.0) -> Pcm:
    """A sine whose highest sample has this level."""
    wave = 32767 * 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz / RATE * np.arange(samples(seconds)))
    pcm: Pcm = np.rint(wave).astype(np.int16)
    return pcm


@pytest.mark.parametrize("level", [0.0, -20.0, -40.0])
def test_a_sine_of_1_khz_is_3_lu_below_its_peak(level: float) -> None:
    assert integrated(sine(level)) == pytest.approx(level - 3.0, abs=0.1)


def test_pauses_do_not_count() -> None:
    sound = np.concatenate([sine(-20.0), silence(samples(10)), sine(-20.0)])
    assert integrated(sound) == pytest.approx(-23.0, abs=0.3)


def test_low_sounds_are_less_loud_than_high_ones_of_the_same_level() -> None:
    assert integrated(sine(-20.0, hz=50.0)) < integrated(sine(-20.0)) - 1 < integrated(sine(-20.0, hz=4000.0)) - 1


@pytest.mark.parametrize("sound", [silence(0), silence(samples(2)), sine(-20.0, 0.3)], ids=["none", "silence", "short"])
def test_what_cannot_be_measured_is_silent(sound: Pcm) -> None:
    assert integrated(sound) == SILENT
