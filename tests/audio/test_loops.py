"""Clips made into loops: without a seam, and equally loud."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from audio.frames import RATE, dbfs, samples
from audio.loops import LOUDNESS, levelled, loop_of, looped
from audio.loudness import integrated

Sound = npt.NDArray[np.float64]


def noise(seconds: float, level: float = 1000.0, seed: int = 1) -> Sound:
    sound: Sound = level * np.random.default_rng(seed).standard_normal(samples(seconds))
    return sound


def sine(seconds: float, level: float, hz: float = 500.0) -> Sound:
    sound: Sound = level * np.sin(2 * np.pi * hz / RATE * np.arange(samples(seconds)))
    return sound


@pytest.mark.parametrize("level", [10.0, 300.0, 9000.0])
def test_every_loop_is_equally_loud(level: float) -> None:
    assert integrated(looped(noise(5, level))) == pytest.approx(LOUDNESS, abs=0.15)


def test_the_end_of_a_clip_goes_over_into_its_beginning() -> None:
    clip = noise(5)
    loop = looped(clip).astype(np.float64)
    gain = loop[samples(2)] / clip[samples(2)]
    assert len(loop) == len(clip) - samples(0.5)
    assert loop[samples(1)] == pytest.approx(gain * clip[samples(1)], abs=3)
    assert loop[-1] == pytest.approx(gain * clip[-samples(0.5) - 1], abs=3)
    assert loop[0] == pytest.approx(gain * clip[-samples(0.5)], rel=0.05, abs=20)


def test_the_seam_is_as_loud_as_the_rest() -> None:
    loop = looped(noise(5))
    assert dbfs(loop[: samples(0.5)]) == pytest.approx(dbfs(loop), abs=0.3)


def test_music_that_fades_in_and_out_is_looped_without_the_pause_between() -> None:
    swell = np.concatenate([np.linspace(0, 0.02, samples(2)), np.ones(samples(4)), np.zeros(samples(3))])
    loop = looped(noise(9) * swell)
    assert len(loop) / RATE == pytest.approx(3.5, abs=0.21)


def test_peaks_are_limited_and_nothing_is_clipped() -> None:
    clicks = sine(5, 30.0)
    clicks[:: samples(0.37)] = 20_000.0
    clicks[-1] = 20_000.0
    loop = levelled(clicks)
    assert np.max(np.abs(loop.astype(np.int32))) <= round(32768 * 10 ** (-1 / 20))
    assert integrated(loop) == pytest.approx(LOUDNESS, abs=0.3)


def test_what_needs_no_limiter_keeps_its_shape() -> None:
    clip = noise(3)
    loop = levelled(clip).astype(np.float64)
    assert np.max(np.abs(loop - clip * (loop @ clip) / (clip @ clip))) < 1


@pytest.mark.parametrize("clip", [np.zeros(samples(3)), noise(0.8), np.zeros(0)], ids=["silence", "short", "empty"])
def test_silence_and_moments_make_no_loop(clip: Sound) -> None:
    with pytest.raises(ValueError, match="at least 1 s"):
        looped(clip)


def test_a_file_that_is_no_clip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ogg").write_bytes(b"not a sound")
    with pytest.raises(ValueError, match="a recording"):
        loop_of(tmp_path / "a.ogg")
    with pytest.raises(OSError, match="No such file"):
        loop_of(tmp_path / "b.ogg")
