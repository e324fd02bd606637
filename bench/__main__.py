"""`python -m bench`: one run of every measurement, printed as a table."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from agent import logs
from agent.standins.process import StandInsFailed, running
from bench import machine
from bench.command import whole_call
from bench.edges import limited_calls, short_calls
from bench.ours import CallFailed
from bench.phones import real_calls
from bench.results import Results, table
from bench.turns import compared
from tests.e2e.stack import Unavailable

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(epilog="Example: python -m bench --turns 20")
def bench(
    turns: Annotated[int, typer.Option(min=1, help="Turns of the callee's in the comparison.")] = 40,
    calls: Annotated[int, typer.Option(min=1, help="Calls for each of the other figures.")] = 5,
    real: Annotated[
        bool, typer.Option("--real", help="Measure calls on a LiveKit server and SIP bridge instead.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure the worker's latencies beside a plain LiveKit session. Takes about thirteen minutes."""
    logs.configure()
    console = Console(stderr=True, highlight=False)
    try:
        results = asyncio.run(_measured_really(calls, console) if real else _measured(turns, calls, console))
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


async def _measured(turns: int, calls: int, console: Console) -> Results:
    began = datetime.now(UTC)

    def told(what: str) -> None:
        console.print(f"{(datetime.now(UTC) - began).total_seconds():4.0f} s  {what}", markup=False)

    before = await machine.look()
    told("a whole rehearsal")
    figures = list(await whole_call())
    async with running() as stand_ins:
        told("first sentences and goodbyes")
        figures += await short_calls(stand_ins, calls)
        told("calls with a limit")
        figures += await limited_calls(stand_ins, -(-calls // 3))
        comparison = await compared(stand_ins, turns, lambda call: told(f"voice to voice, {call}"))
    figures += comparison.figures
    after = await machine.look()
    disturbances = (*before.disturbances(load=True), *after.disturbances(load=False))
    return Results(began, tuple(figures), comparison.exchanges, disturbances)


async def _measured_really(calls: int, console: Console) -> Results:
    began = datetime.now(UTC)
    before = await machine.look()
    figures = await real_calls(calls, lambda what: console.print(what, markup=False))
    after = await machine.look()
    disturbances = (*before.disturbances(load=True), *after.disturbances(load=False))
    return Results(began, figures, (), disturbances)


if __name__ == "__main__":
    app()
