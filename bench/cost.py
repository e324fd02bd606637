"""What calls cost: CPU time and memory of the process that conducts them, ours beside the plain session's.

Each reading is a process of its own (`bench.load`), bound to one core; the stand-ins have the others. The simulated
callees and lines run in it too, which no worker pays for on a phone network: they are measured alone, and what is
compared is what is left without them. The raw figures are beside it. On a machine that others use too, the same calls
take up to a tenth more or less from one minute to the next: the sides are read in turn, and where there is a target
three times, of which the one in the middle counts.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from agent.standins.process import StandIns
from bench.command import output
from bench.figures import Figure, Span, Unit
from bench.load import Cost, Side

AT_ONCE = (1, 5, 10, 20)
"""Calls."""
_DECISIVE = 10
"""Calls of the reading that has a target."""
_ROUNDS = 3
"""Readings of it, an odd number."""
_TIMED = 5
"""Calls whose callbacks are timed."""
_COST = TypeAdapter(Cost)
_CHEAPER = Span(high=0.9)
_SHORT = Span(high=10)


async def costs(stand_ins: StandIns, told: Callable[[str], None]) -> tuple[Figure, ...]:
    """Every figure of cost. Raises `CallFailed` when a reading does not end as it should."""
    core = _cores(stand_ins)
    figures: list[Figure] = []
    decisive: Cost | None = None
    for calls in AT_ONCE:
        reading = _Reading(stand_ins, calls, core, told)
        rounds = [
            (await reading.of(Side.LINE), await reading.of(Side.OURS), await reading.of(Side.PLAIN))
            for _ in range(_ROUNDS if calls == _DECISIVE else 1)
        ]
        line, ours, others = map(_middle, zip(*rounds, strict=True))
        figures += _compared(line, ours, others)
        decisive = ours if calls == _DECISIVE else decisive
    assert decisive is not None
    reading = _Reading(stand_ins, _DECISIVE, core, told)
    recorded, sounding = await reading.of(Side.OURS, "--recorded"), await reading.of(Side.OURS, "--sounds")
    timed = await _Reading(stand_ins, _TIMED, core, told).of(Side.OURS, "--timed")
    extras = (*_extra("recording", decisive, recorded), *_extra("sounds", decisive, sounding))
    return (*figures, *extras, *_callbacks(timed))


def _cores(stand_ins: StandIns) -> int:
    """The core for what is measured; the stand-ins are moved to the others, where there are any."""
    first, *others = sorted(os.sched_getaffinity(0))
    if others:
        os.sched_setaffinity(stand_ins.pid, others)
    return first


def _middle(readings: Sequence[Cost]) -> Cost:
    """The reading in the middle, by its CPU time."""
    return sorted(readings, key=lambda reading: reading.cpu)[len(readings) // 2]


def _compared(line: Cost, ours: Cost, others: Cost) -> tuple[Figure, ...]:
    calls = f"{ours.calls} at once"
    target = _CHEAPER if ours.calls == _DECISIVE else None
    net, net_others = ours.per_minute - line.per_minute, others.per_minute - line.per_minute
    lean, lean_others = ours.memory_per_call - line.memory_per_call, others.memory_per_call - line.memory_per_call
    return (
        Figure(f"CPU a call-minute, {calls}: ours", net, Unit.SECONDS_OF_CPU, note=f"{ours.per_minute:.2f} s raw"),
        Figure(
            f"CPU a call-minute, {calls}: plain", net_others, Unit.SECONDS_OF_CPU, note=f"{others.per_minute:.2f} s raw"
        ),
        Figure(
            f"CPU a call-minute, {calls}: ours/plain",
            net / net_others,
            Unit.RATIO,
            target,
            note=f"{ours.per_minute / others.per_minute:.2f}× raw; line alone {line.per_minute:.2f} s",
        ),
        Figure(f"memory a call, {calls}: ours", lean, Unit.MEGABYTES, note=f"{ours.memory_per_call:.1f} MB raw"),
        Figure(
            f"memory a call, {calls}: plain", lean_others, Unit.MEGABYTES, note=f"{others.memory_per_call:.1f} MB raw"
        ),
    )


def _extra(name: str, without: Cost, having: Cost) -> tuple[Figure, ...]:
    cpu, memory = having.per_minute - without.per_minute, having.memory_per_call - without.memory_per_call
    note = f"{without.calls} at once"
    return (
        Figure(f"{name}, CPU a call-minute", cpu, Unit.SECONDS_OF_CPU, note=note),
        Figure(f"{name}, memory a call", memory, Unit.MEGABYTES, note=note),
    )


def _callbacks(timed: Cost) -> tuple[Figure, ...]:
    assert timed.longest is not None and timed.longest_own is not None  # noqa: PT018  (both were timed)
    return (
        Figure("longest callback: ours", timed.longest_own.ms, Unit.MILLISECONDS, _SHORT, note=timed.longest_own.name),
        Figure("longest callback: any", timed.longest.ms, Unit.MILLISECONDS, note=timed.longest.name),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """So many calls at once in a process of their own."""

    stand_ins: StandIns
    calls: int
    core: int
    told: Callable[[str], None]

    async def of(self, side: Side, *options: str) -> Cost:
        """What they cost."""
        self.told(f"{self.calls} calls at once, {' '.join([side, *options])}")
        arguments = (side, str(self.calls), self.stand_ins.address, "--core", str(self.core), *options)
        return _COST.validate_json(await output("-m", "bench.load", *arguments))
