"""`python -m bench`: one run of every measurement, printed as a table."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from agent import logs
from agent.standins.process import StandInsFailed, running
from bench import machine
from bench.command import whole_call
from bench.cost import costs
from bench.edges import limited_calls, short_calls
from bench.figures import Figure
from bench.ours import CallFailed
from bench.phones import real_calls
from bench.results import Results, table
from bench.turns import Exchange, compared
from tests.e2e.stack import Unavailable

Told = Callable[[str], None]
"""Is told how far it is."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(epilog="Example: python -m bench --turns 20")
def bench(
    turns: Annotated[int, typer.Option(min=1, help="Turns of the callee's in the comparison.")] = 40,
    held_out: Annotated[bool, typer.Option("--held-out", help="Compare with turns that nothing was tuned by.")] = False,
    at_once: Annotated[int, typer.Option(min=1, help="Pairs of calls that are compared at the same time.")] = 1,
    calls: Annotated[int, typer.Option(min=1, help="Calls for each of the other figures.")] = 5,
    real: Annotated[
        bool, typer.Option("--real", help="Measure calls on a LiveKit server and SIP bridge instead.")
    ] = False,
    cost: Annotated[bool, typer.Option("--cost", help="Measure what calls cost instead: CPU and memory.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure the worker's latencies beside a plain LiveKit session, in about twelve minutes."""
    logs.configure()
    console = Console(stderr=True, highlight=False)
    try:
        if real:
            measuring = _reported(console, lambda told: real_calls(calls, told))
        elif cost:
            measuring = _reported(console, _costs)
        else:
            measuring = _measured(console, calls, _Turns(turns, held_out, at_once))
        results = asyncio.run(measuring)
    except (CallFailed, StandInsFailed, Unavailable) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    saved = results.save()
    if as_json:
        sys.stdout.write(results.as_json() + "\n")
    else:
        Console(width=None if sys.stdout.isatty() else 140).print(table(results.figures))
    for disturbance in results.disturbances:
        console.print(f"noisy: {disturbance}; measure again on a quiet machine", style="yellow", markup=False)
    console.print(f"written to {saved}", markup=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Turns:
    """The callee's turns of the comparison."""

    count: int
    held_out: bool
    at_once: int


async def _measured(console: Console, calls: int, turns: _Turns) -> Results:
    told = _teller(console)
    began, before = datetime.now(UTC), await machine.look()
    told("a whole rehearsal")
    figures = list(await whole_call())
    async with running() as stand_ins:
        told("first sentences and goodbyes")
        figures += await short_calls(stand_ins, calls)
        told("calls with a limit")
        figures += await limited_calls(stand_ins, -(-calls // 3))
        comparison = await compared(stand_ins, turns.count, told, held_out=turns.held_out, at_once=turns.at_once)
    figures += comparison.figures
    return await _results(began, before, figures, comparison.exchanges)


async def _reported(console: Console, measure: Callable[[Told], Awaitable[tuple[Figure, ...]]]) -> Results:
    """The figures of one kind of measurement."""
    began, before = datetime.now(UTC), await machine.look()
    return await _results(began, before, await measure(_teller(console)))


async def _costs(told: Told) -> tuple[Figure, ...]:
    async with running() as stand_ins:
        return await costs(stand_ins, told)


async def _results(
    began: datetime, before: machine.Machine, figures: Iterable[Figure], exchanges: tuple[Exchange, ...] = ()
) -> Results:
    after = await machine.look()
    disturbances = (*before.disturbances(load=True), *after.disturbances(load=False))
    return Results(began, tuple(figures), exchanges, disturbances)


def _teller(console: Console) -> Told:
    """Prints how far it is, with the seconds that have passed."""
    began = time.monotonic()
    return lambda what: console.print(f"{time.monotonic() - began:4.0f} s  {what}", markup=False)


if __name__ == "__main__":
    app()
