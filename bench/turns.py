"""Voice to voice: from the end of the callee's voice to the agent's, ours beside the plain session's."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agent import events as e
from agent.rehearsal.line import Sides
from agent.rehearsal.network import delay
from agent.rehearsal.script import LineScript
from agent.standins.process import StandIns
from bench import plain
from bench.figures import Figure, Span, Unit, median, percentile
from bench.hearing import Answer, answers
from bench.ours import CallFailed, conducted
from bench.scripts import Turn, blocks, conversation, turns

LATE = 1.5
"""Seconds; a wait beyond this is called late."""

_QUICKER = Span(high=0.75)
_SELDOM_SLOW = Span(high=0.8)
_KEEPS_UP = Span(high=30)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn, and what each of the two made of it."""

    turn: Turn
    ours: Answer
    plain: Answer


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same turns, twice."""

    exchanges: tuple[Exchange, ...]
    lags: tuple[float, ...]
    """Milliseconds that 99 of 100 wake-ups of the loop were not later than, in each of our calls."""
    repeated: int = 0
    """Pairs of calls that had to be made once more."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What they come to."""
        ours, others = _waits(each.ours for each in self.exchanges), _waits(each.plain for each in self.exchanges)
        both = [
            (each.ours.wait - each.plain.wait) * 1000
            for each in self.exchanges
            if each.ours.wait is not None
            and each.plain.wait is not None
            and not (each.ours.cut_in or each.plain.cut_in)
        ]
        return (
            *_compared("median", 50, ours, others, _QUICKER),
            Figure("  ours - plain, median of the turns", median(both), Unit.MILLISECONDS, note=f"{len(both)} pairs"),
            *_compared("95 of 100", 95, ours, others, _SELDOM_SLOW),
            *self._late(),
            Figure("pairs of calls made again", self.repeated, Unit.COUNT),
            *self._cut_ins(),
            Figure(
                "loop lag, 99 of 100",
                median(self.lags),
                Unit.MILLISECONDS,
                _KEEPS_UP,
                max(self.lags),
                f"{len(self.lags)} calls",
            ),
        )

    def _late(self) -> tuple[Figure, ...]:
        late = [sum((a.wait or 0.0) > LATE for a in side) for side in self._sides()]
        note = f"longer than {LATE:g} s"
        return (
            Figure("late answers: ours", late[0], Unit.COUNT, note=note),
            Figure("late answers: plain", late[1], Unit.COUNT, note=note),
        )

    def _cut_ins(self) -> tuple[Figure, ...]:
        ours, others = (sum(answer.cut_in for answer in side) for side in self._sides())
        pauses = sum(each.turn.pauses for each in self.exchanges)
        note = f"{len(self.exchanges)} turns, {pauses} pauses"
        return (
            Figure("false cut-ins: ours", ours, Unit.COUNT, Span(high=others), note=note),
            Figure("false cut-ins: plain", others, Unit.COUNT, note=note),
        )

    def _sides(self) -> tuple[list[Answer], list[Answer]]:
        return [each.ours for each in self.exchanges], [each.plain for each in self.exchanges]


def _waits(side: Iterable[Answer]) -> list[float]:
    """Milliseconds, of the turns that were let finish."""
    return [answer.wait * 1000 for answer in side if answer.wait is not None and not answer.cut_in]


def _compared(
    name: str, share: float, ours: Sequence[float], others: Sequence[float], target: Span | None
) -> tuple[Figure, ...]:
    mine, theirs = percentile(ours, share), percentile(others, share)
    return (
        Figure(f"voice to voice, {name}: ours", mine, Unit.MILLISECONDS, note=f"{len(ours)} turns"),
        Figure(f"voice to voice, {name}: plain", theirs, Unit.MILLISECONDS, note=f"{len(others)} turns"),
        Figure(f"voice to voice, {name}: ours/plain", mine / theirs, Unit.RATIO, target),
    )


async def compared(
    stand_ins: StandIns, count: int, told: Callable[[str], None], *, held_out: bool = False, at_once: int = 1
) -> Comparison:
    """The same turns on the same lines, a call of ours beside a plain one. `told` hears how far it is.

    The two of a pair run at the same time in the same loop, so that what disturbs one disturbs the other; so do
    `at_once` pairs. A pair of which a call breaks off, as on a machine that stalls, is made once more.
    """
    said = blocks(turns(count, held_out=held_out))
    free = asyncio.Semaphore(at_once)

    again: list[int] = []

    async def pair(number: int, block: Sequence[Turn]) -> tuple[list[Exchange], float]:
        async with free:
            told(f"pair of calls {number} of {len(said)}")
            try:
                return await _pair(stand_ins, block, seed=number)
            except CallFailed as error:
                again.append(number)
                told(f"pair of calls {number} of {len(said)} again: {error}")
                return await _pair(stand_ins, block, seed=number)

    pairs = await asyncio.gather(*(pair(number, block) for number, block in enumerate(said, start=1)))
    exchanges = tuple(exchange for exchanges, _ in pairs for exchange in exchanges)
    return Comparison(exchanges, tuple(lag for _, lag in pairs), len(again))


async def _pair(stand_ins: StandIns, block: Sequence[Turn], seed: int) -> tuple[list[Exchange], float]:
    """What each of the two made of the turns, and our loop's lag."""
    script = conversation(block, seed)
    call, other = await asyncio.gather(
        conducted(stand_ins, script, first_sentence_mode="none"), plain.talked(stand_ins, script)
    )
    both = _answers(call.sides, script, block), _answers(other, script, block)
    exchanges = [Exchange(turn, *answers) for turn, *answers in zip(block, *both, strict=True)]
    return exchanges, call.one(e.Measured).loop_lag_p99_ms


def _answers(sides: Sides, script: LineScript, block: Sequence[Turn]) -> tuple[Answer, ...]:
    found = answers(sides.callee, sides.agent, delay(script.network))
    if len(found) != len(block):
        raise CallFailed(f"expected {len(block)} turns of the callee in the call, found {len(found)}")
    return found
