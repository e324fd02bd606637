"""What is taken for no speech, and that speech is not."""

import numpy as np
import pytest
from livekit import rtc

from agent.fallback.soundness import is_audible, is_rubbish
from agent.standins.espeak import Espeak, Utterance
from agent.voice import pcm_of
from audio.frames import Pcm, samples, silence
from audio.noise import babble
from audio.tones import music

HISSING = {
    "en": "Sixty-six silly sheep surely slept; which shops sell cheap chips? Psst!",
    "fr": "Ces six saucissons-ci sont si secs qu'on ne sait si c'en sont.",
    "de": "Zwischen zwei Zwetschgenzweigen zwitschern zwei Schwalben.",
}


def bytes_as_sound(seconds: float) -> Pcm:
    return np.random.default_rng(7).integers(-32768, 32768, samples(seconds)).astype(np.int16)


@pytest.fixture(scope="module")
def speech(espeak: Espeak) -> list[Pcm]:
    return [
        espeak.say(Utterance(text, language, variant, volume=volume)).pcm
        for language, text in HISSING.items()
        for variant in ("f1", "f4", "m1", "m7")
        for volume in (0.5, 1.0, 2.0)
    ]


def test_speech_full_of_hisses_is_speech_at_any_volume(speech: list[Pcm]) -> None:
    assert not any(is_rubbish(pcm) for pcm in speech)
    assert all(is_audible(pcm) for pcm in speech)


def test_samples_that_are_a_byte_off_are_none(speech: list[Pcm]) -> None:
    shifted = [np.frombuffer(pcm.tobytes()[1:-1], dtype=np.int16) for pcm in speech if np.abs(pcm).max() > 8000]
    assert shifted
    assert all(is_rubbish(pcm) for pcm in shifted)


@pytest.mark.parametrize("seconds", [0.01, 0.1, 1.0])
def test_bytes_that_are_no_samples_are_found_out(seconds: float) -> None:
    assert is_rubbish(bytes_as_sound(seconds))


def test_they_are_found_out_at_a_voices_double_rate_too() -> None:
    sent = rtc.AudioFrame(bytes_as_sound(1.0).tobytes(), 48_000, 1, samples(1.0))
    assert is_rubbish(pcm_of(sent))


def test_rubbish_in_the_middle_is_found_out() -> None:
    assert is_rubbish(np.concatenate([silence(samples(0.5)), bytes_as_sound(0.2), silence(samples(0.5))]))


@pytest.mark.parametrize("sound", [babble(dbfs=-20), music(1.0, dbfs=-10), silence(samples(0.1)), silence(0)])
def test_other_sound_is_no_rubbish(sound: Pcm) -> None:
    assert not is_rubbish(sound)


def test_silence_and_what_nobody_hears_are_not_audible() -> None:
    assert not is_audible(silence(samples(0.1)))
    assert not is_audible(np.full(samples(0.1), 100, dtype=np.int16))
    assert not is_audible(silence(0))
