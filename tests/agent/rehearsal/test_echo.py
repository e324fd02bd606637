"""A phone that gives back what it hears."""

import numpy as np

from agent.rehearsal.echo import Speakerphone
from agent.rehearsal.script import Echo
from audio.frames import FRAME, Pcm, silence
from audio.ledger import SpokenWord


def level(value: int) -> Pcm:
    return np.full(FRAME, value, dtype=np.int16)


def test_what_reached_the_ear_comes_back_later_and_weaker_under_the_callees_voice() -> None:
    phone = Speakerphone(Echo(db=-20, delay_ms=20))
    assert np.array_equal(phone.add(level(5), level(1000)), level(5))
    assert np.array_equal(phone.add(level(5), silence()), level(105))
    assert np.array_equal(phone.add(silence(), silence()), silence())


def test_each_word_of_the_agents_comes_back_once() -> None:
    phone = Speakerphone(Echo())
    one, two = SpokenWord("one", 0, 100), SpokenWord("two", 100, 200)
    assert phone.new_words([one]) == [one]
    assert phone.new_words([one, two]) == [two]
    assert phone.new_words([one, two]) == []
