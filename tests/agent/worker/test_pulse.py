"""When a bridge is taken for dead."""

import asyncio
from dataclasses import dataclass

import pytest

from agent.worker.pulse import Pulse
from tests.agent.hurry import hurried, now


@dataclass
class Bridge:
    """Sends packets and answers questions until it does not."""

    sends_for: float = 10.0
    answers_for: float = 10.0
    questions: int = 0
    silent_at_first: bool = False

    async def packets(self) -> int | None:
        return round(min(now(), 1000.0 + self.sends_for) * 50)

    async def asked(self) -> bool | None:
        self.questions += 1
        if self.silent_at_first:
            return False
        if now() < 1000.0 + self.answers_for:
            return True
        await asyncio.sleep(1.5)
        return False


def died(bridge: Bridge, *, watched: float = 60.0) -> float | None:
    async def watch() -> float | None:
        try:
            await asyncio.wait_for(Pulse(bridge.packets, bridge.asked, now).lost(), watched)
        except TimeoutError:
            return None
        return now() - 1000.0

    return hurried(watch())


def test_a_bridge_that_stops_sending_and_answering_is_dead_within_six_seconds() -> None:
    assert died(Bridge()) == pytest.approx(10.0 + 5.75, abs=0.5)


def test_a_phone_that_sends_nothing_in_silence_does_not_make_its_bridge_dead() -> None:
    assert died(Bridge(sends_for=2.0, answers_for=99.0)) is None


def test_a_bridge_is_not_asked_while_it_sends() -> None:
    bridge = Bridge(sends_for=99.0, answers_for=1.0)
    assert died(bridge) is None
    assert bridge.questions == 1


def test_a_bridge_that_never_answers_questions_is_not_dead_for_that() -> None:
    assert died(Bridge(silent_at_first=True)) is None


def test_it_tells_how_long_nothing_has_come() -> None:
    async def watch() -> float:
        bridge = Bridge(sends_for=5.0, answers_for=99.0)
        pulse = Pulse(bridge.packets, bridge.asked, now)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pulse.lost(), 20.0)
        return pulse.silent

    assert hurried(watch()) == pytest.approx(15.0, abs=1.0)
