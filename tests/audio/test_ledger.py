"""What was played when, and which words that made audible."""

import numpy as np
import pytest

from audio.frames import RATE, Pcm, samples, silence
from audio.ledger import AUDIBLE, Ledger, Utterance, Word


def loud(seconds: float) -> Pcm:
    return np.full(samples(seconds), 5000, dtype=np.int16)


def count(length: int) -> Pcm:
    """Samples that say which they are: 1, 2, 3, …"""
    return np.arange(1, length + 1, dtype=np.int16)


def spaced(text: str, each: float = 0.5) -> list[Word]:
    """The text's words, each as long as the others, one directly after the other."""
    return [Word(word, index * each, (index + 1) * each) for index, word in enumerate(text.split())]


def said(text: str, words: list[Word], seconds: float) -> Utterance:
    """The text, cut after so many seconds."""
    utterance = Utterance("a1", "reply", text=text, words=words)
    utterance.add(loud(10.0))
    utterance.take(samples(seconds), 0)
    utterance.stop()
    return utterance


@pytest.mark.parametrize(
    ("seconds", "heard"),
    [
        (0.0, ""),
        (0.2, ""),
        (0.26, "Well,"),
        (1.0, "Well, I"),
        (1.3, "Well, I know:"),
        (2.5, "Well, I know: nine o'clock…"),
        (3.0, "Well, I know: nine o'clock… is"),
        (3.5, "Well, I know: nine o'clock… is fine!"),
    ],
)
def test_what_was_heard_is_right_to_the_word_with_its_punctuation(seconds: float, heard: str) -> None:
    text = "Well, I know: nine o'clock… is fine!"
    bare = spaced("Well I know nine o'clock is fine")
    assert said(text, bare, seconds).heard() == heard


def test_a_word_counts_once_half_of_it_went_out() -> None:
    text = "Hello there"
    assert said(text, spaced(text), 0.74).heard() == "Hello"
    assert said(text, spaced(text), 0.75).heard() == "Hello there"


def test_a_word_that_occurs_twice_is_told_apart() -> None:
    text = "no, no, a no."
    assert said(text, spaced("no, no, a no."), 1.0).heard() == "no, no,"


def test_words_that_are_not_in_the_text_are_given_as_they_were_spoken() -> None:
    assert said("It is 9:00.", spaced("it is nine o'clock"), 1.5).heard() == "it is nine"


def test_words_that_carry_spaces_are_found() -> None:
    words = [Word(" Hello ", 0.0, 0.5), Word("  you", 0.5, 1.0)]
    assert said("Hello you all", words, 1.0).heard() == "Hello you"


def test_what_was_played_whole_is_heard_whole_whatever_its_words_say() -> None:
    utterance = Utterance("a1", "reply", text=" Hello there. ", words=spaced("Hello"))
    utterance.add(loud(1.0))
    utterance.complete = True
    utterance.take(samples(1.0), 0)
    utterance.stop()
    assert not utterance.cut
    assert utterance.heard() == "Hello there."


def test_without_word_times_what_was_heard_is_estimated_by_pace() -> None:
    text = "one two three four five six seven eight nine ten"
    heard = [len(said(text, [], seconds).heard().split()) for seconds in (0.0, 0.5, 1.0, 2.0, 10.0)]
    assert heard == sorted(heard)
    assert (heard[0], heard[-1]) == (0, 10)
    assert heard[2] in (3, 4)
    assert text.startswith(said(text, [], 1.0).heard())


def test_nothing_was_heard_of_what_was_stopped_before_it_began() -> None:
    for words in ([], spaced("Hello"), [Word("Hello", 0.0, 0.0)]):
        utterance = Utterance("a1", "reply", text="Hello", words=words)
        utterance.add(loud(1.0))
        utterance.stop()
        assert utterance.cut
        assert utterance.heard() == ""


def test_an_utterance_that_is_still_being_made_when_it_is_stopped_is_cut() -> None:
    utterance = said("Hello", [], 10.0)
    assert utterance.cut
    assert utterance.finished
    assert utterance.left == 0


def test_sound_is_taken_in_the_order_it_came_however_it_was_cut() -> None:
    utterance = Utterance("a1", "reply")
    whole = count(1000)
    for piece in np.split(whole, [1, 7, 480, 481, 900]):
        utterance.add(piece)
    taken = [utterance.take(size, 0) for size in (3, 480, 0, 100, 480)]
    assert np.array_equal(np.concatenate(taken), whole)
    assert utterance.played == 1000


def test_what_follows_directly_is_one_run_and_what_resumes_after_a_pause_another() -> None:
    utterance = Utterance("a1", "reply")
    utterance.add(count(1500))
    utterance.take(480, 100)
    utterance.take(480, 580)
    utterance.take(480, 5000)
    assert [(run.line, run.source, run.count) for run in utterance.runs] == [(100, 0, 960), (5000, 960, 480)]


def test_a_sample_is_placed_where_it_went_out() -> None:
    utterance = Utterance("a1", "reply")
    utterance.add(count(1500))
    utterance.take(480, 100)
    utterance.take(480, 5000)
    assert [utterance.place(sample) for sample in (0, 479, 480, 959, 960)] == [100, 579, 5000, 5479, None]


def test_words_resumed_after_a_pause_are_placed_on_either_side_of_it() -> None:
    utterance = Utterance("a1", "reply", text="one two", words=spaced("one two"))
    ledger = Ledger()
    ledger.enter(utterance)
    utterance.add(loud(1.0))
    utterance.take(samples(0.5), 0)
    utterance.take(samples(0.5), samples(3.0))
    assert ledger.spoken() == [("one", 0, samples(0.5)), ("two", samples(3.0), samples(3.5))]


def test_the_voice_is_placed_by_its_first_and_last_audible_samples() -> None:
    utterance = Utterance("a1", "reply")
    utterance.add(np.concatenate([silence(300), np.full(50, -AUDIBLE, np.int16), silence(100), loud(0.001), silence()]))
    for tick in range(3):
        utterance.take(480, 1000 + 480 * tick)
    assert utterance.voiced_from == 1300
    assert utterance.voiced_to == 1000 + 300 + 50 + 100 + samples(0.001)


def test_the_lowest_sample_there_is_counts_as_sound() -> None:
    utterance = Utterance("a1", "reply")
    utterance.add(np.full(1, -32768, dtype=np.int16))
    utterance.take(1, 7)
    assert (utterance.voiced_from, utterance.voiced_to) == (7, 8)


def test_words_are_listed_once_while_an_utterance_grows_and_after_it_ended() -> None:
    ledger = Ledger()
    first, second = (Utterance(name, "reply", text="one two", words=spaced("one two")) for name in ("a1", "a2"))
    ledger.enter(first)
    first.add(loud(1.0))
    first.take(samples(0.5), 0)
    growing = [("one", 0, samples(0.5))]
    assert [ledger.spoken(), ledger.spoken()] == [growing, growing]
    first.complete = True
    first.take(samples(0.5), samples(0.5))
    ledger.enter(second)
    second.add(loud(1.0))
    second.take(samples(0.3), RATE)
    expected = [*growing, ("two", samples(0.5), RATE), ("one", RATE, RATE + samples(0.3))]
    assert [ledger.spoken(), ledger.spoken()] == [expected, expected]
    assert list(ledger) == [first, second]


def test_words_that_never_went_out_are_not_listed() -> None:
    ledger = Ledger()
    utterance = said("one two three", spaced("one two three"), 0.8)
    ledger.enter(utterance)
    assert [text for text, _, _ in ledger.spoken()] == ["one", "two"]
