"""Keys pressed on the callee's line, which no tool asks for yet: straight through the line."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from livekit import api

from agent.line import LineEvent
from agent.worker.dialler import Outbound
from agent.worker.dtmf import PACE, NotOnTheLine
from agent.worker.line import LiveKitLine
from audio.frames import FRAME, Pcm, silence
from audio.ledger import SpokenWord
from tests.e2e.participant import joined
from tests.e2e.phone import Phone
from tests.e2e.rtp import until
from tests.e2e.script import Script
from tests.e2e.stack import Stack
from tests.e2e.trunks import nothing_left

DIGITS = "1234567890*#"


class Silent:
    """A leg that says nothing."""

    def speak(self) -> Pcm:
        return silence()

    def hear(self, pcm: Pcm) -> None:
        assert len(pcm) == FRAME

    def voice(self) -> Pcm:
        return silence()

    def spoken(self) -> Sequence[SpokenWord]:
        return ()


async def test_twelve_keys_arrive_in_order_and_none_outside_the_call(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str
) -> None:
    phone.script = Script(after=0.5)
    told: list[LineEvent] = []
    async with joined(stack.deployment, "keys") as agent:
        line = LiveKitLine(agent.room, lk, "callee", Outbound("+33612345678", trunk, 10, 60))
        with pytest.raises(NotOnTheLine):
            await line.press("9")
        await line.dial(Silent(), told.append)
        call = await phone.rung()
        assert await line.press(DIGITS) == DIGITS
        await until(lambda: len(call.keys) >= len(DIGITS), 2, "the keys had come")
        presses = call.stream.pressed
        assert call.keys == DIGITS
        assert presses[0].arrived > call.answered_at
        apart = [later.arrived - earlier.arrived for earlier, later in pairwise(presses)]
        assert min(apart) > PACE * 0.7, apart
        await line.hang_up()
        with pytest.raises(NotOnTheLine):
            await line.press("9")
    await call.over(within=2)
    assert call.keys == DIGITS
    await nothing_left(stack, lk, phone)


async def test_what_is_pressed_when_the_callee_hangs_up_is_told(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str
) -> None:
    phone.script = Script(after=0.3, hang_up_after=2.0)
    async with joined(stack.deployment, "cut") as agent:
        line = LiveKitLine(agent.room, lk, "callee", Outbound("+33612345678", trunk, 10, 60))
        await line.dial(Silent(), lambda _event: None)
        with pytest.raises(NotOnTheLine) as raised:
            await line.press(DIGITS)
        call = await phone.rung()
        published = raised.value.published
        assert DIGITS.startswith(published)
        assert 2 <= len(published) < len(DIGITS)
        assert published.startswith(call.keys)
        await line.hang_up()
    await nothing_left(stack, lk, phone)
