import numpy as np

from agent.realtime.wording import Wording, placed
from audio.frames import samples, silence
from audio.ledger import Utterance


def test_words_share_the_audible_sound_by_their_letters() -> None:
    loud = np.full(samples(1.0), 5000, dtype=np.int16)
    pcm = np.concatenate([silence(samples(0.5)), loud, silence(samples(1.0)), loud])
    words = placed("abcd efgh", pcm)
    assert [(word.text, round(word.start, 2), round(word.end, 2)) for word in words] == [
        ("abcd", 0.5, 1.5),
        ("efgh", 2.5, 3.5),
    ]


def test_without_sound_or_without_text_there_are_no_words() -> None:
    assert list(placed("some text", silence(samples(1.0)))) == []
    assert list(placed("", np.full(samples(1.0), 5000, dtype=np.int16))) == []


def test_words_are_placed_once_both_text_and_sound_are_whole() -> None:
    utterance = Utterance("a1", "reply", text="one two")
    wording = Wording(utterance)
    wording.add(np.full(samples(1.0), 5000, dtype=np.int16))
    wording.text_ended()
    assert utterance.words == []
    wording.sound_ended()
    assert [word.text for word in utterance.words] == ["one", "two"]
