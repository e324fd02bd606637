from collections.abc import Callable

import numpy as np
import pytest

from audio import noise
from audio.frames import RATE, Pcm, dbfs

KINDS: dict[str, Callable[..., Pcm]] = {
    "babble": noise.babble,
    "comfort": noise.comfort,
    "office": noise.office,
    "street": noise.street,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [-60.0, -35.0])
def test_noise_has_the_level_asked_for(kind: str, level: float) -> None:
    assert abs(dbfs(KINDS[kind](dbfs=level)) - level) < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_noise(kind: str) -> None:
    first, again, other = (KINDS[kind](dbfs=-40, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_has_no_seam(kind: str) -> None:
    pcm = KINDS[kind](dbfs=-30).astype(np.int32)
    steps = np.abs(np.diff(pcm))
    assert abs(int(pcm[0]) - int(pcm[-1])) <= np.max(steps)


def test_hum_is_made_of_the_odd_harmonics() -> None:
    spectrum = np.abs(np.fft.rfft(noise.hum(dbfs=-40).astype(np.float64)))
    loudest = sorted(int(bin_) for bin_ in np.argsort(spectrum)[-7:])
    assert [bin_ * RATE // len(noise.hum(dbfs=-40)) for bin_ in loudest] == [50, 150, 250, 350, 450, 550, 650]


def test_a_loop_begins_again_where_it_ends() -> None:
    loop = noise.Loop(np.arange(5, dtype=np.int16))
    assert loop.take(3).tolist() == [0, 1, 2]
    assert loop.take(12).tolist() == [3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    assert loop.take(1).tolist() == [0]
