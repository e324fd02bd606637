"""When a recogniser is suspect."""

import pytest

from agent.fallback.doubt import PATIENCE, SCATTERED, VOICED, Doubt


def hear(doubt: Doubt, seconds: float, *, voice: bool) -> None:
    for _ in range(round(seconds / 0.02)):
        doubt.hear(0.02, voice=voice)


def test_voice_that_nothing_comes_of_makes_it_suspect() -> None:
    doubt = Doubt()
    hear(doubt, VOICED + 0.02, voice=True)
    hear(doubt, PATIENCE - 0.1, voice=False)
    assert not doubt.is_suspect
    hear(doubt, 0.2, voice=False)
    assert doubt.is_suspect


def test_a_sign_clears_it() -> None:
    doubt = Doubt()
    hear(doubt, VOICED + PATIENCE - 0.1, voice=True)
    doubt.clear()
    hear(doubt, 0.5, voice=True)
    assert not doubt.is_suspect


@pytest.mark.parametrize("pause", [1.0, SCATTERED + 0.1])
def test_short_words_add_up(pause: float) -> None:
    doubt = Doubt()
    for _ in range(3):
        hear(doubt, 0.4, voice=True)
        hear(doubt, pause, voice=False)
    hear(doubt, PATIENCE, voice=False)
    assert doubt.is_suspect


def test_bits_of_voice_never_count_against_a_recogniser() -> None:
    doubt = Doubt()
    for _ in range(3):
        for _ in range(3):
            hear(doubt, 0.4, voice=True)
            hear(doubt, SCATTERED + 0.1, voice=False)
        assert doubt.is_suspect
        doubt.renew()
        assert (doubt.strikes, doubt.is_suspect) == (0, False)


def test_another_connection_gets_the_same_time_and_its_failure_counts() -> None:
    doubt = Doubt()
    for strikes in (1, 2):
        hear(doubt, VOICED + PATIENCE + 0.1, voice=True)
        doubt.renew()
        assert (doubt.strikes, doubt.is_suspect) == (strikes, False)
    doubt.clear()
    assert doubt.strikes == 0


def test_one_that_was_lost_without_being_suspect_has_no_strike() -> None:
    doubt = Doubt()
    hear(doubt, VOICED + 0.5, voice=True)
    doubt.renew()
    assert doubt.strikes == 0


def test_a_word_of_long_ago_does_not_excuse_it() -> None:
    doubt = Doubt()
    hear(doubt, 0.4, voice=True)
    hear(doubt, SCATTERED + 0.1, voice=False)
    hear(doubt, VOICED + PATIENCE + 0.1, voice=True)
    doubt.renew()
    assert doubt.strikes == 1
