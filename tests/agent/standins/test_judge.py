"""The stand-in judge of turn ends."""

import time

from livekit.agents.llm import ChatContext

from agent.standins.config import Errors
from agent.standins.judge import ScriptedJudge


def saying(text: str) -> ChatContext:
    history = ChatContext.empty()
    history.add_message(role="user", content=text)
    return history


async def taken_for_over(judge: ScriptedJudge, text: str) -> bool:
    threshold = await judge.unlikely_threshold(None)
    assert threshold is not None
    return await judge.predict_end_of_turn(saying(text)) >= threshold


async def test_it_follows_the_script() -> None:
    over = False
    judge = ScriptedJudge(lambda: over, 0.0, Errors())

    assert await taken_for_over(judge, "I would like") is False
    over = True
    assert await taken_for_over(judge, "I would like a table") is True


async def test_it_takes_its_time() -> None:
    judge = ScriptedJudge(lambda: True, 0.05, Errors())
    began = time.monotonic()
    await taken_for_over(judge, "Yes")

    assert 0.045 < time.monotonic() - began < 0.3


async def test_the_same_pause_is_judged_the_same_twice() -> None:
    judge = ScriptedJudge(lambda: True, 0.0, Errors(ends=0.5))

    for text in ("one", "two", "three", "four"):
        assert await taken_for_over(judge, text) == await taken_for_over(judge, text)


async def test_ends_and_pauses_are_mistaken_as_often_as_set() -> None:
    ends = ScriptedJudge(lambda: True, 0.0, Errors(ends=0.2, seed=3))
    pauses = ScriptedJudge(lambda: False, 0.0, Errors(pauses=0.4, seed=3))

    missed = sum([not await taken_for_over(ends, f"turn {index}") for index in range(300)])
    cut_in = sum([await taken_for_over(pauses, f"turn {index}") for index in range(300)])
    assert 40 <= missed <= 80
    assert 95 <= cut_in <= 145


async def test_every_language_is_supported() -> None:
    assert await ScriptedJudge(lambda: True, 0.0, Errors()).supports_language(None)
