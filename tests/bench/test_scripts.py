import re
from collections import Counter

from agent.rehearsal.script import After
from audio.frames import samples
from bench.hearing import BETWEEN_TURNS
from bench.scripts import PAUSES, blocks, conversation, timetable, turns
from bench.texts import HELD_OUT, TUNED, Kind


def test_the_kinds_come_in_their_proportions() -> None:
    kinds = Counter(turn.kind for turn in turns(40))
    assert kinds == {Kind.PLAIN: 10, Kind.PAUSE: 10, Kind.HESITATION: 6, Kind.DIGITS: 6, Kind.WORD: 8}


def test_the_same_seed_gives_the_same_turns() -> None:
    assert turns(40, seed=3) == turns(40, seed=3)
    assert turns(40, seed=3) != turns(40, seed=4)


def pauses(count: int) -> list[float]:
    return [float(found) for turn in turns(count) for found in re.findall(r"/([\d.]+)/", turn.text)]


def test_no_sentence_that_was_tuned_by_is_held_out() -> None:
    assert not {text for said in TUNED.values() for text in said if len(text.split()) > 1} & {
        text for said in HELD_OUT.values() for text in said
    }
    assert {turn.kind for turn in turns(20, held_out=True)} == set(Kind)


def test_some_pauses_are_long() -> None:
    lengths = pauses(200)
    assert 0.04 < sum(length > 1.2 for length in lengths) / len(lengths) < 0.11


def test_every_pause_is_shorter_than_what_separates_turns() -> None:
    lengths = pauses(60)
    assert len(lengths) == sum(turn.pauses for turn in turns(60))
    assert all(PAUSES[0] <= length <= PAUSES[1] for length in lengths)
    assert samples(PAUSES[1]) < BETWEEN_TURNS


def test_no_turn_is_lost_between_the_calls() -> None:
    every = turns(23)
    assert tuple(turn for block in blocks(every) for turn in block) == every


def test_a_conversation_ends_with_the_callee_hanging_up() -> None:
    said = turns(3)
    line = conversation(said, seed=1)
    assert [step.say.text("en") for step in line.callee if step.say] == [turn.text for turn in said]
    assert line.callee[-1].hang_up
    assert line.callee[-1].after in (None, After.AGENT_STOPS)


def test_a_timetable_goes_on_whatever_the_agent_does() -> None:
    line = timetable(45.0, seed=1)
    assert [step.at for step in line.callee] == [1, 9, 17, 25, 33, 45]
    assert line.callee[-1].hang_up
