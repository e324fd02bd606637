import re
from collections import Counter

from agent.rehearsal.script import After
from bench.scripts import PAUSES, Kind, blocks, conversation, turns


def test_the_kinds_come_in_their_proportions() -> None:
    kinds = Counter(turn.kind for turn in turns(40))
    assert kinds == {Kind.PLAIN: 10, Kind.PAUSE: 10, Kind.HESITATION: 6, Kind.DIGITS: 6, Kind.WORD: 8}


def test_the_same_seed_gives_the_same_turns() -> None:
    assert turns(40, seed=3) == turns(40, seed=3)
    assert turns(40, seed=3) != turns(40, seed=4)


def test_every_pause_is_shorter_than_what_separates_turns() -> None:
    lengths = [float(found) for turn in turns(60) for found in re.findall(r"/([\d.]+)/", turn.text)]
    assert len(lengths) == sum(turn.pauses for turn in turns(60))
    assert all(PAUSES[0] <= length <= PAUSES[1] for length in lengths)


def test_no_turn_is_lost_between_the_calls() -> None:
    every = turns(23)
    assert tuple(turn for block in blocks(every) for turn in block) == every


def test_a_conversation_ends_with_the_callee_hanging_up() -> None:
    said = turns(3)
    line = conversation(said, seed=1)
    assert [step.say.text("en") for step in line.callee if step.say] == [turn.text for turn in said]
    assert line.callee[-1].hang_up
    assert line.callee[-1].after in (None, After.AGENT_STOPS)
