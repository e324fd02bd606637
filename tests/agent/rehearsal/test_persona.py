"""A callee with a persona, stepped frame by frame, with a mind that says what the test wants."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from agent.rehearsal.callee import CalleeEvent, Left, SpeechBegan
from agent.rehearsal.casting import cast
from agent.rehearsal.mind import MindFailed, Reply, Speaker, Turn
from agent.rehearsal.shipped import parse_line
from agent.rehearsal.thinking import Thinking
from audio.frames import FRAME, Pcm, samples
from tests.agent.rehearsal.fakes import FakeLeg, bursts, voice


class FakeMind:
    """Gives its replies one after the other, and remembers what it was asked; without one it fails."""

    def __init__(self, *replies: Reply, slow: bool = False) -> None:
        self.asked: list[tuple[Turn, ...]] = []
        self.ready = asyncio.Event()
        self._replies = list(replies)
        if not slow:
            self.ready.set()

    async def reply(self, turns: Sequence[Turn]) -> Reply:
        self.asked.append(tuple(turns))
        if turns:
            await self.ready.wait()
        if not self._replies:
            raise MindFailed
        return self._replies.pop(0)


class Call:
    """A persona and an agent with nothing between them."""

    def __init__(self, mind: FakeMind, seed: int = 1) -> None:
        self.agent = FakeLeg()
        self.events: list[CalleeEvent] = []
        self.thinking = Thinking(mind)
        self._script = parse_line({"persona": {"who": "somebody", "seed": seed}})
        self._sent: list[Pcm] = []

    async def answer(self) -> None:
        self.callee = (await cast(self._script, "en", voice, self.thinking))(0)

    async def run(self, seconds: float) -> Pcm:
        """Everything the callee sent until then."""
        while len(self._sent) * FRAME < samples(seconds):
            now = len(self._sent) * FRAME
            sent, events = self.callee.step(now, self.agent.speak(), self.agent.spoken())
            self._sent.append(sent)
            self.events += events
            for _ in range(5):
                await asyncio.sleep(0)  # what is thought of meanwhile
        return np.concatenate(self._sent)

    async def began(self, seconds: float) -> list[float]:
        """Seconds at which each sound of the callee's began."""
        return [start / 24_000 for start, _ in bursts(await self.run(seconds))]


async def call(mind: FakeMind, seed: int = 1) -> Call:
    made = Call(mind, seed)
    await made.answer()
    return made


async def test_the_callee_greets_replies_after_a_pause_and_hangs_up() -> None:
    mind = FakeMind(Reply("Hello?"), Reply("No thanks.", hangs_up=True))
    one = await call(mind)
    one.agent.say("Good morning this is Anna", at=1.5)
    greeting, reply = await one.began(8)
    assert greeting == 0.5
    assert 3.0 + 0.6 <= reply <= 3.0 + 1.2
    assert one.events[-1] == Left(samples(reply) + samples(0.6) + samples(0.4))
    assert [type(event) for event in one.events] == [SpeechBegan, SpeechBegan, Left]
    assert mind.asked == [(), (Turn(Speaker.CALLEE, "Hello?"), Turn(Speaker.AGENT, "Good morning this is Anna"))]


async def test_the_pauses_are_the_seeds() -> None:
    async def second(seed: int) -> float:
        one = await call(FakeMind(Reply("Hello?"), Reply("Yes.")), seed)
        one.agent.say("Good morning", at=1.5)
        return (await one.began(5))[1]

    assert await second(3) == await second(3)
    assert len({await second(seed) for seed in range(6)}) > 4


async def test_a_slow_mind_replies_when_it_can() -> None:
    mind = FakeMind(Reply("Hello?"), Reply("Yes."), slow=True)
    one = await call(mind)
    one.agent.say("Good morning", at=1.5)
    assert await one.began(5) == [0.5]
    mind.ready.set()
    assert (await one.began(6))[1] == pytest.approx(5.02, abs=0.03)


async def test_what_the_agent_goes_on_with_is_answered_as_a_whole() -> None:
    mind = FakeMind(Reply("Hello?"), Reply("Yes."), slow=True)
    one = await call(mind)
    one.agent.say("Good morning", at=1.5)
    one.agent.say("this is Anna", at=3.0)
    await one.run(2.9)
    assert len(mind.asked) == 2
    await one.run(4)
    mind.ready.set()
    assert len(await one.began(7)) == 2
    assert mind.asked[-1] == (Turn(Speaker.CALLEE, "Hello?"), Turn(Speaker.AGENT, "Good morning this is Anna"))


async def test_each_turn_knows_the_ones_before() -> None:
    mind = FakeMind(Reply("Hello?"), Reply("Yes."), Reply("No."))
    one = await call(mind)
    one.agent.say("one two", at=1.5)
    one.agent.say("three four", at=5)
    await one.run(7)
    assert [turn.text for turn in mind.asked[-1]] == ["Hello?", "one two", "Yes.", "three four"]


async def test_silence_makes_the_callee_wonder() -> None:
    mind = FakeMind(Reply("Hello?"), Reply("Anybody there?"), Reply("", hangs_up=True))
    one = await call(mind)
    began = await one.began(18)
    assert began == [0.5, pytest.approx(7.82, abs=0.05)]
    assert mind.asked[1][-1] == mind.asked[2][-1] == Turn(Speaker.AGENT, "")
    assert isinstance(one.events[-1], Left)


async def test_one_who_says_nothing_does_not_answer_the_same_words_again() -> None:
    mind = FakeMind(Reply("Hello?"), Reply(""), Reply("Well?"))
    one = await call(mind)
    one.agent.say("one two", at=1.5)
    await one.run(6)
    assert len(mind.asked) == 2
    await one.run(12)
    assert mind.asked[2][-1] == Turn(Speaker.AGENT, "")


async def test_a_mind_that_fails_is_told_and_says_nothing_more() -> None:
    one = await call(FakeMind(Reply("Hello?")))
    one.agent.say("one two", at=1.5)
    assert await one.began(15) == [0.5]
    assert one.thinking.failed.is_set()


async def test_a_mind_that_fails_before_the_call_keeps_it_from_beginning() -> None:
    with pytest.raises(MindFailed, match="could not be reached"):
        await call(FakeMind())


async def test_what_is_under_way_at_the_end_is_given_up() -> None:
    one = await call(FakeMind(Reply("Hello?"), slow=True))
    one.agent.say("one two", at=1.5)
    await one.run(4)
    before = len(asyncio.all_tasks())
    await one.thinking.end()
    assert len(asyncio.all_tasks()) == before - 1
