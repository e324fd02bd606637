"""Words made up for a voice that nobody announced, in injected time."""

from collections.abc import Sequence

import numpy as np
import pytest

from agent.standins.config import Errors, Latencies
from agent.standins.phrases import LANGUAGES, phrases
from agent.standins.recogniser import Hearing, Result, Started
from agent.standins.speech import Mark
from agent.standins.unscripted import Unscripted

RATE = 16_000
STEP = 0.05
LATENCY = Latencies(stt_interim_ms=150, stt_final_ms=400)


class Listener:
    """A recogniser on a line where somebody speaks at times, each a pair of seconds."""

    def __init__(
        self,
        *voice: tuple[float, float],
        latency: Latencies = LATENCY,
        language: str | None = "en",
        errors: Errors | None = None,
        marks: Sequence[Mark] = (),
    ) -> None:
        self.voice = voice
        self.hearing = Hearing(RATE)
        self.recogniser = Unscripted(self.hearing, latency, errors or Errors(), language)
        self.recogniser.mark(list(enumerate(marks)))
        self.reports: list[tuple[float, Started | Result]] = []

    def listen(self, start: float, end: float, *, level: float = 3000.0, noise: float = 3.0) -> None:
        """Real time, in pieces of 50 ms; either level is an RMS."""
        draw = np.random.default_rng(1)
        for index in range(round((end - start) / STEP)):
            begin = start + index * STEP
            times = begin + np.arange(round(STEP * RATE)) / RATE
            speaking = np.any([(times >= first) & (times < until) for first, until in self.voice], axis=0)
            sound = draw.normal(0, 1, len(times)) * np.where(speaking, level, noise)
            self.hearing.feed(np.clip(sound, -32768, 32767).astype(np.int16).tobytes(), begin + STEP)
            self.reports.extend((begin + STEP, report) for report in self.recogniser.due(begin + STEP))

    @property
    def results(self) -> list[tuple[float, Result]]:
        return [(at, report) for at, report in self.reports if isinstance(report, Result)]

    def said(self, *, final: bool = True) -> list[str]:
        return [text(result) for _, result in self.results if result.final is final]


def text(result: Result) -> str:
    return " ".join(word.text for word in result.words)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0.2, "Yes."),
        (0.65, "Yes."),
        (0.7, "Yes, all right."),
        (1.45, "Yes, all right."),
        (1.55, "Yes, that sounds good to me."),
        (8.0, "Yes, that sounds good to me."),
    ],
)
def test_the_length_of_the_voice_decides_what_was_said(length: float, said: str) -> None:
    listener = Listener((1.0, 1.0 + length))
    listener.listen(0.0, length + 2.5)

    assert listener.said() == [said]


def test_results_come_when_the_voice_allows_them_and_not_before() -> None:
    listener = Listener((1.0, 2.8))
    listener.listen(0.0, 4.0)

    assert [(text(result), result.final) for _, result in listener.results] == [
        ("Yes.", False),
        ("Yes, all right.", False),
        ("Yes, that sounds good to me.", False),
        ("Yes, that sounds good to me.", True),
    ]
    assert [at for at, _ in listener.results] == pytest.approx([1.35, 1.85, 2.65, 3.2], abs=STEP + 0.001)
    started = [(at, report) for at, report in listener.reports if isinstance(report, Started)]
    [(at, report)] = started
    assert at == pytest.approx(1.2, abs=STEP + 0.001)
    assert report.at == pytest.approx(1.0)


def test_a_final_result_waits_for_the_silence_that_ends_a_stretch() -> None:
    listener = Listener((1.0, 2.0), latency=Latencies(stt_final_ms=50))
    listener.listen(0.0, 3.0)

    assert listener.results[-1][0] == pytest.approx(2.25, abs=STEP)


def test_words_share_the_time_of_the_voice() -> None:
    listener = Listener((1.0, 2.0))
    listener.listen(0.5, 3.0)

    words = listener.results[-1][1].words
    assert [word.start for word in words] == pytest.approx([0.5, 0.808, 1.038], abs=0.02)
    assert [word.end for word in words] == pytest.approx([0.808, 1.038, 1.5], abs=0.02)
    assert all(word.confidence > 0.9 for word in words)


@pytest.mark.parametrize("voice", [((1.0, 1.15),), ((1.0, 1.05), (1.3, 1.35))])
def test_a_click_or_two_are_not_speech(voice: tuple[tuple[float, float], ...]) -> None:
    listener = Listener(*voice)
    listener.listen(0.0, 3.0)

    assert listener.reports == []


def test_a_short_pause_is_part_of_a_stretch_and_a_longer_one_ends_it() -> None:
    listener = Listener((1.0, 1.5), (1.7, 2.2), (2.5, 2.8))
    listener.listen(0.0, 4.0)

    assert listener.said() == ["Yes, all right.", "Yes."]


def test_a_voice_that_goes_on_before_a_slow_final_result_is_another_stretch() -> None:
    listener = Listener((1.0, 1.5), (1.9, 2.4), latency=Latencies(stt_final_ms=1000))
    listener.listen(0.0, 4.0)

    assert listener.said() == ["Yes.", "Yes."]
    assert [at for at, result in listener.results if result.final] == pytest.approx([2.5, 3.4], abs=STEP + 0.001)


@pytest.mark.parametrize("noise", [3.0, 100.0, 300.0])
def test_the_noise_of_a_line_is_no_voice_but_a_voice_in_it_is(noise: float) -> None:
    listener = Listener((6.0, 6.5))
    listener.listen(0.0, 8.0, noise=noise)

    assert listener.said() == ["Yes."]


def test_a_voice_that_is_there_from_the_first_sample_is_heard() -> None:
    listener = Listener((0.0, 1.0))
    listener.listen(0.0, 2.0)

    assert listener.said() == ["Yes, all right."]


def test_a_stretch_that_marks_tell_is_left_to_them() -> None:
    listener = Listener((1.0, 1.8), (3.0, 3.5), marks=[Mark("No,", 1.2, 1.5, False), Mark("thanks.", 1.5, 1.8, True)])
    listener.listen(0.0, 5.0)

    assert listener.said() == ["Yes."]
    assert listener.results[0][0] > 3.0


def test_finalize_gives_what_was_heard_so_far_once() -> None:
    listener = Listener((1.0, 3.0))
    listener.listen(0.0, 1.9)

    (flushed,) = listener.recogniser.flush()
    assert isinstance(flushed, Result)
    assert (text(flushed), flushed.final, flushed.flushed) == ("Yes, all right.", True, True)
    assert listener.recogniser.flush() == []


def test_it_wakes_for_what_is_due() -> None:
    listener = Listener((1.0, 1.5), latency=Latencies(stt_final_ms=700))
    listener.listen(0.0, 1.85)

    assert listener.recogniser.next_at(1.85) == pytest.approx(2.2, abs=0.03)
    assert listener.recogniser.next_at(9.0) == 10.0


def test_words_are_wrong_as_often_as_set() -> None:
    listener = Listener((1.0, 3.0), errors=Errors(words=1.0))
    listener.listen(0.0, 5.0)

    (said,) = listener.said()
    assert len(said.split()) == 6
    assert "good" not in said
    assert said.endswith(".")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_longer_words_for_longer_voices(language: str) -> None:
    brief, longer, long = phrases(language).assents

    assert len(brief) < len(longer) < len(long)
    listener = Listener((1.0, 1.5), language=f"{language}-XX")
    listener.listen(0.0, 3.0)
    assert listener.said() == [brief]


def test_without_a_language_it_is_only_said_that_there_is_a_voice() -> None:
    listener = Listener((1.0, 2.5), language=None)
    listener.listen(0.0, 4.0)
    [(began, started), (ended, result)] = listener.reports
    assert isinstance(started, Started)
    assert 1.15 < began < 1.35
    assert result == Result((), final=True)
    assert 2.85 < ended < 3.05
