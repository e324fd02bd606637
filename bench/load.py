"""Calls at once in a process of their own, and what they cost it: `python -m bench.load`, which `bench.cost` starts.

It is bound to one core, warms up with a short call, conducts the calls, and prints what they took as JSON.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import uvloop

from agent import logs
from agent.rehearsal.script import LineScript
from agent.standins.process import StandIns, attached
from audio.frames import Pcm, silence
from audio.ledger import SpokenWord
from bench import plain
from bench.callbacks import Callbacks, Longest
from bench.ours import conducted
from bench.scripts import timetable

_SOUNDS = {"background_sound": "audio/office.ogg", "thinking_sound": "audio/keyboard-typing.ogg"}
SECONDS = 45.0
"""Length of a call."""
_APART = 0.37
"""Seconds between the starts of two calls: no multiple of a tick, so that their ticks do not fall together."""
_WARM_UP = 13.0
"""Seconds of the call that is not counted: long enough for a turn and its answer."""
_BEFORE_THE_END = 2.0
"""Seconds before the first call ends at which the memory is looked at: all are there then."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What a call of ours can have besides."""

    recorded: bool = False
    sounds: bool = False
    """A background from answer to hang-up, and a thinking sound before every reply."""


class Side(StrEnum):
    """Who is at the worker's end of the lines."""

    OURS = "ours"
    PLAIN = "plain"
    LINE = "line"
    """Nobody: what the simulated callees and lines cost, which both others pay as well."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the calls took, all together."""

    calls: int
    cpu: float
    """Seconds of the process, all threads, from before the first call to after the last."""
    memory: float
    """MB that the process has more than before them, as the kernel shares it out (PSS), shortly before they end."""
    longest: Longest | None
    """The longest callback; None where they were not timed."""
    longest_own: Longest | None
    """The longest of the worker's own."""

    @property
    def per_minute(self) -> float:
        """Seconds of CPU for a minute of one call."""
        return self.cpu / (self.calls * SECONDS / 60)

    @property
    def memory_per_call(self) -> float:
        """MB."""
        return self.memory / self.calls


class _Nobody:
    """A leg that says and hears nothing."""

    def speak(self) -> Pcm:
        """The next 20 ms for the callee."""
        return silence()

    def voice(self) -> Pcm:
        """The same."""
        return silence()

    def hear(self, pcm: Pcm) -> None:
        """Take 20 ms of the callee's."""

    def spoken(self) -> Sequence[SpokenWord]:
        """No words."""
        return ()


async def _line_alone(stand_ins: StandIns, script: LineScript) -> None:
    async with plain.reached(stand_ins, script) as (_, line):
        await plain.until_over(line, _Nobody())


def _caller(side: Side, extras: Extras) -> Callable[[StandIns, LineScript], Awaitable[object]]:
    sounds = _SOUNDS if extras.sounds else {}
    match side:
        case Side.OURS:
            return lambda stand_ins, script: conducted(
                stand_ins, script, recorded=extras.recorded, first_sentence_mode="none", **sounds
            )
        case Side.PLAIN:
            return plain.talked
        case Side.LINE:
            return _line_alone


async def measured(side: Side, calls: int, address: str, extras: Extras, *, timed: bool) -> Cost:
    """What so many calls cost this process."""
    call = _caller(side, extras)
    async with attached(address) as stand_ins:
        await call(stand_ins, timetable(_WARM_UP, seed=0))
        gc.collect()
        gc.freeze()  # as the worker does before it forks
        memory = asyncio.create_task(_growth(calls * _APART + SECONDS - _BEFORE_THE_END), name="memory")
        with Callbacks(timed) as callbacks:
            before = time.process_time()
            await asyncio.gather(*(_later(number, call, stand_ins) for number in range(calls)))
            cpu = time.process_time() - before
        return Cost(calls, cpu, await memory, callbacks.longest, callbacks.longest_own)


async def _later(number: int, call: Callable[[StandIns, LineScript], Awaitable[object]], stand_ins: StandIns) -> None:
    await asyncio.sleep(number * _APART)
    await call(stand_ins, timetable(SECONDS, seed=number))


async def _growth(seconds: float) -> float:
    before = _resident_mb()
    await asyncio.sleep(seconds)
    return _resident_mb() - before


def _resident_mb() -> float:
    """The process's proportional share of the memory it is in (PSS), in MB."""
    for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise OSError("the kernel does not tell the process's memory")


def main() -> None:
    """Measure as the command line says, and print the cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("side", type=Side)
    parser.add_argument("calls", type=int)
    parser.add_argument("address")
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--recorded", action="store_true")
    parser.add_argument("--sounds", action="store_true")
    parser.add_argument("--timed", action="store_true")
    given = parser.parse_args()
    logs.configure()
    os.sched_setaffinity(0, {given.core})
    if not given.timed:  # its callbacks cannot be timed from Python
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    extras = Extras(given.recorded, given.sounds)
    cost = asyncio.run(measured(given.side, given.calls, given.address, extras, timed=given.timed))
    sys.stdout.write(json.dumps(asdict(cost)) + "\n")


if __name__ == "__main__":
    main()
