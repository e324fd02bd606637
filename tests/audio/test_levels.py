"""Where a voice really began and ended."""

import numpy as np
import pytest

from audio.frames import FRAME, Pcm, samples
from audio.levels import STEP, Levels


def noise(seconds: float, dbfs: float, seed: int = 1) -> Pcm:
    scale = 32768 * 10 ** (dbfs / 20)
    return np.clip(np.random.default_rng(seed).normal(0, scale, samples(seconds)), -32768, 32767).astype(np.int16)


def heard(*sound: Pcm) -> Levels:
    """Levels of the sound, taken in frame by frame."""
    levels = Levels()
    for frame in np.concatenate(sound).reshape(-1, FRAME):
        levels.take(frame)
    return levels


def background(seconds: float) -> Pcm:
    return noise(seconds, -65.0, seed=7)


def voice(seconds: float, dbfs: float = -25.0) -> Pcm:
    return noise(seconds, dbfs, seed=3)


@pytest.mark.parametrize("error", [-0.12, -0.05, 0.0, 0.08, 0.15])
def test_the_beginning_is_found_however_the_detector_was_off(error: float) -> None:
    levels = heard(background(1.0), voice(0.6))
    assert abs(levels.began(samples(1.0 + error)) - samples(1.0)) <= STEP


@pytest.mark.parametrize("late", [0.0, 0.05, 0.1, 0.2])
def test_the_end_is_found_however_late_it_was_noticed(late: float) -> None:
    levels = heard(background(1.0), voice(0.6), background(0.6))
    assert abs(levels.ended(samples(1.6 + late)) - samples(1.6)) <= STEP


def test_a_detector_that_is_far_off_is_not_followed_further_than_the_reach() -> None:
    levels = heard(background(1.0), voice(1.0), background(1.0))
    assert levels.began(samples(1.8)) == samples(1.6)
    assert levels.ended(samples(2.9)) == samples(2.65)


def test_a_voice_is_found_in_a_noisy_room() -> None:
    levels = heard(noise(1.0, -42.0, seed=5), voice(0.6, -20.0), noise(0.6, -42.0, seed=6))
    assert abs(levels.began(samples(1.06)) - samples(1.0)) <= STEP
    assert abs(levels.ended(samples(1.75)) - samples(1.6)) <= STEP


def test_in_digital_silence_only_what_could_be_a_voice_counts() -> None:
    quiet = np.zeros(samples(1.0), dtype=np.int16)
    levels = heard(quiet, noise(0.2, -58.0), voice(0.5), quiet)
    assert abs(levels.began(samples(1.25)) - samples(1.2)) <= STEP


def test_before_anything_was_heard_the_moment_is_taken_as_it_is() -> None:
    assert Levels().ended(0) == 0
    assert Levels().began(samples(0.5)) == samples(0.5)


def test_nothing_begins_before_the_call() -> None:
    assert heard(voice(0.4)).began(samples(0.1)) == 0


def test_what_is_long_past_is_forgotten() -> None:
    levels = heard(voice(1.0, -5.0), background(6.0), voice(0.5, -40.0), background(0.5))
    assert abs(levels.began(samples(7.1)) - samples(7.0)) <= STEP
    assert abs(levels.ended(samples(7.7)) - samples(7.5)) <= STEP


def test_the_release_of_a_final_t_is_part_of_the_word() -> None:
    levels = heard(background(1.0), voice(0.4), background(0.07), voice(0.03), background(0.6))
    assert abs(levels.ended(samples(1.38)) - samples(1.5)) <= STEP


def test_a_closure_within_a_word_is_not_its_beginning() -> None:
    levels = heard(background(1.0), voice(0.12), background(0.06), voice(0.4))
    assert abs(levels.began(samples(1.19)) - samples(1.0)) <= STEP


def test_a_voice_is_loud_within_a_frame_and_the_background_is_not() -> None:
    background, voice = noise(1.0, -60), noise(0.02, -25)
    loud = [
        levels.loud for levels in (heard(background), heard(background, voice), heard(background, voice, background))
    ]
    assert loud == [False, True, False]
