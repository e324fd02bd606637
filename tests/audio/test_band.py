import time

import numpy as np
import pytest

from audio.band import Law, TelephoneBand
from audio.frames import FRAME, RATE, Pcm, dbfs, silence


def sine(hz: float, seconds: float = 1.0, amplitude: float = 10_000) -> Pcm:
    wave: Pcm = (amplitude * np.sin(2 * np.pi * hz / RATE * np.arange(round(seconds * RATE)))).astype(np.int16)
    return wave


def through(pcm: Pcm, law: Law = Law.MU, frame: int = FRAME) -> Pcm:
    band = TelephoneBand(law)
    return np.concatenate([band.pass_on(pcm[start : start + frame]) for start in range(0, len(pcm), frame)])


def loss(hz: float) -> float:
    tone = sine(hz)
    return dbfs(tone) - dbfs(through(tone)[RATE // 5 :])


@pytest.mark.parametrize("hz", [400, 1000, 2000, 3000, 3400])
def test_the_telephone_band_passes(hz: float) -> None:
    assert abs(loss(hz)) < 1.5


def test_the_lower_edge_is_within_three_decibels() -> None:
    assert loss(300) < 3.5


@pytest.mark.parametrize("hz", [50, 60, 100, 4000, 4600, 6000, 8000, 11_000])
def test_what_a_telephone_does_not_carry_is_gone(hz: float) -> None:
    assert loss(hz) > 25


def test_nothing_aliases_into_the_band() -> None:
    heard = through(sine(7000))
    assert dbfs(heard[RATE // 5 :]) < -70


@pytest.mark.parametrize("law", list(Law))
def test_the_delay_is_what_it_is_said_to_be(law: Law) -> None:
    click = silence(4 * FRAME)
    click[600:603] = 20_000
    heard = np.abs(through(click, law).astype(np.int32))
    assert abs(int(np.argmax(heard)) - (601 + TelephoneBand.DELAY)) <= 1


def test_frames_leave_no_trace_in_the_sound() -> None:
    tone = sine(440, 0.5)
    assert np.array_equal(through(tone), through(tone, frame=len(tone)))


def test_g711_noise_is_where_it_belongs() -> None:
    tone = sine(1000)
    delay = TelephoneBand.DELAY
    error = through(tone)[RATE // 2 :].astype(np.int32) - tone[RATE // 2 - delay : -delay]
    assert 30 < dbfs(tone) - dbfs(error.astype(np.int16)) < 45


def test_silence_stays_silent() -> None:
    assert not np.any(through(silence(RATE)))


def test_a_length_that_does_not_divide_by_three_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a multiple of 3 samples, received 100"):
        TelephoneBand().pass_on(silence(100))


def test_a_frame_costs_little_of_its_own_length() -> None:
    band, frame = TelephoneBand(), sine(1000, 0.02)
    costs = []
    for _ in range(200):
        began = time.perf_counter()
        band.pass_on(frame)
        costs.append(time.perf_counter() - began)
    assert sorted(costs)[len(costs) // 2] < 0.002
