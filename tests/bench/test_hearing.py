import numpy as np

from audio.frames import Pcm, samples, silence
from bench.hearing import Answer, Stretch, answers, stretches

DELAY = samples(0.04)


def sound(*pieces: tuple[float, float]) -> Pcm:
    """Ten seconds of silence with sound from and to these seconds."""
    pcm = silence(samples(10.0))
    for start, end in pieces:
        pcm[samples(start) : samples(end)] = np.int16(3000)
    return pcm


def test_a_short_silence_does_not_end_a_stretch() -> None:
    pcm = sound((1.0, 2.0), (2.8, 3.0), (5.0, 5.5))
    assert stretches(pcm, samples(1.2)) == (
        Stretch(samples(1.0), samples(3.0)),
        Stretch(samples(5.0), samples(5.5)),
    )


def test_silence_has_no_stretches() -> None:
    assert stretches(silence(samples(1.0)), samples(0.3)) == ()


def test_the_wait_counts_from_when_the_voice_has_reached_the_worker() -> None:
    assert answers(sound((1.0, 2.0)), sound((2.54, 4.0)), DELAY) == (Answer(cut_in=False, wait=0.5),)


def test_speech_in_a_pause_is_a_cut_in_and_the_answer_is_what_begins_after_the_turn() -> None:
    callee = sound((1.0, 2.0), (2.7, 3.5))
    agent = sound((2.5, 2.9), (4.04, 5.0))
    assert answers(callee, agent, DELAY) == (Answer(cut_in=True, wait=0.5),)


def test_a_cut_in_that_is_talked_over_the_end_of_the_turn_leaves_no_wait() -> None:
    callee = sound((1.0, 2.0), (2.7, 3.0))
    assert answers(callee, sound((2.5, 4.5)), DELAY) == (Answer(cut_in=True, wait=None),)


def test_each_turn_has_its_own_answer() -> None:
    callee = sound((1.0, 1.5), (5.0, 5.5))
    agent = sound((2.04, 4.0), (6.14, 8.0))
    assert [answer.wait for answer in answers(callee, agent, DELAY)] == [0.5, 0.6]
