"""The mixer, tick by tick: what goes out when, and who is told."""

from collections.abc import Callable

import numpy as np
import pytest

from audio.frames import FRAME, Pcm, silence
from audio.ledger import AUDIBLE, Utterance, Word
from audio.mixer import Mixer


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


def test_speech_that_is_paused_holds_its_place_to_the_sample() -> None:
    desk = Desk()
    said = utterance("a", ramp(2000))
    desk.say(said)
    desk.tick(2)
    desk.mixer.speech.paused = True
    assert not desk.tick(5).any()
    desk.mixer.speech.paused = False
    desk.tick(3)
    assert np.array_equal(desk.out[desk.out != 0], ramp(2000))
    assert [(run.line, run.source) for run in said.runs] == [(0, 0), (7 * FRAME, 2 * FRAME)]
    assert said.starved == 0


def test_announcements_go_out_while_speech_is_paused() -> None:
    desk = Desk()
    desk.say(utterance("speech", ramp(100)))
    desk.mixer.speech.paused = True
    desk.announce(utterance("news", ramp(100, 5000)))
    desk.tick()
    assert desk.stops() == ["news"]


def test_a_cut_reports_everything_that_was_queued_once_oldest_first() -> None:
    desk = Desk()
    desk.say(*(utterance(name, ramp(1000)) for name in ("a", "b", "c")))
    desk.tick()
    cut = desk.mixer.cut(desk.mixer.speech)
    assert [entry.id for entry in cut] == ["a", "b", "c"]
    assert all(entry.cut and entry.finished for entry in cut)
    assert [entry.played for entry in cut] == [FRAME, 0, 0]
    assert desk.mixer.cut(desk.mixer.speech) == []
    assert not desk.tick(5).any()
    assert desk.stops() == ["a", "b", "c"]


def test_a_cut_ends_a_pause() -> None:
    desk = Desk()
    desk.mixer.speech.paused = True
    desk.mixer.cut(desk.mixer.speech)
    desk.say(utterance("a", ramp(10)))
    desk.tick()
    assert desk.stops() == ["a"]


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
    assert desk.mixer.ledger.placed_words() == [("Hello", 5 * FRAME, 6 * FRAME)]


def test_a_frame_that_was_handed_out_does_not_change_later() -> None:
    desk = Desk()
    source = ramp(2 * FRAME)
    desk.say(utterance("a", source))
    frame = desk.mixer.tick()
    source[:] = 0
    assert np.array_equal(frame, ramp(FRAME))


def test_what_is_held_does_not_begin_and_what_has_begun_goes_on() -> None:
    mixer = Mixer(started=lambda _: None, stopped=lambda _: None)
    holding = [True]
    mixer.speech.held = lambda: holding[0]
    said = Utterance("a1", "reply")
    said.add(np.full(2 * FRAME, 1000, dtype=np.int16))
    mixer.speech.queue.append(said)
    assert not mixer.tick().any()
    holding[0] = False
    assert (mixer.tick() == 1000).all()
    holding[0] = True
    assert (mixer.tick() == 1000).all()
