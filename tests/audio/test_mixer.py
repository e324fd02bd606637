"""The mixer, tick by tick: what goes out when, and who is told."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from audio.beds import FADE, Bed
from audio.frames import FRAME, Pcm, silence
from audio.ledger import AUDIBLE, Utterance, Word
from audio.mixer import DUCKED, Mixer


def ramp(length: int, base: int = 1000) -> Pcm:
    """Audible samples that say which they are."""
    return np.arange(base, base + length, dtype=np.int16)


def utterance(name: str, *sound: Pcm, complete: bool = True, not_before: int = 0) -> Utterance:
    made = Utterance(name, "reply", not_before=not_before)
    for piece in sound:
        made.add(piece)
    made.complete = complete
    return made


def nothing(said: Utterance) -> None:
    """Nobody does anything about it."""


class Desk:
    """A mixer, what it put out, and what it told, each with the position at which it was told."""

    def __init__(
        self, more: Callable[[Utterance], None] = nothing, first: Callable[[Utterance], None] = nothing
    ) -> None:
        self.told: list[tuple[str, str, int]] = []
        self.out: Pcm = silence(0)
        self._more, self._first = more, first
        self.mixer = Mixer(started=self._started, stopped=self._stopped)

    def _started(self, utterance: Utterance) -> None:
        self.told.append(("started", utterance.id, self.mixer.position))
        self._first(utterance)

    def _stopped(self, utterance: Utterance) -> None:
        self.told.append(("stopped", utterance.id, self.mixer.position))
        self._more(utterance)

    def tick(self, times: int = 1) -> Pcm:
        for _ in range(times):
            frame = self.mixer.tick()
            assert len(frame) == FRAME
            self.out = np.concatenate([self.out, frame])
        return self.out[-FRAME * times :]

    def say(self, *utterances: Utterance) -> None:
        self.mixer.speech.queue.extend(utterances)

    def announce(self, *utterances: Utterance) -> None:
        self.mixer.announcements.queue.extend(utterances)

    def stops(self) -> list[str]:
        return [name for what, name, _ in self.told if what == "stopped"]


def test_nothing_to_say_is_silence_that_passes_the_time() -> None:
    desk = Desk()
    assert not desk.tick(3).any()
    assert desk.mixer.position == 3 * FRAME
    assert list(desk.mixer.ledger) == []


def test_an_utterance_goes_out_sample_by_sample() -> None:
    desk = Desk()
    desk.tick()
    desk.say(utterance("a", ramp(1000)))
    desk.tick(3)
    assert np.array_equal(desk.out[FRAME : FRAME + 1000], ramp(1000))
    assert not desk.out[FRAME + 1000 :].any()


def test_started_is_told_in_the_tick_of_the_first_audible_sample() -> None:
    desk = Desk()
    said = utterance("a", silence(500), np.full(300, AUDIBLE - 1, np.int16), ramp(600))
    desk.say(said)
    desk.tick()
    assert desk.told == []
    desk.tick(2)
    assert desk.told == [("started", "a", FRAME), ("stopped", "a", 2 * FRAME)]
    assert said.voiced_from == 800


def test_stopped_is_told_only_once_the_last_sample_was_handed_out() -> None:
    desk = Desk()
    desk.say(utterance("a", ramp(2 * FRAME)))
    desk.tick()
    assert desk.stops() == []
    desk.tick()
    assert desk.stops() == ["a"]
    assert desk.mixer.speech.idle


def test_an_utterance_that_is_completed_after_its_last_sample_stops_without_more_sound() -> None:
    desk = Desk()
    said = utterance("a", ramp(FRAME), complete=False)
    desk.say(said)
    desk.tick()
    assert desk.stops() == []
    said.complete = True
    desk.tick()
    assert desk.stops() == ["a"]
    assert said.starved == 0


def test_several_utterances_fit_into_one_tick_without_a_gap() -> None:
    desk = Desk()
    desk.say(*(utterance(name, ramp(100, base)) for name, base in (("a", 1000), ("b", 2000), ("c", 3000))))
    desk.tick()
    assert np.array_equal(desk.out[:300], np.concatenate([ramp(100, 1000), ramp(100, 2000), ramp(100, 3000)]))
    assert not desk.out[300:].any()
    assert [(what, name) for what, name, _ in desk.told] == [
        (what, name) for name in ("a", "b", "c") for what in ("started", "stopped")
    ]
    assert [entry.voiced_from for entry in desk.mixer.ledger] == [0, 100, 200]


def test_an_utterance_without_sound_stops_without_having_started() -> None:
    desk = Desk()
    desk.say(utterance("empty"), utterance("a", ramp(10)))
    desk.tick()
    assert [(what, name) for what, name, _ in desk.told] == [("stopped", "empty"), ("started", "a"), ("stopped", "a")]
    assert [entry.id for entry in desk.mixer.ledger] == ["a"]


def test_announcements_are_said_before_speech_which_goes_on_after_them_without_loss() -> None:
    desk = Desk()
    desk.say(utterance("speech", ramp(1000)))
    desk.tick()
    desk.announce(utterance("news", ramp(700, 5000)))
    desk.tick(3)
    expected = np.concatenate([ramp(FRAME), ramp(700, 5000), ramp(1000)[FRAME:]])
    assert np.array_equal(desk.out[: len(expected)], expected)
    assert desk.stops() == ["news", "speech"]


def test_a_cut_reports_everything_that_was_queued_once_oldest_first() -> None:
    desk = Desk()
    desk.say(*(utterance(name, ramp(1000)) for name in ("a", "b", "c")))
    desk.tick()
    cut = desk.mixer.cut(desk.mixer.speech)
    assert [entry.id for entry in cut] == ["a", "b", "c"]
    assert all(entry.cut and entry.finished for entry in cut)
    assert [entry.played for entry in cut] == [FRAME, 0, 0]
    assert desk.mixer.cut(desk.mixer.speech) == []
    assert not desk.tick(5)[FRAME:].any()
    assert desk.stops() == ["a", "b", "c"]


def test_a_cut_of_speech_leaves_announcements_alone() -> None:
    desk = Desk()
    desk.announce(utterance("news", ramp(600)))
    desk.say(utterance("speech", ramp(600)))
    desk.tick()
    desk.mixer.cut(desk.mixer.speech)
    desk.tick()
    assert np.array_equal(desk.out[:600], ramp(600))
    assert desk.stops() == ["speech", "news"]


def test_whoever_is_told_of_a_stop_may_cut_what_waits() -> None:
    def cut_again(said: Utterance) -> None:
        desk.mixer.cut(desk.mixer.speech)

    desk = Desk(cut_again)
    desk.say(*(utterance(name, ramp(1000)) for name in ("a", "b")))
    desk.mixer.cut(desk.mixer.speech)
    assert desk.stops() == ["a", "b"]


@pytest.mark.parametrize("waiting", [0, 1, 2])
def test_whoever_is_told_of_a_start_may_cut_it_and_what_waits(waiting: int) -> None:
    def cut(said: Utterance) -> None:
        desk.mixer.cut(desk.mixer.speech)

    desk = Desk(first=cut)
    names = ["a", "b", "c"][: waiting + 1]
    desk.say(*(utterance(name, ramp(1000)) for name in names))
    desk.tick(3)
    assert desk.stops() == names
    assert [name for what, name, _ in desk.told if what == "started"] == ["a"]


def test_whoever_is_told_of_a_stop_may_announce_something_in_the_same_tick() -> None:
    def announce(said: Utterance) -> None:
        if said.id == "a":
            desk.announce(utterance("news", ramp(50, 5000)))

    desk = Desk(announce)
    desk.say(utterance("a", ramp(100)), utterance("b", ramp(100, 2000)))
    desk.tick()
    assert np.array_equal(desk.out[:250], np.concatenate([ramp(100), ramp(50, 5000), ramp(100, 2000)]))


def test_silence_sent_in_mid_utterance_is_counted_and_silence_before_it_is_not() -> None:
    desk = Desk()
    said = utterance("a", complete=False)
    desk.say(said)
    desk.tick(3)
    assert said.starved == 0
    said.add(ramp(100))
    desk.tick(2)
    assert said.starved == 2 * FRAME - 100
    said.add(ramp(FRAME))
    said.complete = True
    desk.tick()
    assert said.starved == 2 * FRAME - 100
    assert [(run.line, run.count) for run in said.runs] == [(3 * FRAME, 100), (5 * FRAME, FRAME)]


def test_an_utterance_begins_exactly_at_its_moment() -> None:
    desk = Desk()
    moment = 2 * FRAME + 123
    desk.announce(utterance("a", ramp(1000), not_before=moment))
    desk.tick(6)
    assert not desk.out[:moment].any()
    assert np.array_equal(desk.out[moment : moment + 1000], ramp(1000))
    assert desk.told[0] == ("started", "a", 2 * FRAME)


def test_an_utterance_whose_moment_is_past_begins_at_once() -> None:
    desk = Desk()
    desk.tick(3)
    desk.announce(utterance("a", ramp(10), not_before=FRAME))
    assert np.array_equal(desk.tick()[:10], ramp(10))


def test_the_ledger_has_every_utterance_once_however_long_it_waits_for_its_moment() -> None:
    desk = Desk()
    said = utterance("a", ramp(FRAME), not_before=5 * FRAME)
    said.words = [Word("Hello", 0.0, 0.02)]
    desk.announce(said)
    desk.tick(7)
    assert list(desk.mixer.ledger) == [said]
    assert desk.mixer.ledger.spoken() == [("Hello", 5 * FRAME, 6 * FRAME)]


def test_a_frame_that_was_handed_out_does_not_change_later() -> None:
    desk = Desk()
    source = ramp(2 * FRAME)
    desk.say(utterance("a", source))
    frame = desk.mixer.tick()
    source[:] = 0
    assert np.array_equal(frame, ramp(FRAME))


def held(value: int, ticks: int) -> Pcm:
    return np.full(ticks * FRAME, value, dtype=np.int16)


def test_a_held_voice_goes_on_where_it_stopped_and_fades_out_meanwhile() -> None:
    desk = Desk()
    desk.say(utterance("a", ramp(4 * FRAME)))
    desk.tick(2)
    desk.mixer.hold(True)
    silent = desk.tick(3)
    assert 0 < np.count_nonzero(silent) <= FRAME // 4
    assert not silent[FRAME:].any()
    desk.mixer.hold(False)
    assert np.array_equal(desk.tick(2), ramp(4 * FRAME)[2 * FRAME :])
    [said] = desk.mixer.ledger
    assert [(run.line, run.source, run.count) for run in said.runs] == [
        (0, 0, 2 * FRAME),
        (5 * FRAME, 2 * FRAME, 2 * FRAME),
    ]


def test_a_ducked_voice_sinks_and_rises_without_a_step() -> None:
    desk = Desk()
    desk.say(utterance("a", held(8000, 40)))
    desk.tick(2)
    desk.mixer.ducked = True
    down = desk.tick(10)
    desk.mixer.ducked = False
    up = desk.tick(10)
    assert down[-1] == round(8000 * DUCKED)
    assert up[-1] == 8000
    assert int(np.abs(np.diff(np.concatenate([down, up]).astype(np.int32))).max()) < 20
    [said] = desk.mixer.ledger
    assert said.played == 22 * FRAME


def test_a_conclusion_lets_the_word_be_heard_and_nothing_after_it() -> None:
    desk = Desk()
    said = utterance("a", held(5000, 20))
    said.words = [Word("one", 0.0, 0.1), Word("two", 0.12, 0.3)]
    desk.say(said, utterance("b", held(6000, 5)))
    desk.tick(8)
    desk.mixer.conclude(desk.mixer.speech)
    desk.announce(utterance("news", held(7000, 2)))
    rest = desk.tick(12)
    assert list(rest[: 7 * FRAME : FRAME]) == [5000] * 7
    assert list(rest[7 * FRAME :: FRAME]) == [7000, 7000, 0, 0, 0]
    assert desk.stops() == ["b", "a", "news"]
    assert (said.cut, said.played) == (True, 15 * FRAME)


def test_between_two_words_a_conclusion_is_a_cut() -> None:
    desk = Desk()
    said = utterance("a", held(5000, 20))
    said.words = [Word("one", 0.0, 0.1), Word("two", 0.2, 0.3)]
    desk.say(said)
    desk.tick(8)
    desk.mixer.conclude(desk.mixer.speech)
    assert not desk.tick(5).any()
    assert said.played == 8 * FRAME


def test_a_voice_without_words_is_concluded_at_a_quiet_moment() -> None:
    desk = Desk()
    said = utterance("a", held(5000, 10), held(50, 1), held(5000, 30))
    desk.say(said)
    desk.tick(5)
    desk.mixer.conclude(desk.mixer.speech)
    desk.tick(40)
    assert said.played == 10 * FRAME


def bed(value: int, volume: float = 1.0) -> Bed:
    """A bed of equal samples, faded in."""
    made = Bed(np.full(1000, value, np.int16), volume)
    made.fade_in()
    made.take(FADE)
    return made


def test_beds_lie_under_the_voice_and_go_on_without_it() -> None:
    desk = Desk()
    desk.mixer.beds += [bed(700), bed(400, 0.5)]
    desk.tick()
    desk.say(utterance("a", ramp(1000)))
    desk.tick(3)
    expected = np.full(4 * FRAME, 900)
    expected[FRAME : FRAME + 1000] += ramp(1000)
    assert np.array_equal(desk.out, expected)


def test_beds_are_no_speech() -> None:
    desk = Desk()
    desk.mixer.beds.append(bed(5000))
    said = utterance("a", silence(500), ramp(100), silence(1000))
    desk.say(said)
    desk.tick(5)
    assert (said.voiced_from, said.voiced_to) == (500, 600)
    assert said.starved == 0
    assert list(desk.mixer.ledger) == [said]
    assert [what for what, _, _ in desk.told] == ["started", "stopped"]


def test_the_voice_is_known_apart_from_what_lies_under_it() -> None:
    desk = Desk()
    desk.mixer.beds.append(bed(5000))
    desk.say(utterance("a", ramp(FRAME)))
    assert np.array_equal(desk.tick(), ramp(FRAME) + 5000)
    assert np.array_equal(desk.mixer.voice, ramp(FRAME))
    desk.tick()
    assert not desk.mixer.voice.any()


def test_a_bed_goes_on_while_speech_is_held_and_after_it_was_cut() -> None:
    desk = Desk()
    desk.mixer.beds.append(bed(700))
    desk.say(utterance("a", ramp(5000)))
    desk.tick()
    desk.mixer.hold(True)
    assert np.all(desk.tick(2)[FRAME:] == 700)
    desk.mixer.hold(False)
    desk.tick()
    desk.mixer.cut(desk.mixer.speech)
    assert np.all(desk.tick(2)[FRAME:] == 700)


def test_a_bed_that_is_faded_out_at_a_start_is_gone_within_100_ms_of_it() -> None:
    thinking = bed(3000)
    desk = Desk(first=lambda said: thinking.fade_out())
    desk.mixer.beds.append(thinking)
    desk.tick(2)
    desk.say(utterance("a", silence(300), np.full(9000, 5000, np.int16)))
    desk.tick(20)
    under = desk.out[2 * FRAME :].astype(np.int32)
    under[300:9300] -= 5000
    assert np.all(under[FADE - 1 :] == 0)
    assert under[0] == 2999


def test_mixing_two_beds_costs_little() -> None:
    desk = Mixer(started=nothing, stopped=nothing)
    frames = 500

    def ticked() -> float:
        began = time.process_time()
        for _ in range(frames):
            desk.tick()
        return (time.process_time() - began) / frames

    plain = min(ticked() for _ in range(5))
    desk.beds += [bed(700), bed(400)]
    assert min(ticked() for _ in range(5)) - plain < 50e-6


def test_what_waits_does_not_begin_and_what_has_begun_goes_on() -> None:
    mixer = Mixer(started=lambda _: None, stopped=lambda _: None)
    waiting = [True]
    mixer.speech.waits = lambda: waiting[0]
    said = Utterance("a1", "reply")
    said.add(np.full(2 * FRAME, 1000, dtype=np.int16))
    mixer.speech.queue.append(said)
    assert not mixer.tick().any()
    waiting[0] = False
    assert (mixer.tick() == 1000).all()
    waiting[0] = True
    assert (mixer.tick() == 1000).all()
