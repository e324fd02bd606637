"""The worker's end of a line: both sides in step."""

import numpy as np

from agent.headset import Headset, LateLeg
from audio.beds import FADE, Bed
from audio.frames import FRAME, RATE, Pcm
from audio.ledger import SpokenWord, Utterance, Word
from audio.mixer import Mixer


def number(value: int) -> Pcm:
    return np.full(FRAME, value, dtype=np.int16)


def speaking(*frames: Pcm, words: tuple[Word, ...] = ()) -> Mixer:
    """A mixer that says the frames."""
    mixer = Mixer(started=lambda utterance: None, stopped=lambda utterance: None)
    said = Utterance("a1", "reply", text=" ".join(word.text for word in words), words=list(words))
    for frame in frames:
        said.add(frame)
    mixer.speech.queue.append(said)
    return mixer


def test_the_mixer_is_what_is_spoken_and_every_hearer_is_given_what_is_heard() -> None:
    one, two = list[Pcm](), list[Pcm]()
    headset = Headset(speaking(number(1000)), (one.append, two.append), ())
    assert np.array_equal(headset.speak(), number(1000))
    heard = number(7)
    headset.hear(heard)
    assert one[0] is heard
    assert two[0] is heard


def test_what_lies_under_the_voice_is_spoken_and_recorded_but_is_no_voice() -> None:
    recorded: list[int] = []
    mixer = speaking(number(1000))
    bed = Bed(number(300), 1.0)
    bed.fade_in()
    bed.take(FADE)
    mixer.beds.append(bed)
    headset = Headset(mixer, (), [lambda callee, agent: recorded.append(int(agent[0]))])
    assert np.array_equal(headset.speak(), number(1300))
    assert np.array_equal(headset.voice(), number(1000))
    headset.hear(number(0))
    assert recorded == [1300]


def test_every_frame_that_is_spoken_is_ticked() -> None:
    ticks: list[str] = []
    headset = Headset(speaking(number(1)), (), (), lambda: ticks.append("tick"))
    for _ in range(3):
        headset.speak()
        headset.hear(number(0))
    assert len(ticks) == 3


def test_the_recording_keeps_frames_of_the_same_tick_together_however_far_the_line_speaks_ahead() -> None:
    recorded: list[tuple[int, int]] = []
    headset = Headset(
        speaking(*(number(1000 + tick) for tick in range(6))),
        (),
        [lambda callee, agent: recorded.append((int(callee[0]), int(agent[0])))],
    )
    for _ in range(3):
        headset.speak()
    for tick in range(3):
        headset.speak()
        headset.hear(number(tick))
    for tick in range(3, 6):
        headset.hear(number(tick))
    assert recorded == [(tick, 1000 + tick) for tick in range(6)]


def test_what_is_heard_before_anything_was_spoken_is_not_recorded() -> None:
    recorded: list[Pcm] = []
    headset = Headset(
        speaking(number(1)),
        (),
        [lambda callee, agent: recorded.append(callee)],
    )
    headset.hear(number(1))
    assert recorded == []


def test_the_words_that_went_out_are_told_with_their_samples() -> None:
    words = (Word("Hello", 0.0, 0.02), Word("there", 0.02, 0.04), Word("you", 0.5, 1.0))
    headset = Headset(speaking(number(1), number(1), number(1), words=words), (), ())
    assert not headset.spoken()
    for _ in range(3):
        headset.speak()
    assert headset.spoken() == [
        SpokenWord("Hello", 0, FRAME),
        SpokenWord("there", FRAME, round(0.04 * RATE)),
    ]


def test_a_leg_that_gets_its_headset_late_makes_up_for_what_it_missed() -> None:
    heard = list[Pcm]()
    recorded: list[tuple[int, int]] = []
    headset = Headset(
        speaking(*(number(1000 + tick) for tick in range(4))),
        (heard.append,),
        [lambda callee, agent: recorded.append((int(callee[0]), int(agent[0])))],
    )
    leg = LateLeg()
    assert not np.any(leg.speak())
    leg.hear(number(1))
    assert not np.any(leg.speak())
    assert leg.spoken() == ()
    assert not np.any(leg.voice())
    leg.put_on(headset)
    leg.hear(number(2))
    assert leg.speak()[0] == 1002
    assert leg.voice()[0] == 1002
    leg.hear(number(3))
    assert [int(frame[0]) for frame in heard] == [1, 2, 3]
    assert recorded == [(1, 1000), (2, 1001), (3, 1002)]
