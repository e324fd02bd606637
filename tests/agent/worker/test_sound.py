"""Ticks and backlogs: the pace of a call's sound."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import pytest

from agent.worker.sound import ENOUGH, PRIMING, TOO_LONG, TOO_MANY, Backlog, SourceOutlet, Ticks
from audio.frames import FRAME, TICK, Pcm, silence
from audio.ledger import SpokenWord
from tests.agent.hurry import hurried, now


def frame(value: int) -> Pcm:
    return np.full(FRAME, value, dtype=np.int16)


class Leg:
    """Speaks frames whose value is their number, from 1000 on; remembers what it heard and when it was asked."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.asked: list[float] = []

    def speak(self) -> Pcm:
        self.asked.append(now())
        return self.voice()

    def voice(self) -> Pcm:
        return frame(999 + len(self.asked))

    def hear(self, pcm: Pcm) -> None:
        self.heard.append(int(pcm[0]))

    def spoken(self) -> Sequence[SpokenWord]:
        return []


class SlowOutlet(SourceOutlet):
    """Takes as long for each frame as it is told."""

    def __init__(self, takes: float = 0.0) -> None:
        super().__init__()
        self.takes = takes
        self.written: list[int] = []

    async def write(self, pcm: Pcm) -> None:
        await asyncio.sleep(self.takes)
        self.written.append(int(pcm[0]))


async def ticked(ticks: Ticks, leg: Leg, seconds: float, *, late: float = 0.0) -> None:
    """Let it tick; `late` is how long ago the answer was."""
    with suppress(TimeoutError):
        await asyncio.wait_for(ticks.run(leg, now() - late), seconds)


def test_a_tick_every_20_ms_speaks_one_frame_and_hears_one() -> None:
    leg = Leg()

    async def call() -> SlowOutlet:
        outlet = SlowOutlet()
        ticks = Ticks(outlet, now, asyncio.sleep)
        feeding = asyncio.create_task(feed(ticks))
        await ticked(ticks, leg, 1.0)
        feeding.cancel()
        return outlet

    async def feed(ticks: Ticks) -> None:
        for number in range(1, 100):
            await asyncio.sleep(TICK)
            ticks.arrive(frame(number))

    outlet = hurried(call())
    assert len(leg.asked) == pytest.approx(50, abs=2)
    assert np.allclose(np.diff(leg.asked), TICK)
    assert len(leg.heard) == len(leg.asked) - 1
    assert outlet.written[:40] == [0] * PRIMING + list(range(1000, 1040 - PRIMING))
    assert [value for value in leg.heard if value][:40] == list(range(1, 41))


def test_ticks_that_come_late_are_made_up_for_and_none_is_left_out() -> None:
    leg = Leg()

    async def call() -> float:
        began = now()
        await ticked(Ticks(SlowOutlet(), now, asyncio.sleep), leg, 0.5, late=0.2)
        return began

    began = hurried(call())
    assert [at for at in leg.asked if at == began] == [began] * 11
    assert len(leg.asked) == pytest.approx(35, abs=2)


def test_a_source_that_makes_the_writer_wait_does_not_slow_the_clock() -> None:
    leg = Leg()
    hurried(ticked_with(leg, takes=0.05))
    assert np.allclose(np.diff(leg.asked), TICK)


async def ticked_with(leg: Leg, *, takes: float) -> None:
    await ticked(Ticks(SlowOutlet(takes), now, asyncio.sleep), leg, 1.0)


def test_silence_is_heard_where_no_frame_has_come() -> None:
    leg = Leg()
    hurried(ticked_with(leg, takes=0.0))
    assert leg.heard == [0] * (len(leg.asked) - 1)


def test_what_came_before_the_answer_is_not_heard() -> None:
    leg = Leg()

    async def call() -> None:
        ticks = Ticks(SlowOutlet(), now, asyncio.sleep)
        for _ in range(4):
            ticks.arrive(frame(7))
        await ticked(ticks, leg, 0.2)

    hurried(call())
    assert 7 not in leg.heard


def test_a_source_that_fails_is_not_passed_over() -> None:
    class Broken(SlowOutlet):
        async def write(self, pcm: Pcm) -> None:
            raise OSError

    async def call() -> None:
        await Ticks(Broken(), now, asyncio.sleep).run(Leg(), now())

    with pytest.raises(OSError):  # noqa: PT011 - any
        hurried(call())


def test_a_backlog_leaves_out_the_oldest_silence_and_no_sound() -> None:
    backlog = Backlog()
    for value in (5000, 0, 5001, 0, 5002, 5003, 5004):
        backlog.put(frame(value))
    assert len(backlog) == ENOUGH
    assert drained(backlog) == [5000, 5001, 5002, 5003, 5004]
    assert backlog.left_out == 2


def test_speech_keeps_its_short_pauses_and_only_a_long_one_is_shortened() -> None:
    backlog = Backlog(spoken=True)
    for value in (5000, 0, 5001, 0, 0, 5002, 5003, 5004):
        backlog.put(frame(value))
    assert backlog.left_out == 0
    for _ in range(8):
        backlog.take()
        backlog.put(silence())
    assert len(backlog) == ENOUGH + 2
    backlog.put(silence())
    backlog.put(silence())
    assert len(backlog) == ENOUGH + 2
    assert backlog.left_out == 3


def test_a_delay_is_made_up_for_although_there_is_always_sound_under_the_voice() -> None:
    backlog = Backlog(spoken=True)
    for step in range(ENOUGH + 4):
        backlog.put(np.arange(FRAME * step, FRAME * (step + 1), dtype=np.int16), silence())
    assert (len(backlog), backlog.left_out) == (ENOUGH, 4)
    heard = np.concatenate([pcm for _ in range(ENOUGH) if (pcm := backlog.take()) is not None])
    assert heard[0] <= ENOUGH
    assert heard[-1] == FRAME * (ENOUGH + 4) - 1
    assert np.max(np.abs(np.diff(heard))) < FRAME / 20


def test_a_backlog_of_nothing_but_sound_is_bounded_too() -> None:
    backlog = Backlog()
    for value in range(1000, 1000 + 2 * TOO_MANY):
        backlog.put(frame(value))
    assert drained(backlog) == list(range(1000 + TOO_MANY, 1000 + 2 * TOO_MANY))


def test_a_delay_that_lasts_is_made_up_for_by_leaving_out_what_is_softest() -> None:
    backlog = Backlog()
    for value in range(2 * ENOUGH):
        backlog.put(frame(5000 + value))
    for value in range(TOO_LONG * 4):
        backlog.put(frame(3000 if value % 50 == 20 else 6000))
        backlog.take()
    assert len(backlog) == 2 * ENOUGH - 4
    assert backlog.left_out == 4


def drained(backlog: Backlog) -> list[int]:
    values = []
    while (pcm := backlog.take()) is not None:
        values.append(int(pcm[0]))
    return values


async def test_livekits_source_takes_frames_no_faster_than_they_are_played() -> None:
    outlet = SourceOutlet()
    began = asyncio.get_running_loop().time()
    for _ in range(20):
        await outlet.write(silence())
    assert 0.2 < asyncio.get_running_loop().time() - began < 1.0
    await outlet.aclose()
