"""Beds, sample by sample."""

import numpy as np
import pytest

from audio.beds import FADE, Bed, laid_under
from audio.frames import FRAME, Pcm, silence


def flat(value: int = 10_000, count: int = FRAME) -> Pcm:
    return np.full(count, value, dtype=np.int16)


def taken(bed: Bed, frames: int) -> Pcm:
    return np.concatenate([laid_under(silence(), [bed]) for _ in range(frames)])


def test_a_bed_is_silent_until_it_is_faded_in() -> None:
    bed = Bed(flat(), 1.0)
    assert bed.silent
    assert not taken(bed, 3).any()


def test_it_fades_in_within_100_ms_in_even_steps() -> None:
    bed = Bed(flat(), 1.0)
    bed.fade_in()
    sound = taken(bed, 7).astype(np.int32)
    assert FADE == 2400
    assert np.all(sound[FADE - 1 :] == 10_000)
    assert sound[0] == round(10_000 / FADE)
    assert set(np.diff(sound[:FADE])) == {4, 5}


def test_it_fades_out_within_100_ms_and_stays_silent() -> None:
    bed = Bed(flat(), 1.0)
    bed.fade_in()
    taken(bed, 6)
    bed.fade_out()
    sound = taken(bed, 6)
    assert set(np.diff(sound[:FADE].astype(np.int32))) == {-4, -5}
    assert not sound[FADE - 1 :].any()
    assert bed.silent


def test_a_fade_is_turned_round_where_it_has_got_to() -> None:
    bed = Bed(flat(), 1.0)
    bed.fade_in()
    up = taken(bed, 2)
    bed.fade_out()
    down = taken(bed, 2)
    assert np.array_equal(down[:-1], up[:-1][::-1])
    assert not down[-1]
    assert bed.silent


def test_asking_again_changes_nothing() -> None:
    once, often = Bed(flat(), 1.0), Bed(flat(), 1.0)
    once.fade_in()
    for _ in range(6):
        often.fade_in()
        assert np.array_equal(taken(once, 1), taken(often, 1))


@pytest.mark.parametrize(("volume", "level"), [(1.0, 10_000), (0.5, 5000), (0.1, 1000)])
def test_the_volume_is_linear(volume: float, level: int) -> None:
    bed = Bed(flat(), volume)
    bed.fade_in()
    assert taken(bed, 6)[-1] == level


def test_a_loop_goes_on_where_it_was_left_and_begins_again_at_its_end() -> None:
    loop = np.arange(1, 1001, dtype=np.int16)
    bed = Bed(loop, 1.0)
    bed.fade_in()
    taken(bed, 10)
    assert np.array_equal(taken(bed, 5), np.resize(np.roll(loop, -10 * FRAME), 5 * FRAME))
    bed.fade_out()
    taken(bed, 5)
    taken(bed, 100)
    bed.fade_in()
    taken(bed, 5)
    assert np.array_equal(taken(bed, 1), np.resize(np.roll(loop, -25 * FRAME), FRAME))


def test_what_lies_under_a_voice_is_added_to_it() -> None:
    beds = [Bed(flat(1000), 1.0), Bed(flat(300), 0.5)]
    for bed in beds:
        bed.fade_in()
        taken(bed, 5)
    assert np.array_equal(laid_under(flat(20_000), beds), flat(21_150))


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_too_loud_together_stays_at_the_limit(sign: int) -> None:
    bed = Bed(flat(sign * 20_000), 1.0)
    bed.fade_in()
    taken(bed, 5)
    assert np.array_equal(laid_under(flat(sign * 20_000), [bed]), flat(32_767 if sign > 0 else -32_768))


def test_a_voice_with_nothing_under_it_is_left_alone() -> None:
    voice = flat(123)
    assert laid_under(voice, [Bed(flat(), 1.0)]) is voice
