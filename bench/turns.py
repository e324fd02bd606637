"""Voice to voice: from the end of the callee's voice to the agent's, ours beside the plain session's."""

from collections.abc import Callable, Sequence
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

_NO_SLOWER = Span(high=1.0)
_KEEPS_UP = Span(high=30)


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two made of the turns."""

    answers: tuple[Answer, ...]

    @property
    def waits_ms(self) -> list[float]:
        """Milliseconds, of the turns that were let finish."""
        return [answer.wait * 1000 for answer in self.answers if answer.wait is not None and not answer.cut_in]

    @property
    def cut_ins(self) -> int:
        """Turns that the agent spoke into."""
        return sum(answer.cut_in for answer in self.answers)


async def compared(stand_ins: StandIns, count: int, told: Callable[[str], None]) -> tuple[Figure, ...]:
    """The same turns on the same lines, a call of ours and a plain one by turns. `told` hears how far it is."""
    ours: list[Answer] = []
    others: list[Answer] = []
    lags: list[float] = []
    said = blocks(turns(count))
    for number, block in enumerate(said, start=1):
        script = conversation(block, seed=number)
        told(f"call {number} of {len(said)}, ours")
        call = await conducted(stand_ins, script, first_sentence_mode="none")
        lags.append(call.one(e.Measured).loop_lag_p99_ms)
        ours += _answers(call.sides, script, block)
        told(f"call {number} of {len(said)}, plain")
        others += _answers(await plain.talked(stand_ins, script), script, block)
    pauses = sum(turn.pauses for block in said for turn in block)
    return (
        *_figures(Side(tuple(ours)), Side(tuple(others)), pauses),
        Figure("loop lag, 99 of 100", median(lags), Unit.MILLISECONDS, _KEEPS_UP, max(lags), f"{len(lags)} calls"),
    )


def _answers(sides: Sides, script: LineScript, block: Sequence[Turn]) -> tuple[Answer, ...]:
    found = answers(sides.callee, sides.agent, delay(script.network))
    if len(found) != len(block):
        raise CallFailed(f"expected {len(block)} turns of the callee in the call, found {len(found)}")
    return found


def _figures(ours: Side, others: Side, pauses: int) -> tuple[Figure, ...]:
    said = f"{len(ours.answers)} turns, {pauses} pauses"
    rows = []
    for name, share in (("median", 50), ("95 of 100", 95)):
        mine, theirs = percentile(ours.waits_ms, share), percentile(others.waits_ms, share)
        target = _NO_SLOWER if share == 50 else None
        rows += [
            Figure(f"voice to voice, {name}: ours", mine, Unit.MILLISECONDS, note=f"{len(ours.waits_ms)} turns"),
            Figure(f"voice to voice, {name}: plain", theirs, Unit.MILLISECONDS, note=f"{len(others.waits_ms)} turns"),
            Figure(f"voice to voice, {name}: ours/plain", mine / theirs, Unit.RATIO, target),
        ]
    no_more = Span(high=others.cut_ins)
    return (
        *rows,
        Figure("false cut-ins: ours", ours.cut_ins, Unit.COUNT, no_more, note=said),
        Figure("false cut-ins: plain", others.cut_ins, Unit.COUNT, note=said),
    )
