"""Whether what comes back is our own sound."""

import numpy as np
import pytest

from audio.band import TelephoneBand
from audio.echo import LIKENESS, EchoMeter
from audio.frames import FRAME, Pcm, samples, silence


def voice(seconds: float, seed: int, hz: float) -> Pcm:
    """Something like a voice: a gliding tone with overtones, in syllables."""
    rng = np.random.default_rng(seed)
    time = np.arange(samples(seconds)) / samples(1.0)
    pitch = np.cumsum(hz * (1 + 0.1 * np.sin(2 * np.pi * rng.uniform(0.5, 1.5) * time + seed))) / samples(1.0)
    tone = np.sum([np.sin(2 * np.pi * n * pitch) / n for n in range(1, 8)], axis=0)
    syllables = np.maximum(0.0, np.sin(2 * np.pi * rng.uniform(2, 4) * time + seed))
    breath = rng.normal(0, 0.3, len(time))
    made: Pcm = (3000 * syllables * (tone + breath)).astype(np.int16)
    return made


def later(pcm: Pcm, seconds: float, db: float) -> Pcm:
    """The sound as a telephone gives it back."""
    moved = np.concatenate([silence(samples(seconds)), pcm])[: len(pcm)]
    band = TelephoneBand()
    carried = [band.pass_on(frame) for frame in moved.reshape(-1, FRAME)]
    return (np.concatenate(carried) * 10 ** (db / 20)).astype(np.int16)


def met(heard: Pcm, said: Pcm) -> EchoMeter:
    meter = EchoMeter()
    for one, other in zip(heard.reshape(-1, FRAME), said.reshape(-1, FRAME), strict=True):
        meter.take(one, other)
    return meter


SAID = voice(4.0, 1, 180.0)
NOISE = np.random.default_rng(9).normal(0, 25, len(SAID)).astype(np.int16)


@pytest.mark.parametrize("db", [-10.0, -20.0])
@pytest.mark.parametrize("delay", [0.04, 0.15, 0.5])
def test_an_echo_is_told_at_any_level_and_delay(db: float, delay: float) -> None:
    meter = met(later(SAID, delay, db) + NOISE, SAID)
    assert meter.echoed(0.25)
    assert meter.share(samples(2.0), samples(4.0)) > 1.5 * LIKENESS


def test_another_voice_is_no_echo_and_neither_is_one_above_an_echo() -> None:
    other = voice(4.0, 2, 120.0)
    assert met(other, SAID).share(samples(2.0), samples(4.0)) < LIKENESS / 2
    assert not met(other + later(SAID, 0.15, -20.0), SAID).echoed(0.25)


def test_where_nothing_was_said_or_heard_there_is_no_echo() -> None:
    quiet = silence(len(SAID))
    assert met(quiet, SAID).share(0, samples(4.0)) == 0.0
    assert met(SAID, quiet).share(0, samples(4.0)) == 0.0
    assert EchoMeter().share(0, samples(1.0)) == 0.0


def test_a_stretch_that_is_long_past_is_not_told() -> None:
    assert met(later(SAID, 0.15, -10.0), SAID).share(-samples(5.0), -samples(4.0)) == 0.0
