import numpy as np
import pytest

from agent.rehearsal.clips import Part, assemble, parts
from agent.standins.speech import Speech, TimedWord
from audio.frames import dbfs, samples, silence
from tests.agent.rehearsal.fakes import tone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello.", [Part("Hello.")]),
        ("a / b // c", [Part("a"), Part(pause=0.7), Part("b"), Part(pause=1.5), Part("c")]),
        ("a /0.35/ b", [Part("a"), Part(pause=0.35), Part("b")]),
        ("// late", [Part(pause=1.5), Part("late")]),
        ("and/or 24/7", [Part("and/or 24/7")]),
        ("Bye. <beep>", [Part("Bye."), Part(beep=True)]),
        ("/", [Part(pause=0.7)]),
    ],
)
def test_pauses_and_tones_are_taken_out_of_a_text(text: str, expected: list[Part]) -> None:
    assert parts(text) == tuple(expected)


def test_silence_around_rendered_speech_does_not_lengthen_a_pause() -> None:
    padded = np.concatenate([silence(1200), tone(0.5), silence(2400)])
    speech = Speech(padded, (TimedWord("a", 0.05, 0.55),))
    clip = assemble("a / a", {"a": speech}, -20)
    assert len(clip.pcm) == samples(0.5 + 0.7 + 0.5)
    assert [(word.start, word.end) for word in clip.words] == [(0, 12_000), (28_800, 40_800)]


@pytest.mark.parametrize("level", [-30.0, -14.0])
def test_speech_has_the_level_of_the_line_file_pauses_left_out(level: float) -> None:
    speech = Speech(np.concatenate([tone(0.3), silence(12_000), tone(0.3)]), (TimedWord("a", 0, 1.1),))
    clip = assemble("a", {"a": speech}, level)
    assert dbfs(clip.pcm[: samples(0.3)]) == pytest.approx(level, abs=0.3)


def test_speech_without_any_sound_is_no_error() -> None:
    clip = assemble("a / b", {"a": Speech(silence(100), (TimedWord("a", 0, 0.1),)), "b": Speech(silence(0), ())}, -20)
    assert (len(clip.pcm), clip.words) == (samples(0.7), ())


def test_a_long_gap_between_words_ends_a_stretch() -> None:
    words = (TimedWord("one", 0, 0.2), TimedWord("two", 0.25, 0.5), TimedWord("three", 0.85, 1.0))
    clip = assemble("one two three", {"one two three": Speech(tone(1.0), words)}, -20)
    assert [word.last for word in clip.words] == [False, True, True]
