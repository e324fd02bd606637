import numpy as np

from agent.realtime.feed import FRAME, LEAD, LINGER, Feed
from audio.frames import Pcm, samples
from tests.agent.fakes import frame


class Ears:
    def __init__(self, *, passing: bool = True) -> None:
        self.speaking = False
        self.passing = passing


def sound(level: int = 5000) -> Pcm:
    return np.full(samples(FRAME), level, dtype=np.int16)


def seconds(feed: Feed, length: float, level: int = 5000) -> float:
    """Seconds sent while so many came in."""
    return sum(len(feed.take(frame(sound(level)))) for _ in range(round(length / FRAME))) * FRAME


def test_between_two_turns_nothing_is_sent() -> None:
    assert seconds(Feed(Ears(), ceaseless=False), 5.0, 0) == 0


def test_a_voice_is_sent_from_a_moment_before_it_was_noticed_until_the_turn_is_taken() -> None:
    ears = Ears()
    feed = Feed(ears, ceaseless=False)
    seconds(feed, 2.0)
    ears.speaking = True
    assert round(seconds(feed, 1.0), 2) == 1.0 + LEAD
    ears.speaking = False
    assert round(seconds(feed, 0.5), 2) == 0.5
    feed.taken()
    assert seconds(feed, 1.0) == 0


def test_what_began_before_the_gate_opened_is_sent_only_where_it_is_asked_for() -> None:
    ears = Ears(passing=False)
    feed = Feed(ears, ceaseless=False)
    ears.speaking = True
    assert seconds(feed, 1.0) == 0
    ears.passing = True
    assert round(seconds(feed, FRAME), 2) == 1.0 + FRAME

    ears = Ears(passing=False)
    feed = Feed(ears, ceaseless=False)
    ears.speaking = True
    assert seconds(feed, 1.0) == 0
    ears.speaking = False
    assert seconds(feed, 0.5) == 0
    ears.speaking = ears.passing = True
    assert round(seconds(feed, FRAME), 2) == LEAD + FRAME


def test_sound_that_never_became_a_turn_grows_stale() -> None:
    ears = Ears()
    feed = Feed(ears, ceaseless=False)
    ears.speaking = True
    seconds(feed, 0.5)
    ears.speaking = False
    found = []
    for pause in (LINGER - 0.1, 0.2):
        seconds(feed, pause)
        found.append(feed.stale)
    feed.taken()
    assert [*found, feed.stale] == [False, True, False]


def test_a_model_that_takes_turns_is_sent_the_pauses_as_well() -> None:
    assert round(seconds(Feed(Ears(), ceaseless=True), 1.0, 0), 2) == 1.0
    assert seconds(Feed(Ears(passing=False), ceaseless=True), 1.0) == 0


def test_a_turn_under_way_can_be_sent_again_with_its_beginning() -> None:
    for ceaseless in (True, False):
        ears = Ears()
        feed = Feed(ears, ceaseless=ceaseless)
        seconds(feed, 1.0)
        assert feed.again() == ()
        ears.speaking = True
        seconds(feed, 1.0)
        assert round(len(feed.again()) * FRAME, 2) == 1.0 + LEAD
        feed.taken()
        assert feed.again() == ()


def test_a_pause_is_noticed_by_its_level_before_the_detector_does() -> None:
    ears = Ears()
    feed = Feed(ears, ceaseless=False)
    ears.speaking = True
    seconds(feed, 1.0)
    found = [feed.lulled]
    for _ in range(2):
        seconds(feed, 0.06, 100)
        found.append(feed.lulled)
    assert found == [False, False, True]
    feed.taken()
    seconds(feed, 0.1, 100)
    resumed = [feed.resumed]
    seconds(feed, FRAME)
    assert [*resumed, feed.resumed] == [False, True]
