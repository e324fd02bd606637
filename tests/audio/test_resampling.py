import numpy as np
import pytest

from audio.frames import FRAME, RATE, Pcm
from audio.resampling import SPEECH_RATE, Downsampler


def tone(hz: float, seconds: float, rate: int) -> Pcm:
    wave: Pcm = np.rint(10_000 * np.sin(2 * np.pi * hz / rate * np.arange(round(seconds * rate)))).astype(np.int16)
    return wave


def downsampled(pcm: Pcm, frame: int = FRAME) -> Pcm:
    downsampler = Downsampler()
    return np.concatenate([downsampler.run(pcm[start : start + frame]) for start in range(0, len(pcm), frame)])


def gain_db(hz: float) -> float:
    heard = downsampled(tone(hz, 1.0, RATE))[500:].astype(np.float64)
    return 20 * float(np.log10(np.std(heard) / (10_000 / np.sqrt(2))))


def test_two_samples_come_out_for_three() -> None:
    assert len(downsampled(tone(440, 1.0, RATE))) == SPEECH_RATE


@pytest.mark.parametrize("hz", [100, 1000, 3400, 6000])
def test_a_voice_passes_as_it_is(hz: float) -> None:
    assert abs(gain_db(hz)) < 0.2


@pytest.mark.parametrize("hz", [8500, 9000, 11_000])
def test_what_would_be_folded_back_does_not(hz: float) -> None:
    assert gain_db(hz) < -40


def test_sound_leaves_a_millisecond_later() -> None:
    heard = downsampled(tone(1000, 1.0, RATE)).astype(np.int32)
    expected = tone(1000, 1.0, SPEECH_RATE).astype(np.int32)
    late = SPEECH_RATE // 1000
    assert np.abs(heard[500:] - np.roll(expected, late)[500:]).max() < 1500  # 0.02 ms less than a whole one
    assert np.corrcoef(heard[500:], np.roll(expected, late)[500:])[0, 1] > 0.99


@pytest.mark.parametrize("frame", [30, 240, 960])
def test_the_length_of_the_frames_makes_no_difference(frame: int) -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(-8000, 8000, RATE // 2 // 960 * 960, dtype=np.int16)
    differences = downsampled(noise, frame).astype(np.int32) - downsampled(noise)
    assert np.abs(differences).max() <= 1  # sums are rounded in another order


def test_loud_sound_is_clipped_and_not_turned_over() -> None:
    square = np.where(np.arange(RATE) // 12 % 2, 32767, -32768).astype(np.int16)
    heard = downsampled(square)[100:].astype(np.int32)
    assert heard.max() == 32767
    assert heard.min() == -32768
    assert np.abs(np.diff(heard)).max() < 65536


def test_a_frame_that_cannot_be_resampled_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a multiple of 30 samples, received 10"):
        Downsampler().run(np.zeros(10, dtype=np.int16))
