"""Which model answers, when the next is asked, and how often."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError, llm
from livekit.agents.metrics import LLMMetrics

from agent.fallback.model import Candidate, Model
from agent.fallback.quota import Quota
from agent.fallback.race import HEDGE, MOST_TRIES, SILENCE
from tests.agent.fallback.fakes import ScriptedModel, Writing
from tests.agent.hurry import hurried, now

DOWN = Writing(error=APIStatusError("down", status_code=503))
REFUSED = Writing(error=APIStatusError("key", status_code=401))
SILENT = Writing(silent=True)
HELLO = Writing(after=0.2, text="Hello there.")


@dataclass(frozen=True)
class TooMany:
    """A response as a client has it."""

    status_code: int
    headers: dict[str, str]


class Answered:
    """One answer of a model made of these, and what it took."""

    def __init__(self, *models: ScriptedModel) -> None:
        self.quotas = [Quota() for _ in models]
        self.models = models
        self.text = ""
        self.failure: APIError | None = None
        self.took = 0.0
        self.errors: list[bool] = []
        """Of each error that was told, whether it was recoverable."""
        self.counted: list[LLMMetrics] = []

    async def run(self) -> Model:
        candidates = [Candidate(model, quota) for model, quota in zip(self.models, self.quotas, strict=True)]
        model = Model(candidates)
        model.on("error", lambda told: self.errors.append(told.recoverable))
        model.on("metrics_collected", self.counted.append)
        began = now()
        try:
            async with model.chat(chat_ctx=llm.ChatContext.empty()) as stream:
                async for chunk in stream:
                    self.text += chunk.delta.content or "" if chunk.delta else ""
        except APIError as error:
            self.failure = error
        self.took = now() - began
        await asyncio.sleep(0)
        assert [each.running for each in self.models] == [0] * len(self.models)
        return model


def answered(*models: ScriptedModel) -> tuple[Answered, Model]:
    answer = Answered(*models)
    return answer, hurried(answer.run())


def test_a_model_that_answers_in_time_is_the_only_one_asked() -> None:
    first, second = ScriptedModel("a", HELLO), ScriptedModel("b", HELLO)
    answer, model = answered(first, second)
    assert (answer.text, model.winner, len(first.asked), len(second.asked)) == ("Hello there. ", "a", 1, 0)


def test_one_that_stays_silent_is_overtaken_after_the_hedge() -> None:
    first, second = ScriptedModel("a", SILENT), ScriptedModel("b", HELLO)
    answer, model = answered(first, second)
    assert (answer.text, model.winner) == ("Hello there. ", "b")
    assert second.asked[0] - first.asked[0] == pytest.approx(HEDGE)
    assert answer.took == pytest.approx(HEDGE + 0.2, abs=0.05)


def test_the_first_useful_token_wins_although_the_other_was_asked() -> None:
    slow, slower = ScriptedModel("a", Writing(after=1.7, text="Late.")), ScriptedModel("b", Writing(1.0, "Later."))
    answer, model = answered(slow, slower)
    assert (answer.text, model.winner, len(slower.asked)) == ("Late. ", "a", 1)


def test_a_failure_hands_over_at_once() -> None:
    first, second = ScriptedModel("a", REFUSED), ScriptedModel("b", HELLO)
    answer, model = answered(first, second)
    assert (answer.text, model.winner, len(first.asked)) == ("Hello there. ", "b", 1)
    assert answer.took < 0.3
    assert answer.errors == []


def test_a_model_alone_is_tried_again_and_comes_back() -> None:
    only = ScriptedModel("a", DOWN, HELLO)
    answer, _ = answered(only)
    assert (answer.text, len(only.asked), answer.errors) == ("Hello there. ", 2, [])


@pytest.mark.parametrize("count", [1, 2])
def test_no_provider_is_asked_more_than_three_times_and_the_failure_is_told_once(count: int) -> None:
    models = [ScriptedModel(name, DOWN) for name in "ab"[:count]]
    answer, _ = answered(*models)
    assert [len(model.asked) for model in models] == [MOST_TRIES] * count
    assert isinstance(answer.failure, APIStatusError)
    assert answer.errors == [False]
    assert answer.took < 3.0


@pytest.mark.parametrize("count", [1, 2])
def test_silence_of_all_is_given_up_in_time_and_not_tried_again(count: int) -> None:
    models = [ScriptedModel(name, SILENT) for name in "ab"[:count]]
    answer, _ = answered(*models)
    assert isinstance(answer.failure, APITimeoutError)
    assert answer.took == pytest.approx(SILENCE, abs=0.1)
    assert [len(model.asked) for model in models] == [1] * count


def test_a_key_that_is_refused_is_not_tried_again() -> None:
    only = ScriptedModel("a", REFUSED)
    answer, _ = answered(only)
    assert (len(only.asked), answer.errors) == (1, [False])
    assert answer.took < 0.1


@pytest.mark.parametrize(("wait", "requests"), [("2", 2), ("60", 1)])
def test_a_short_retry_after_is_waited_for_and_a_long_one_is_not(wait: str, requests: int) -> None:
    only = ScriptedModel("a", Writing(after=0.1, error=APIStatusError("too many", status_code=429)), HELLO)
    answer = Answered(only)

    async def scene() -> None:
        running = asyncio.create_task(answer.run())
        await asyncio.sleep(0.1)
        await answer.quotas[0].note(TooMany(429, {"retry-after": wait}))
        await running

    hurried(scene())
    assert len(only.asked) == requests
    if requests == 2:
        assert only.asked[1] - only.asked[0] == pytest.approx(2.1, abs=0.01)


@pytest.mark.parametrize(("wait", "requests"), [("2", 1), ("60", 0)])
def test_the_next_answer_heeds_it_too(wait: str, requests: int) -> None:
    only = ScriptedModel("a", HELLO)
    answer = Answered(only)

    async def scene() -> float:
        await answer.quotas[0].note(TooMany(429, {"retry-after": wait}))
        began = now()
        await answer.run()
        return began

    began = hurried(scene())
    assert [round(at - began, 1) for at in only.asked] == [2.0] * requests
    if not requests:
        assert isinstance(answer.failure, APIStatusError)
        assert answer.failure.status_code == 429


def test_one_in_reserve_answers_for_who_must_not_be_asked() -> None:
    first, second = ScriptedModel("a", HELLO), ScriptedModel("b", HELLO)
    answer = Answered(first, second)

    async def scene() -> None:
        await answer.quotas[0].note(TooMany(429, {"retry-after": "60"}))
        await answer.run()

    hurried(scene())
    assert (answer.text, len(first.asked)) == ("Hello there. ", 0)


def test_an_answer_that_breaks_off_is_not_begun_again() -> None:
    first = ScriptedModel("a", Writing(text="Well, I", error=APIConnectionError(retryable=False)))
    second = ScriptedModel("b", HELLO)
    answer, _ = answered(first, second)
    assert (answer.text, len(second.asked), answer.errors) == ("Well, I ", 0, [False])


def test_an_empty_answer_is_an_answer() -> None:
    first, second = ScriptedModel("a", Writing()), ScriptedModel("b", HELLO)
    answer, _ = answered(first, second)
    assert (answer.text, answer.failure, len(second.asked)) == ("", None, 0)


def test_what_each_of_them_used_is_counted_once() -> None:
    answer, _ = answered(ScriptedModel("a", HELLO), ScriptedModel("b"))
    assert [figures.prompt_tokens for figures in answer.counted] == [10]


@pytest.mark.parametrize("after", [0.1, HEDGE + 0.1])
def test_an_answer_that_is_not_wanted_any_more_leaves_no_request_behind(after: float) -> None:
    first, second = ScriptedModel("a", SILENT), ScriptedModel("b", SILENT)

    async def scene() -> None:
        model = Model([Candidate(each, Quota()) for each in (first, second)])
        stream = model.chat(chat_ctx=llm.ChatContext.empty())
        await asyncio.sleep(after)
        assert first.running == 1
        await stream.aclose()
        assert (first.running, second.running) == (0, 0)
        told: list[Any] = []
        model.on("error", told.append)
        assert told == []

    hurried(scene())
