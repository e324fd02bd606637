"""The office: the clip that ships is what the program makes."""

from pathlib import Path

import numpy as np
import pytest

from audio.frames import RATE, Pcm, dbfs
from audio.office import OFFICE, make, office
from audio.recording import read_ogg


@pytest.fixture(scope="module", name="made")
def _made() -> Pcm:
    return office()


def likeness(one: Pcm, other: Pcm) -> float:
    return float(np.corrcoef(one.astype(np.float64), other.astype(np.float64))[0, 1])


def test_the_shipped_clip_is_what_the_program_makes(made: Pcm) -> None:
    left, right = read_ogg(OFFICE)
    assert len(left) == len(made) == 26 * RATE
    assert likeness(made, left) > 0.98
    assert likeness(left, right) > 0.98


def test_it_is_small_enough_to_ship() -> None:
    assert OFFICE.stat().st_size < 300_000


def test_it_can_be_made_anywhere(tmp_path: Path) -> None:
    make(tmp_path / "assets" / "office.ogg")
    assert likeness(read_ogg(tmp_path / "assets" / "office.ogg")[0], read_ogg(OFFICE)[0]) > 0.999


def test_its_last_sample_is_followed_by_its_first(made: Pcm) -> None:
    sound = made.astype(np.int32)
    assert abs(int(sound[0]) - int(sound[-1])) <= np.percentile(np.abs(np.diff(sound)), 99)


def test_it_is_a_steady_background_in_which_things_happen(made: Pcm) -> None:
    blocks = [dbfs(block) for block in np.split(made, 26 * 10)]
    quiet, usual, loud = np.percentile(blocks, [5, 50, 95])
    assert quiet > usual - 10
    assert usual + 3 < loud < usual + 12


def test_a_telephone_lets_most_of_it_through(made: Pcm) -> None:
    power = np.abs(np.fft.rfft(made.astype(np.float64))) ** 2
    hertz = np.fft.rfftfreq(26 * RATE, 1 / RATE)
    heard = np.sum(power[(hertz > 300) & (hertz < 3400)]) / np.sum(power)
    assert heard == pytest.approx(0.5, abs=0.15)
