"""Sounds that are over in a moment."""

from collections.abc import Callable

import numpy as np
import pytest

from audio.bursts import cough, door
from audio.frames import Pcm, dbfs, samples


@pytest.mark.parametrize("make", [cough, door])
def test_it_is_short_as_loud_as_asked_and_the_same_again(make: Callable[..., Pcm]) -> None:
    pcm = make(dbfs=-20.0)
    assert len(pcm) == samples(0.5)
    assert dbfs(pcm) == pytest.approx(-20.0, abs=0.2)
    assert np.array_equal(pcm, make(dbfs=-20.0))
    assert not np.array_equal(pcm, make(dbfs=-20.0, seed=2))
    assert dbfs(pcm[-samples(0.05) :]) < -30.0
