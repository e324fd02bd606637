"""A first sentence of a realtime model's own making, with Google's genuine plugin."""

from dataclasses import replace

import pytest
from livekit.agents import APIConnectionError

from agent.plan import Opening
from agent.realtime.opening import composed
from agent.standins.config import CallConfig, ModelScript
from agent.standins.process import StandIns
from tests.agent.realtime.test_google import PLAN, WARNED, talker

pytestmark = [pytest.mark.asyncio(loop_scope="session"), *WARNED]

ASKED = replace(PLAN, opening=Opening("generated", "Greet them.", 0.0))


async def test_the_models_own_sentence_comes_with_its_sound_and_its_words(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig(model=ModelScript(opening="Good morning, here is Emma.")))
    sound = await composed(talker(call, call.certificate), ASKED)
    assert sound.text == "Good morning, here is Emma."
    assert [word.text for word in sound.words] == sound.text.split()
    assert 1.0 < sound.words[-1].end <= sound.seconds < 2.5


async def test_a_model_that_is_not_there_makes_no_first_sentence(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig())
    await call.close()
    with pytest.raises(APIConnectionError, match="the model made no first sentence"):
        await composed(talker(call, call.certificate), ASKED)
