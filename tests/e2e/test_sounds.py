"""Sounds under a call, as a phone hears them."""

import numpy as np
import pytest

from agent.ambience import path_of
from audio.frames import RATE, dbfs, samples
from audio.loops import loop_of
from tests.e2e.attempts import Scheduler
from tests.e2e.hearing import alike
from tests.e2e.rtp import until
from tests.e2e.script import Script

OFFICE = "audio/office.ogg"


@pytest.mark.usefixtures("worker")
async def test_a_background_is_heard_from_the_answer_to_the_hang_up(scheduler: Scheduler) -> None:
    placed = await scheduler.dispatch(
        Script(after=0.8),
        assistant={
            "first_sentence_mode": "none",
            "background_sound": OFFICE,
            "background_sound_volume": 1.0,
            "max_call_duration_secs": 6,
        },
    )
    call = await placed.answered()
    await until(lambda: call.received("BYE") is not None, 12, "the line was hung up")
    ending = await placed.ended()
    heard = call.stream.heard.pcm(RATE)
    assert len(heard) / RATE > 5.0
    levels = [dbfs(block) for block in np.split(heard[: len(heard) // 4800 * 4800], len(heard) // 4800)]
    assert min(levels[2:]) > -40
    assert alike(loop_of(path_of(OFFICE))[: samples(5)], heard) > 0.6
    health = ending.attempt["details"]["health"]
    assert health["starved_ms"] == 0
    assert health["underruns"] < 5
