import numpy as np
import pytest

from audio import tones
from audio.frames import RATE, Pcm, dbfs, samples


def loudest(pcm: Pcm, count: int) -> list[float]:
    """Frequencies of the strongest peaks, in Hz."""
    spectrum = np.abs(np.fft.rfft(pcm.astype(np.float64), n=RATE))
    found = []
    for _ in range(count):
        peak = int(np.argmax(spectrum))
        found.append(float(peak))
        spectrum[max(0, peak - 30) : peak + 30] = 0
    return sorted(found)


def test_a_beep_has_its_length_its_level_and_its_frequency() -> None:
    beep = tones.beep(0.8, hz=1400, dbfs=-12)
    assert len(beep) == samples(0.8)
    assert abs(dbfs(beep) + 12) < 0.2
    assert loudest(beep, 1) == [1400]


@pytest.mark.parametrize(
    ("key", "pair"), [("1", (697, 1209)), ("5", (770, 1336)), ("#", (941, 1477)), ("D", (941, 1633))]
)
def test_a_key_is_its_pair_of_frequencies(key: str, pair: tuple[float, float]) -> None:
    assert all(abs(found - hz) <= 2 for found, hz in zip(loudest(tones.dtmf(key, 0.5), 2), pair, strict=True))


def test_all_sixteen_keys_are_different() -> None:
    assert len(tones.PAIRS) == 16
    assert len(set(tones.PAIRS.values())) == 16


@pytest.mark.parametrize(
    ("tone", "on", "off", "pair"),
    [(tones.ringback(7.0), 2.0, 4.0, [440, 480]), (tones.busy(2.0), 0.5, 0.5, [480, 620])],
)
def test_a_cadence_sounds_and_pauses(tone: Pcm, on: float, off: float, pair: list[float]) -> None:
    assert loudest(tone[: samples(on)], 2) == pair
    assert not np.any(tone[samples(on) : samples(on + off)])
    assert np.any(tone[samples(on + off) :])


def test_no_tone_begins_or_ends_with_a_click() -> None:
    for tone in (tones.beep(0.5), tones.dtmf("7", 0.2), tones.music(2.0)):
        assert np.max(np.abs(tone[:5])) < 600
        assert np.max(np.abs(tone[-5:])) < 600


def test_music_has_its_level_and_moves() -> None:
    music = tones.music(6.0, dbfs=-20)
    assert abs(dbfs(music) + 20) < 0.5
    assert loudest(music[: samples(0.3)], 1) != loudest(music[samples(1.1) : samples(1.4)], 1)


def test_nothing_of_no_length_is_nothing() -> None:
    assert len(tones.music(0.0)) == len(tones.beep(0.0)) == 0
