import re

import numpy as np

from agent.rehearsal.listening import Listening
from audio.frames import FRAME, Pcm, samples, silence
from audio.ledger import SpokenWord
from tests.agent.rehearsal.fakes import tone


def listen(sound: Pcm, words: list[SpokenWord], delay: int = 0) -> Listening:
    ear = Listening(delay)
    for start in range(0, len(sound), FRAME):
        ear.take(start, sound[start : start + FRAME], words)
    return ear


def word(text: str, start: float, end: float) -> SpokenWord:
    return SpokenWord(text, samples(start), samples(end))


def test_before_the_agent_has_spoken_nothing_was_heard() -> None:
    ear = listen(silence(samples(1)), [])
    assert (ear.begun_at, ear.stopped_at) == (None, None)


def test_words_decide_when_the_agent_began_and_stopped() -> None:
    ear = listen(silence(samples(2)), [word("a", 0.3, 0.5), word("b", 0.6, 0.9), word("c", 1.4, 1.6)])
    assert (ear.begun_at, ear.stopped_at) == (samples(1.4), samples(1.6))


def test_a_word_that_has_not_arrived_is_not_known() -> None:
    ear = listen(silence(samples(1)), [word("a", 0.3, 0.5), word("b", 0.9, 1.1)], delay=samples(0.2))
    assert (ear.begun_at, ear.stopped_at) == (samples(0.5), samples(0.7))


def test_the_end_of_a_word_may_still_move() -> None:
    ear = Listening(0)
    for now in range(0, samples(1), FRAME):
        ear.take(now, silence(), [word("long", 0.1, min(0.5, (now + FRAME) / 24_000))] if now > samples(0.2) else [])
    assert ear.stopped_at == samples(0.5)


def test_background_sound_is_not_speech() -> None:
    ear = listen(tone(5.0), [word("a", 0.5, 0.8)])
    assert ear.stopped_at == samples(0.8)


def test_a_leg_that_names_no_words_is_heard_by_its_sound() -> None:
    ear = listen(np.concatenate([silence(4800), tone(0.5), silence(12_000)]), [])
    assert (ear.begun_at, ear.stopped_at) == (4800, 4800 + samples(0.5))


def test_a_phrase_is_found_across_words_and_ends_with_its_last() -> None:
    ear = listen(silence(samples(2)), [word("Which", 0.1, 0.3), word("day,", 0.3, 0.6), word("please?", 0.6, 0.9)])
    assert ear.find(re.compile(r"which day", re.IGNORECASE), since=0) == samples(0.6)
    assert ear.find(re.compile(r"which day", re.IGNORECASE), since=samples(0.3)) is None
    assert ear.find(re.compile("today"), since=0) is None
