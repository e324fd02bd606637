"""When a recogniser is suspect."""

from agent.fallback.doubt import FORGOTTEN, PATIENCE, VOICED, Doubt


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


def test_short_words_add_up_and_are_forgotten_in_time() -> None:
    for pause, suspect in ((1.0, True), (FORGOTTEN + 0.1, False)):
        doubt = Doubt()
        for _ in range(3):
            hear(doubt, 0.4, voice=True)
            hear(doubt, pause, voice=False)
        hear(doubt, PATIENCE, voice=False)
        assert doubt.is_suspect is suspect


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
