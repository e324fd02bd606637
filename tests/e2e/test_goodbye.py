"""The end of a call by the model: once, however often it asks for it, and with the last word heard."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from agent import events as e
from audio.frames import RATE
from tests.e2e import model as models
from tests.e2e.attempts import FIRST_SENTENCE, Gist, Scheduler, journal, spoken
from tests.e2e.hearing import sounding
from tests.e2e.rtp import until
from tests.e2e.worker import Worker

NewWorker = Callable[..., AbstractAsyncContextManager[Worker]]

AGENT: Gist = ("completed", "agent", "tool_end_call", None)
LAST_WORDS = "That is all from me."
GOODBYE = "Goodbye then, and thank you."
TIMES = 50


async def test_fifty_calls_of_end_call_end_the_call_once(scheduler: Scheduler, new_worker: NewWorker) -> None:
    said = spoken("Yes, that would be very nice.")
    async with (
        models.serving(LAST_WORDS, "end_call", TIMES) as model,
        new_worker(
            providers="llm=real",
            OPENAI_API_KEY="sk-canary-5521",
            OPENAI_BASE_URL=model.url,
            VOICE_WORKER_AGENT_NAME="ending",
        ) as worker,
    ):
        one = await scheduler.dispatch(agent="ending", assistant={"end_of_call_sentence": GOODBYE})
        call = await one.answered()
        await asyncio.sleep(2.5)
        call.stream.play(said)
        await until(lambda: call.received("BYE") is not None, 30, "the bridge had hung up")
        hung_up = call.received("BYE")
        assert hung_up is not None
        ending = await one.over(AGENT, hung_up)
        await scheduler.nothing_left()

        transcript = ending.attempt["transcript"]
        told = [entry["content"] for entry in transcript if entry["role"] == "assistant"]
        assert told == [FIRST_SENTENCE, LAST_WORDS, GOODBYE]
        used = [entry for entry in transcript if entry["role"] == "tool"]
        assert len(used) == TIMES
        assert {(entry["tool_name"], entry["tool_is_error"]) for entry in used} == {("end_call", False)}
        assert model.answered == 1

        byes = [entry for entry in scheduler.phone.log if entry.what == "BYE" and not entry.sent]
        assert len(byes) == 1
        events = journal(worker, one.id)
        [answered] = [event for event in events if isinstance(event, e.Answered)]
        [goodbye] = [event for event in events if isinstance(event, e.AgentStopped) and event.kind == "goodbye"]
        assert not goodbye.cut
        heard = sounding(call.stream.heard)
        assert heard is not None
        last = heard[0] + heard[1]
        assert 0 < hung_up - last < 1.5
        assert answered.at + goodbye.stop / RATE == pytest.approx(last, abs=0.4), "the last word was not heard"
        scheduler.keeps_quiet(worker)
        assert "canary-5521" not in worker.log
