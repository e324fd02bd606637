"""The line and a worker's leg under a clock that never waits."""

import asyncio
import time
from typing import Any

import numpy as np
import pytest

from agent.line import Answered, Dropped, HungUp, Line, Pressed, Rang, Refused
from agent.rehearsal.line import SimulatedLine
from agent.rehearsal.shipped import parse_line
from audio.frames import FRAME, Pcm, dbfs, samples
from tests.agent.rehearsal.fakes import FakeClock, FakeLeg, Told, bursts, tone, voice

CLEAN: dict[str, Any] = {"codec": "wide", "delay_ms": 0, "noise_dbfs": None}


class Call:
    """A line with everything it needs, and what came of it."""

    def __init__(self, *, ringing_timeout: float = 30, leg: FakeLeg | None = None, **raw: Any) -> None:
        self.clock = FakeClock()
        self.told = Told()
        self.leg = leg or FakeLeg()
        self.line = SimulatedLine(
            parse_line({"network": CLEAN, **raw}),
            language="en",
            voice=voice,
            mark=self.told.mark,
            ringing_timeout=ringing_timeout,
            clock=self.clock,
        )

    async def dial(self) -> None:
        await self.line.dial(self.leg, self.told.notify)

    async def talk(self, seconds: float) -> None:
        """Dial, and hang up so many seconds after the answer."""
        await self.dial()
        await self.told.until(lambda: self.clock.time >= 1000 + self.line.script.ring + seconds)
        await self.line.hang_up()


def test_it_is_a_line() -> None:
    line: Line = Call().line
    assert isinstance(line, SimulatedLine)


async def test_it_rings_and_is_answered() -> None:
    call = Call(ring=2.5)
    await call.dial()
    await call.line.hang_up()
    assert call.told.events == [Rang(1000.0), Answered(1002.5)]


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("busy", Refused(1002.0, "busy", 486, "Busy Here")),
        ("declines", Refused(1002.0, "busy", 603, "Decline")),
        ("not-found", Refused(1002.0, "number_non_attributed", 404, "Not Found")),
        ("unavailable", Refused(1002.0, "temporarily_unavailable", 480, "Temporarily Unavailable")),
        ("no-answer", Refused(1030.0, "no_answer", None, "sip request timed out")),
    ],
)
async def test_a_dial_can_end_without_an_answer(answer: str, refused: Refused) -> None:
    call = Call(answer=answer, ring=2)
    await call.dial()
    assert call.told.events == [Rang(1000.0), refused]
    assert len(call.line.said.callee) == 0


async def test_480_after_long_ringing_is_no_answer() -> None:
    call = Call(answer="unavailable", ring=16)
    await call.dial()
    assert call.told.events[-1] == Refused(1016.0, "no_answer", 480, "Temporarily Unavailable")


async def test_a_refusal_at_once_does_not_ring() -> None:
    call = Call(answer="busy", ring=0)
    await call.dial()
    assert call.told.events == [Refused(1000.0, "busy", 486, "Busy Here")]


async def test_a_callee_slower_than_the_worker_is_patient_does_not_answer() -> None:
    call = Call(ring=10, ringing_timeout=5)
    await call.dial()
    assert call.told.events == [Rang(1000.0), Refused(1005.0, "no_answer", None, "sip request timed out")]


class Stuck(FakeClock):
    """Never comes to an end of ringing."""

    async def sleep_until(self, moment: float) -> None:
        await asyncio.Event().wait()


async def test_cancelling_the_dial_withdraws_the_call() -> None:
    call = Call(ring=5)
    line = SimulatedLine(
        call.line.script, language="en", voice=voice, mark=call.told.mark, ringing_timeout=30, clock=Stuck()
    )
    dial = asyncio.create_task(line.dial(call.leg, call.told.notify))
    await call.told.until(lambda: bool(call.told.events))
    dial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dial
    assert call.told.events == [Rang(1000.0)]
    assert {task.get_name() for task in asyncio.all_tasks()} & {"simulated ringing", "simulated line"} == set()


async def test_hanging_up_while_it_rings_ends_the_dial() -> None:
    call = Call(ring=5)
    line = SimulatedLine(
        call.line.script, language="en", voice=voice, mark=call.told.mark, ringing_timeout=30, clock=Stuck()
    )
    dial = asyncio.create_task(line.dial(call.leg, call.told.notify))
    await call.told.until(lambda: bool(call.told.events))
    await line.hang_up()
    await dial
    assert call.told.events[1:] == [Refused(1000.0, "no_answer", 487, "Request Terminated")]


async def test_hanging_up_is_safe_at_any_time_and_twice() -> None:
    call = Call()
    await call.line.hang_up()
    await call.line.hang_up()
    await call.dial()
    await call.line.hang_up()
    assert isinstance(call.told.events[-1], Refused)


async def test_nobody_hears_anything_before_it_was_said() -> None:
    call = Call(callee=[{"say": "Hello?", "wait": 1.0}])
    call.leg.say("Good morning", at=2.0)
    await call.talk(5)
    assert bursts(call.line.said.callee) == bursts(call.line.heard.agent) == [(samples(1.0), samples(1.3))]
    assert bursts(call.line.said.agent) == bursts(call.line.heard.callee) == [(samples(2.0), samples(2.6))]


async def test_both_directions_share_one_clock() -> None:
    call = Call(callee=[{"say": "Hello?", "wait": 0}, {"when": "morning", "say": "Yes."}])
    call.leg.say("Good morning Sir", at=2.0)
    await call.talk(5)
    assert bursts(call.line.said.callee)[1][0] == samples(2.6)


async def test_the_worker_is_asked_for_a_frame_before_it_hears_the_callees_of_the_same_time() -> None:
    order: list[str] = []

    class Ordered(FakeLeg):
        def speak(self) -> Pcm:
            order.append("speak")
            return super().speak()

        def hear(self, pcm: Pcm) -> None:
            order.append("hear")
            super().hear(pcm)

    call = Call(leg=Ordered())
    await call.talk(0.1)
    assert order[:5] == ["speak", "hear", "speak", "hear", "speak"]


async def test_a_network_delays_both_directions_and_the_callee_answers_later() -> None:
    call = Call(
        network={"codec": "wide", "delay_ms": 100, "noise_dbfs": None},
        callee=[{"say": "Hello?", "wait": 0}, {"when": "morning", "say": "Yes."}],
    )
    call.leg.say("Good morning", at=2.0)
    await call.talk(5)
    assert [start for start, _ in bursts(call.line.heard.callee)] == [samples(2.1)]
    assert [start for start, _ in bursts(call.line.heard.agent)] == [samples(0.1), samples(2.8)]


async def test_what_the_worker_hears_is_what_the_line_says_it_heard() -> None:
    call = Call(network={}, callee=[{"say": "Hello?"}])
    await call.talk(2)
    heard = np.concatenate(call.leg.heard)
    assert np.array_equal(heard, call.line.heard.agent[: len(heard)])
    assert dbfs(heard[: samples(0.4)]) == pytest.approx(-62, abs=2)


async def test_the_last_word_on_its_way_reaches_the_callee_although_the_worker_hung_up() -> None:
    call = Call(network={"codec": "wide", "delay_ms": 200, "noise_dbfs": None})
    call.leg.say("Bye", at=1.0)
    await call.talk(1.3)
    assert bursts(call.line.heard.callee) == [(samples(1.2), samples(1.5))]
    sides = call.line.said, call.line.heard
    assert len({len(pcm) for side in sides for pcm in (side.callee, side.agent)}) == 1


async def test_marks_say_when_each_word_arrives_at_the_worker() -> None:
    call = Call(
        ring=2,
        network={"codec": "wide", "delay_ms": 100, "noise_dbfs": None},
        callee=[{"say": "one two / three", "wait": 0.5}],
    )
    await call.talk(4)
    assert [(mark.text, mark.last) for mark in call.told.marks] == [("one", False), ("two", True), ("three", True)]
    starts = [mark.start - 1002.0 for mark in call.told.marks]
    assert starts == pytest.approx([0.6, 0.9, 1.9])
    assert call.told.marks[2].end - 1002.0 == pytest.approx(2.2)


async def test_a_callee_who_hangs_up_is_gone_once_that_has_arrived() -> None:
    call = Call(
        ring=1,
        network={"codec": "wide", "delay_ms": 100, "noise_dbfs": None},
        callee=[{"say": "one two", "wait": 0}, {"after": "previous", "wait": 0, "hang_up": True}],
    )
    await call.dial()
    await call.told.until(lambda: isinstance(call.told.events[-1], HungUp))
    assert call.told.events[-1].at == pytest.approx(1001.0 + 0.6 + 0.1)
    assert call.clock.time == pytest.approx(1001.7, abs=0.021)
    assert bursts(np.concatenate(call.leg.heard)) == [(samples(0.1), samples(0.7))]
    frames = len(call.leg.heard)
    await call.line.hang_up()
    assert len(call.leg.heard) == frames


async def test_keys_are_told_when_they_arrive() -> None:
    call = Call(network={"codec": "wide", "delay_ms": 50}, callee=[{"press": "4#", "wait": 1}])
    await call.talk(3)
    pressed = [event for event in call.told.events if isinstance(event, Pressed)]
    assert [key.digit for key in pressed] == ["4", "#"]
    assert [key.at - 1001.0 for key in pressed] == pytest.approx([1.05, 1.35])


async def test_no_tick_is_left_out_when_the_host_was_late() -> None:
    class Stalling(FakeClock):
        """Loses half a second, once."""

        async def sleep_until(self, moment: float) -> None:
            await super().sleep_until(moment)
            if 1002.0 < self.time < 1002.1:
                self.time = 1002.6

    call = Call(callee=[{"at": 3.0, "say": "Hello?"}])
    line = SimulatedLine(
        call.line.script,
        language="en",
        voice=voice,
        mark=call.told.mark,
        ringing_timeout=30,
        clock=(clock := Stalling()),
    )
    await line.dial(call.leg, call.told.notify)
    await call.told.until(lambda: clock.time > 1005)
    await line.hang_up()
    assert bursts(line.heard.agent) == [(samples(3.0), samples(3.3))]
    assert len(call.leg.heard) == pytest.approx((1005 - 1001) * 50, abs=2)


async def test_a_leg_that_fails_drops_the_line() -> None:
    class Broken(FakeLeg):
        def speak(self) -> Pcm:
            raise RuntimeError("broken")

    call = Call(leg=Broken())
    await call.dial()
    await call.told.until(lambda: isinstance(call.told.events[-1], Dropped))
    await call.line.hang_up()


async def test_the_judge_can_ask_at_any_time() -> None:
    call = Call(ring=0, callee=[{"say": "one // two", "wait": 0}])
    assert call.line.pause() == (0, True)
    await call.dial()
    await call.told.until(lambda: call.clock.time > 1000.5)
    assert call.line.pause() == (1, False)
    await call.told.until(lambda: call.clock.time > 1003)
    assert call.line.pause() == (2, True)
    await call.line.hang_up()


async def test_what_did_not_happen_is_told() -> None:
    call = Call(callee=[{"say": "Hello?"}, {"when": "price", "say": "Ten."}])
    assert len(call.line.untold) == 2
    await call.talk(3)
    assert [step.say and step.say.text("en") for step in call.line.untold] == ["Ten."]


async def test_a_voice_that_fails_is_told_before_anything_rings() -> None:
    async def mute(text: str, **_: Any) -> Any:
        raise ConnectionError

    told = Told()
    line = SimulatedLine(
        parse_line({"callee": [{"say": "Hello?"}]}), language="en", voice=mute, mark=told.mark, ringing_timeout=30
    )
    with pytest.raises(ConnectionError):
        await line.dial(FakeLeg(), told.notify)
    assert told.events == []


async def test_real_time_is_kept_to() -> None:
    told, leg = Told(), FakeLeg()
    line = SimulatedLine(
        parse_line({"ring": 0.1, "callee": []}), language="en", voice=voice, mark=told.mark, ringing_timeout=30
    )
    await line.dial(leg, told.notify)
    answered = time.monotonic()
    await asyncio.sleep(0.5)
    due = (time.monotonic() - answered) / 0.02
    await line.hang_up()
    assert 10 <= len(leg.heard) <= due + 2
    assert len(leg.heard[0]) == FRAME
    assert dbfs(tone(0.1)) > -20
