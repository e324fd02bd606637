"""The instruments: a chirp that is whole is told from one that is not, and a sample is placed where it was sent."""

import secrets

import numpy as np
import pytest

from agent.standins.resample import resampled
from audio import noise
from audio.band import TelephoneBand
from audio.frames import RATE, Pcm, dbfs, samples
from tests.e2e.hearing import chirp, find_chirp, first_sound, level, tone
from tests.e2e.rtp import FRAME, Heard, Packet, Source


def line(sound: Pcm, at: float = 0.5) -> Pcm:
    """The sound on a telephone line with a little hiss."""
    hiss = noise.comfort(dbfs=-50.0)[: samples(2)].copy()
    hiss[samples(at) : samples(at) + len(sound)] += sound
    return TelephoneBand().pass_on(hiss)


def test_a_whole_chirp_is_found_at_its_place() -> None:
    found = find_chirp(line(chirp()), chirp())
    assert found.whole, found
    assert found.sample == pytest.approx(samples(0.5) + TelephoneBand.DELAY, abs=3)


@pytest.mark.parametrize("missing", [0.01, 0.02, 0.03])
def test_a_chirp_without_its_beginning_is_not_whole(missing: float) -> None:
    cut = chirp()
    cut[: samples(missing)] = 0
    found = find_chirp(line(cut), chirp())
    assert not found.whole, found
    assert found.sample == pytest.approx(samples(0.5) + TelephoneBand.DELAY, abs=3)


def test_a_chirp_that_begins_before_the_recording_is_not_whole() -> None:
    found = find_chirp(line(chirp(), at=0)[samples(0.02) :], chirp())
    assert not found.whole, found


def test_neither_noise_nor_a_tone_is_a_chirp() -> None:
    assert not find_chirp(line(tone(1000, 1)), chirp()).whole
    assert not find_chirp(line(np.zeros(0, dtype=np.int16)), chirp()).whole


def test_every_sample_is_placed_by_its_timestamp_whatever_the_order_of_arrival() -> None:
    source, heard = Source(), Heard()
    sound = resampled(tone(1000, 1), RATE, 8000)
    source.waiting.extend(sound.tolist())
    packets = [source.tick()[0] for _ in range(50)]
    base = 2**32 - 3 * FRAME  # the timestamps start again from 0 on the way
    arrived = [Packet(10 + n * 0.02, (base + n * FRAME) % 2**32, data[12:]) for n, data in enumerate(packets)]
    arrived[3], arrived[4] = arrived[4], arrived[3]
    del arrived[20]
    heard.packets.extend(arrived)
    pcm = heard.pcm()
    assert len(pcm) == len(sound)
    assert not pcm[20 * FRAME : 21 * FRAME].any()
    assert np.abs(pcm[: 20 * FRAME].astype(int) - sound[: 20 * FRAME]).max() < 300
    assert heard.began == pytest.approx(10)
    assert first_sound(heard) == pytest.approx(10, abs=0.001)


def test_a_key_is_told_before_the_sound_that_waits() -> None:
    source = Source()
    source.events = 101
    source.keys.extend("1#")
    kinds = [[packet[1] & 0x7F for packet in source.tick()] for _ in range(26)]
    assert kinds == 2 * [*([[101]] * 7), [101] * 3, *([[0]] * 5)]


def test_an_idle_line_hisses_and_a_tone_has_its_level() -> None:
    source = Source()
    data = b"".join(source.tick()[0][12:] for _ in range(50))
    heard = Heard()
    heard.packets.append(Packet(0.0, secrets.randbits(32), data))
    assert -70 < dbfs(heard.pcm()) < -55
    assert first_sound(heard) is None
    assert level(tone(600, 1, dbfs=-20), 600) == pytest.approx(-20, abs=0.5)
