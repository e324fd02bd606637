from typing import Any

import numpy as np
import pytest

from agent.rehearsal.network import Path, delay
from agent.rehearsal.script import Codec, Network
from audio.band import TelephoneBand
from audio.frames import FRAME, Pcm, dbfs, samples, silence
from tests.agent.rehearsal.fakes import bursts, tone


def carry(network: Network, sent: Pcm, noise_dbfs: float | None = None, name: str = "to agent") -> Pcm:
    path = Path(network, name=name, noise_dbfs=noise_dbfs)
    return np.concatenate([path.carry(sent[start : start + FRAME]) for start in range(0, len(sent), FRAME)])


def click_at(place: int) -> Pcm:
    pcm = silence(samples(2))
    pcm[place : place + 3] = 20_000
    return pcm


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("delay_ms", [0, 33.3, 150])
def test_sound_arrives_after_the_delay_whatever_the_codec(codec: Codec, delay_ms: float) -> None:
    network = Network(codec=codec, delay_ms=delay_ms, noise_dbfs=None)
    heard = carry(network, click_at(5000))
    assert abs(int(np.argmax(np.abs(heard.astype(np.int32)))) - (5001 + delay(network))) <= 1


def test_the_delay_holds_the_bands_own_and_the_playout_buffer() -> None:
    assert delay(Network(delay_ms=0)) == TelephoneBand.DELAY
    assert delay(Network(delay_ms=40, jitter_ms=25)) == samples(0.065)
    assert delay(Network(delay_ms=40, jitter_ms=25, buffer_ms=5)) == samples(0.045)
    assert delay(Network(delay_ms=0, codec=Codec.WIDE)) == 0


def test_a_wide_line_without_faults_changes_nothing() -> None:
    sent = tone(0.4)
    assert np.array_equal(carry(Network(codec=Codec.WIDE, delay_ms=0), sent), sent)


def test_jitter_within_the_buffer_is_late_but_whole() -> None:
    wide: dict[str, Any] = {"codec": Codec.WIDE, "noise_dbfs": None}
    sent = tone(1.0)
    heard = carry(Network(delay_ms=20, jitter_ms=60, **wide), sent)
    assert np.array_equal(heard[samples(0.08) :], sent[: -samples(0.08)])


def test_packets_later_than_the_buffer_are_heard_as_faults() -> None:
    network = Network(codec=Codec.WIDE, delay_ms=0, jitter_ms=60, buffer_ms=30, noise_dbfs=None)
    sent = tone(4.0)
    heard = carry(network, sent)
    shifted = sent[: -samples(0.03)]
    packets = [
        np.array_equal(heard[samples(0.03) + start :][:FRAME], shifted[start : start + FRAME])
        for start in range(0, len(shifted) - FRAME, FRAME)
    ]
    assert 0.35 < packets.count(False) / len(packets) < 0.65


def test_a_lost_packet_fades_away() -> None:
    heard = carry(Network(codec=Codec.WIDE, delay_ms=0, loss=1.0), tone(1.0))
    assert not np.any(heard)


def test_the_same_seed_loses_the_same_packets_and_each_direction_its_own() -> None:
    network = Network(codec=Codec.WIDE, delay_ms=0, loss=0.3, seed=5)
    sent = tone(2.0)
    first, again = carry(network, sent), carry(network, sent)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, carry(network, sent, name="to callee"))
    assert not np.array_equal(first, carry(network.model_copy(update={"seed": 6}), sent))


def test_comfort_noise_lies_under_everything_from_the_first_sample() -> None:
    heard = carry(Network(), silence(samples(2)), noise_dbfs=-55)
    assert abs(dbfs(heard) + 55) < 1
    assert np.any(heard[:FRAME])


def test_sound_louder_than_full_scale_is_clipped_not_wrapped() -> None:
    heard = carry(Network(codec=Codec.WIDE, delay_ms=0), np.full(samples(1), 32_767, np.int16), noise_dbfs=-20)
    assert int(np.min(heard)) > 0


def test_the_band_keeps_speech_and_takes_what_is_above_it() -> None:
    low, high = (carry(Network(noise_dbfs=None), tone(1.0, hz=hz)) for hz in (1000, 6000))
    assert len(bursts(low)) == 1
    # All that is heard of it is how suddenly it began and ended.
    assert not bursts(high[samples(0.1) : samples(0.9)])
