"""The stand-in judge of turn ends."""

import asyncio
import time

from livekit.agents.voice.turn import _StreamingTurnDetector, _StreamingTurnDetectorStream

from agent.standins.config import Errors
from agent.standins.judge import ScriptedJudge, always_over
from agent.standins.speech import Pause


async def taken_for_over(judge: ScriptedJudge) -> bool:
    stream = judge.stream()
    threshold = await stream.unlikely_threshold(None)
    assert threshold is not None
    return (await stream.predict()).end_of_turn_probability >= threshold


async def test_the_session_takes_it_for_a_judge_that_listens() -> None:
    judge = ScriptedJudge(always_over, 0.0, Errors())
    assert isinstance(judge, _StreamingTurnDetector)
    assert isinstance(judge.stream(), _StreamingTurnDetectorStream)
    assert await judge.stream().supports_language(None)


async def test_it_follows_the_script() -> None:
    pause = Pause(1, over=False)
    judge = ScriptedJudge(lambda: pause, 0.0, Errors())

    assert await taken_for_over(judge) is False
    pause = Pause(2, over=True)
    assert await taken_for_over(judge) is True


async def test_it_takes_its_time() -> None:
    judge = ScriptedJudge(always_over, 0.05, Errors())
    began = time.monotonic()
    await taken_for_over(judge)

    assert 0.045 < time.monotonic() - began < 0.3


async def test_the_same_pause_is_judged_the_same_twice() -> None:
    for number in range(8):
        judge = ScriptedJudge(lambda number=number: Pause(number, over=True), 0.0, Errors(ends=0.5))  # type: ignore[misc]
        assert await taken_for_over(judge) == await taken_for_over(judge)


async def mistaken(over: bool, errors: Errors) -> int:
    """Of 300 pauses."""
    pauses = iter(Pause(number, over) for number in range(300))
    judge = ScriptedJudge(lambda: next(pauses), 0.0, errors)
    return sum([await taken_for_over(judge) != over for _ in range(300)])


async def test_ends_and_pauses_are_mistaken_as_often_as_set() -> None:
    assert 40 <= await mistaken(True, Errors(ends=0.2, seed=3)) <= 80
    assert 95 <= await mistaken(False, Errors(pauses=0.4, seed=3)) <= 145


async def test_who_goes_on_speaking_is_judged_no_more() -> None:
    stream = ScriptedJudge(always_over, 0.02, Errors()).stream()
    first = stream.predict()
    second = stream.predict()
    assert first.done()
    stream.cancel_inference()
    await asyncio.sleep(0.05)  # what was asked comes to nothing, without a complaint of the loop's
    assert [first.result().end_of_turn_probability, second.result().end_of_turn_probability] == [0.0, 0.0]
