"""The recogniser without its socket, in injected time."""

from collections.abc import Sequence

import numpy as np
import pytest

from agent.standins.config import Errors, Latencies
from agent.standins.recogniser import Hearing, Recogniser, Result, Started
from agent.standins.speech import Mark

RATE = 16_000
STEP = 0.05
LATENCY = Latencies(stt_interim_ms=150, stt_final_ms=100)
WORDS = (Mark("Good", 1.0, 1.3, False), Mark("morning.", 1.3, 1.8, True))


def sound(duration: float, level: float = 3000.0) -> bytes:
    """Noise of this RMS."""
    noise = np.random.default_rng(1).normal(0, level, round(duration * RATE))
    return np.clip(noise, -32768, 32767).astype(np.int16).tobytes()


class Listener:
    """A recogniser fed with audio that sounds while somebody speaks."""

    def __init__(self, marks: Sequence[Mark], *, errors: Errors | None = None, latency: Latencies = LATENCY) -> None:
        self.hearing = Hearing(RATE)
        self.recogniser = Recogniser(self.hearing, latency, errors or Errors())
        self.recogniser.mark(list(enumerate(marks)))
        self.marks = marks
        self.reports: list[tuple[float, Started | Result]] = []

    def listen(self, start: float, end: float, *, deaf: tuple[float, float] = (0.0, 0.0), noise: float = 3.0) -> None:
        """Real time: each piece arrives when it has been spoken; silence comes from the line while it is deaf."""
        for index in range(round((end - start) / STEP)):
            begin = start + index * STEP
            middle = begin + STEP / 2
            speaking = any(mark.start <= middle <= mark.end for mark in self.marks)
            heard = speaking and not deaf[0] <= middle < deaf[1]
            self.hear(sound(STEP, 3000.0 if heard else noise), begin + STEP)

    def hear(self, data: bytes, now: float) -> None:
        self.hearing.feed(data, now)
        self.reports.extend((now, report) for report in self.recogniser.due(now))

    def said(self) -> list[tuple[str, bool]]:
        return [
            (" ".join(word.text for word in report.words), report.final)
            for _, report in self.reports
            if isinstance(report, Result)
        ]

    def when(self, text: str, *, final: bool) -> float:
        return next(
            at
            for at, report in self.reports
            if isinstance(report, Result)
            and report.final is final
            and " ".join(word.text for word in report.words) == text
        )


def test_words_are_reported_when_due_and_not_before() -> None:
    listener = Listener(WORDS)
    listener.listen(0.0, 2.5)

    assert listener.said() == [("Good", False), ("Good morning.", True)]
    assert listener.when("Good", final=False) == pytest.approx(1.45, abs=STEP)
    assert listener.when("Good morning.", final=True) == pytest.approx(1.9, abs=STEP)
    started = [(at, report) for at, report in listener.reports if isinstance(report, Started)]
    assert len(started) == 1
    assert started[0][0] == pytest.approx(1.1, abs=STEP)


def test_a_slow_final_result_follows_the_last_interim_one() -> None:
    listener = Listener(WORDS, latency=Latencies(stt_interim_ms=50, stt_final_ms=400))
    listener.listen(0.0, 2.5)

    assert listener.said() == [("Good", False), ("Good morning.", False), ("Good morning.", True)]
    assert listener.when("Good morning.", final=True) == pytest.approx(2.2, abs=STEP)


def test_word_times_are_stream_times() -> None:
    listener = Listener(WORDS)
    listener.listen(0.8, 2.5)

    final = listener.reports[-1][1]
    assert isinstance(final, Result)
    times = [time for word in final.words for time in (word.start, word.end)]
    assert times == pytest.approx([0.2, 0.5, 0.5, 1.0], abs=0.02)


def test_a_word_whose_sound_is_missing_is_not_heard() -> None:
    listener = Listener(WORDS)
    listener.listen(0.0, 2.5, deaf=(0.9, 1.3))

    assert listener.said() == [("morning.", True)]


def test_words_below_the_noise_are_not_heard() -> None:
    listener = Listener(WORDS)
    listener.listen(0.0, 2.5, noise=3000.0)

    assert listener.said() == []


def test_a_pause_within_a_stretch_does_not_end_it_and_the_end_of_one_does() -> None:
    first, second = Mark("One,", 1.0, 1.3, False), Mark("two.", 1.5, 1.8, True)
    third = Mark("Three.", 2.3, 2.6, True)
    listener = Listener((first, second, third))
    listener.listen(0.0, 3.2)

    assert [said for said, final in listener.said() if final] == ["One, two.", "Three."]


def test_a_recogniser_that_connects_in_the_middle_hears_what_follows() -> None:
    listener = Listener(WORDS)
    listener.listen(1.28, 2.5)

    assert listener.said() == [("morning.", True)]


def test_audio_that_was_held_back_and_comes_in_a_burst_is_put_in_its_place() -> None:
    listener = Listener(WORDS)
    for index in range(round(2.0 / STEP)):
        speaking = any(mark.start <= (index + 0.5) * STEP <= mark.end for mark in WORDS)
        listener.hear(sound(STEP, 3000.0 if speaking else 3.0), 2.1 + index * 0.001)
    listener.listen(2.15, 2.6)

    assert listener.said()[-1] == ("Good morning.", True)


def test_a_word_in_audio_that_catches_up_slowly_is_heard() -> None:
    word = Mark("No.", 2.0, 2.15, True)
    listener = Listener((word,))
    listener.listen(0.0, 0.8)
    for index in range(round(2.0 / STEP)):  # a second late, then twice as fast as it was made
        begin = 0.8 + index * STEP
        speaking = word.start <= begin + STEP / 2 <= word.end
        listener.hear(sound(STEP, 3000.0 if speaking else 3.0), 1.8 + index * STEP / 2)
    listener.listen(2.8, 3.2)

    assert listener.said() == [("No.", True)]


@pytest.mark.parametrize("stall", [1.05, 1.1, 1.2, 1.25, 1.35, 1.5, 1.7])
def test_a_word_in_which_the_audio_was_held_back_is_heard(stall: float) -> None:
    listener = Listener(WORDS)
    listener.listen(0.0, stall)
    late = round(0.6 / STEP)
    for index in range(late):  # for 0.6 s nothing came, then all of it
        begin = stall + index * STEP
        speaking = any(mark.start <= begin + STEP / 2 <= mark.end for mark in WORDS)
        listener.hear(sound(STEP, 3000.0 if speaking else 3.0), stall + 0.6 + index * 0.001)
    listener.listen(stall + 0.6, 3.0)

    assert listener.said()[-1] == ("Good morning.", True)


def test_what_came_in_late_is_decided_when_the_client_has_no_more() -> None:
    listener = Listener(WORDS)
    listener.listen(0.0, 0.8)
    for index in range(round(1.2 / STEP)):
        begin = 0.8 + index * STEP
        speaking = any(mark.start <= begin + STEP / 2 <= mark.end for mark in WORDS)
        listener.hear(sound(STEP, 3000.0 if speaking else 3.0), 2.0 + index * 0.001)
    assert listener.said() == []

    listener.hearing.settle()
    results = [report for report in listener.recogniser.due(2.05) if isinstance(report, Result)]
    assert [word.text for word in results[-1].words] == ["Good", "morning."]


def test_what_is_forgotten_may_be_heard_again() -> None:
    listener = Listener(WORDS)
    listener.listen(0.9, 1.2)
    listener.hearing.forget()
    for index in range(round(1.0 / STEP)):  # it is sent once more
        begin = 0.9 + index * STEP
        speaking = any(mark.start <= begin + STEP / 2 <= mark.end for mark in WORDS)
        listener.hear(sound(STEP, 3000.0 if speaking else 3.0), max(1.3, begin + STEP))
    listener.listen(1.9, 2.4)

    assert listener.said()[-1] == ("Good morning.", True)


def test_marks_that_come_late_are_reported_at_once() -> None:
    listener = Listener(())
    listener.marks = WORDS
    listener.listen(0.0, 2.5)
    listener.recogniser.mark(list(enumerate(WORDS)))

    results = [report for report in listener.recogniser.due(2.5) if isinstance(report, Result)]
    assert [word.text for word in results[-1].words] == ["Good", "morning."]
    assert results[-1].final


def test_a_stretch_without_a_marked_end_is_ended_by_silence() -> None:
    listener = Listener((Mark("Well", 1.0, 1.3, False),))
    listener.listen(0.0, 3.0)

    assert listener.said() == [("Well", False), ("Well", True)]


def test_finalize_gives_what_was_heard_so_far() -> None:
    listener = Listener(WORDS)
    listener.listen(0.0, 1.5)

    (flushed,) = listener.recogniser.flush()
    assert isinstance(flushed, Result)
    assert [word.text for word in flushed.words] == ["Good"]
    assert flushed.final
    assert listener.recogniser.flush() == []


def test_words_are_wrong_as_often_as_set_and_the_same_for_every_connection() -> None:
    marks = [Mark("word", 1 + index * 0.3, 1.2 + index * 0.3, index == 99) for index in range(100)]

    def heard() -> list[str]:
        listener = Listener(marks, errors=Errors(words=0.3, seed=7))
        listener.listen(0.0, 32.0)
        return listener.said()[-1][0].split()

    words = heard()
    assert len(words) == 100
    assert 15 <= sum(word != "word" for word in words) <= 45
    assert words == heard()


def test_a_wrong_word_keeps_its_punctuation_and_admits_doubt() -> None:
    listener = Listener(WORDS, errors=Errors(words=1.0))
    listener.listen(0.0, 2.5)

    final = listener.reports[-1][1]
    assert isinstance(final, Result)
    assert final.words[1].text.endswith(".")
    assert final.words[1].text != "morning."
    assert all(word.confidence < 0.7 for word in final.words)


def test_nothing_is_due_without_audio() -> None:
    listener = Listener(WORDS)

    assert listener.recogniser.due(5.0) == []
    assert listener.recogniser.next_at(5.0) > 5.0


def test_a_final_result_that_is_later_than_any_pause_still_holds_every_word() -> None:
    listener = Listener(WORDS, latency=Latencies(stt_interim_ms=150, stt_final_ms=2000))
    listener.listen(0.0, 5.0)

    assert listener.said() == [("Good", False), ("Good morning.", False), ("Good morning.", True)]
    assert listener.when("Good morning.", final=True) == pytest.approx(3.8, abs=STEP)
