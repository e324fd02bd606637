from collections.abc import Callable

import numpy as np
import pytest

from audio import g711
from audio.frames import Pcm
from audio.g711 import Codes

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)

Encode = Callable[[Pcm], Codes]
Decode = Callable[[Codes], Pcm]

# Decision values x_n and output values y_n at the ends of the segments, positive half: ITU-T G.711, tables 1a and 2a.
MU_DECISIONS = {0: 0, 1: 1, 2: 3, 16: 31, 17: 35, 32: 95, 48: 223, 64: 479, 80: 991, 96: 2015, 112: 4063, 127: 7903}
MU_OUTPUTS = {1: 0, 2: 2, 16: 30, 17: 33, 33: 99, 49: 231, 65: 495, 81: 1023, 97: 2079, 113: 4191, 128: 8031}
A_DECISIONS = {0: 0, 1: 2, 16: 32, 32: 64, 48: 128, 64: 256, 80: 512, 96: 1024, 112: 2048, 127: 3968}
A_OUTPUTS = {1: 1, 33: 66, 49: 132, 65: 264, 81: 528, 97: 1056, 113: 2112, 128: 4032}


@pytest.mark.parametrize(("decision", "value"), MU_DECISIONS.items())
def test_mu_law_changes_code_at_the_recommendations_decision_values(decision: int, value: int) -> None:
    at = g711.encode_mu(np.array([4 * value], dtype=np.int16))
    assert int(at[0]) == 0xFF - decision
    if value:
        below = g711.encode_mu(np.array([4 * value - 1], dtype=np.int16))
        assert int(below[0]) == 0xFF - decision + 1


@pytest.mark.parametrize(("number", "value"), MU_OUTPUTS.items())
def test_mu_law_decodes_to_the_recommendations_output_values(number: int, value: int) -> None:
    codes = np.array([0xFF - (number - 1), 0x7F - (number - 1)], dtype=np.uint8)
    assert g711.decode_mu(codes).tolist() == [4 * value, -4 * value]


@pytest.mark.parametrize(("decision", "value"), A_DECISIONS.items())
def test_a_law_changes_code_at_the_recommendations_decision_values(decision: int, value: int) -> None:
    at = g711.encode_a(np.array([8 * value], dtype=np.int16))
    assert int(at[0]) == (0x80 | decision) ^ 0x55
    if value:
        below = g711.encode_a(np.array([8 * value - 1], dtype=np.int16))
        assert int(below[0]) == (0x80 | decision - 1) ^ 0x55


@pytest.mark.parametrize(("number", "value"), A_OUTPUTS.items())
def test_a_law_decodes_to_the_recommendations_output_values(number: int, value: int) -> None:
    codes = np.array([(0x80 | number - 1) ^ 0x55, (number - 1) ^ 0x55], dtype=np.uint8)
    assert g711.decode_a(codes).tolist() == [8 * value, -8 * value]


@pytest.mark.parametrize(("encode", "decode"), [(g711.encode_mu, g711.decode_mu), (g711.encode_a, g711.decode_a)])
def test_a_second_round_trip_changes_nothing(encode: Encode, decode: Decode) -> None:
    once = decode(encode(EVERY_SAMPLE))
    assert np.array_equal(decode(encode(once)), once)


@pytest.mark.parametrize(("encode", "decode"), [(g711.encode_mu, g711.decode_mu), (g711.encode_a, g711.decode_a)])
def test_the_error_is_at_most_half_a_step(encode: Encode, decode: Decode) -> None:
    wide = EVERY_SAMPLE.astype(np.int32)[1000:-1000]
    error = np.abs(wide - decode(encode(EVERY_SAMPLE))[1000:-1000])
    assert np.all(error <= np.maximum(8, (np.abs(wide) + 132) / 32))


@pytest.mark.parametrize(("encode", "decode"), [(g711.encode_mu, g711.decode_mu), (g711.encode_a, g711.decode_a)])
def test_louder_samples_never_decode_quieter(encode: Encode, decode: Decode) -> None:
    assert np.all(np.diff(decode(encode(EVERY_SAMPLE)).astype(np.int32)) >= 0)
