"""The command line: `voice-worker`, or `python -m agent`.

Each command imports what it needs when it runs, so that `check` starts at once.
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from agent.problems import WorkerError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

_WORKER_EXAMPLE = "Example: LIVEKIT_URL=ws://127.0.0.1:7880 voice-worker worker --providers stand-in"
_REHEARSE_EXAMPLE = "Example: voice-worker rehearse examples/appointment.yaml --line person"
_CHECK_EXAMPLE = "Example: voice-worker check examples/appointment.yaml"
_DIAL_EXAMPLE = "Example: LIVEKIT_URL=ws://127.0.0.1:7880 voice-worker dial hello.yaml"
_CALLS_EXAMPLE = "Example: voice-worker calls --json"
_HANGUP_EXAMPLE = "Example: voice-worker hangup hello"
_COMPARE_EXAMPLE = "Example: voice-worker compare old.json new.json --lines my-lines --repeat 20 --providers llm=real"
_LINES_EXAMPLE = "Example: voice-worker lines person > my-line.yaml"
_INIT_EXAMPLE = "Example: voice-worker init my-agent"
_SCHEMAS_EXAMPLE = "Example: voice-worker schemas my-agent/.schemas"
_CONSOLE_EXAMPLE = "Example: voice-worker console examples/assistant.json --text --var customer=Ann --var order=NW-1"
_REPORT_EXAMPLE = "Example: voice-worker report calls/appointment --open"


@app.callback()
def voice_worker() -> None:
    """Conduct phone calls with a voice agent, one per attempt."""


@app.command(epilog=_INIT_EXAMPLE)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; it is made.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Write a commented assistant, attempt and line file to begin with, and say what to do next."""
    from agent.starter.start import start  # noqa: PLC0415

    typer.echo(start(folder, force=force), nl=False)


@app.command(epilog=_SCHEMAS_EXAMPLE)
def schemas(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; it is made.")] = Path(".schemas"),
) -> None:
    """Write the JSON Schemas of all files, for editors: attempt, assistant, line, report and suite."""
    from agent.schemas import write  # noqa: PLC0415

    for path in write(folder):
        typer.echo(path)


@app.command(epilog=_CHECK_EXAMPLE)
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Attempts or assistants, as JSON or YAML.")],
    live: Annotated[
        bool, typer.Option("--live", help="Also ask the LiveKit server and the providers; their keys must be there.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Print every problem and unknown field of attempts and assistants, without calling anyone."""
    from agent import settings  # noqa: PLC0415

    if live:
        from agent.live.run import check_live  # noqa: PLC0415

        verdicts = check_live(files, settings.load(), datetime.now(UTC))
    else:
        from agent import check as checking  # noqa: PLC0415

        verdicts = checking.check(files, settings.load(), datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps([verdict.as_json() for verdict in verdicts], indent=2))
    else:
        for verdict in verdicts:
            for line in verdict.lines():
                typer.echo(line, err=True)
            for confirmed in verdict.confirmed:
                typer.echo(f"{verdict.file}: {confirmed}")
            typer.echo(verdict.summary())
    if not all(verdict.valid for verdict in verdicts):
        raise typer.Exit(2)


@app.command(epilog=_REHEARSE_EXAMPLE)
def rehearse(  # noqa: PLR0913  (each is an option)
    attempt: Annotated[Path, typer.Argument(metavar="ATTEMPT", help="The attempt, as JSON or YAML.")],
    *,
    line: Annotated[
        list[str] | None,
        typer.Option(
            "--line",
            "--lines",
            metavar="LINE",
            help="A shipped line, a line file or a folder of them, or `shipped`, for all of those; can be repeated.",
            show_default="person",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder to write; default: calls/<attempt_id>.")
    ] = None,
    providers: Annotated[str, typer.Option(help="stand-in, real, or pairs such as llm=real,turns=real.")] = "stand-in",
    as_json: Annotated[bool, typer.Option("--json", help="Print the attempt or the suite as JSON.")] = False,
    repeat: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Runs of each line.")] = 1,
    jobs: Annotated[int, typer.Option(metavar="M", min=1, max=64, help="Calls at once.")] = 4,
    seed: Annotated[
        int, typer.Option(metavar="S", min=1, max=1_000_000_000, help="Of the first run; run k has S + k - 1.")
    ] = 1,
    min_pass: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="Of each line's runs that must pass.")
    ] = 1.0,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="JUnit XML to write.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Again on every save of its files, until Ctrl-C.")] = False,
) -> None:
    """Conduct an attempt on a simulated line, with real audio in both directions, once or many times.

    Exit code 1 when a call fails or is not as its line expects.
    """
    if watch:
        from agent.watching import Watched, run_watching  # noqa: PLC0415

        raise typer.Exit(run_watching(Watched(attempt, tuple(line or ["person"]))))
    from agent.desk import Order, run_rehearsal  # noqa: PLC0415

    order = Order(
        attempt=attempt,
        lines=tuple(line or ["person"]),
        out=out,
        providers=providers,
        repeat=repeat,
        jobs=jobs,
        seed=seed,
        share=min_pass,
        junit=junit,
        as_json=as_json,
    )
    raise typer.Exit(run_rehearsal(order))


@app.command(epilog=_COMPARE_EXAMPLE)
def compare(  # noqa: PLR0913  (each is an option)
    a: Annotated[Path, typer.Argument(metavar="A", help="An attempt or an assistant, as JSON or YAML.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    *,
    lines: Annotated[
        list[str] | None,
        typer.Option(
            "--lines",
            "--line",
            metavar="LINE",
            help="A shipped line, a line file or a folder of them, or `shipped`; can be repeated.",
            show_default="the shipped ones that pick up",
        ),
    ] = None,
    repeat: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Runs of each line, of either.")] = 10,
    jobs: Annotated[int, typer.Option(metavar="M", min=1, max=64, help="Calls at once.")] = 4,
    seed: Annotated[
        int, typer.Option(metavar="S", min=1, max=1_000_000_000, help="Of the first run; run k has S + k - 1.")
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write, with A and B in it; default: calls/compare-<A>-<B>."),
    ] = None,
    providers: Annotated[str, typer.Option(help="stand-in, real, or pairs such as llm=real,turns=real.")] = "stand-in",
    var: Annotated[
        list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="A prompt variable; can be repeated.")
    ] = None,
    fail_if_worse: Annotated[
        bool, typer.Option("--fail-if-worse", help="Exit code 1 where B passes less often, and that is no chance.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Rehearse two assistants or attempts on the same lines, in turn, and say how they differ and how sure that is.

    Exit code 1 also when a run could not be done.
    """
    from agent.comparison.run import Order, run_compare  # noqa: PLC0415

    order = Order(
        a=a,
        b=b,
        lines=tuple(lines or ()),
        out=out,
        providers=providers,
        variables=tuple(var or ()),
        repeat=repeat,
        jobs=jobs,
        seed=seed,
        fail_if_worse=fail_if_worse,
        as_json=as_json,
    )
    raise typer.Exit(run_compare(order))


@app.command(epilog=_LINES_EXAMPLE)
def lines(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One line, with its file.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the lines as JSON.")] = False,
) -> None:
    """List and explain the lines that come with the program."""
    from agent.rehearsal.catalogue import catalogue, entry  # noqa: PLC0415

    typer.echo(catalogue(as_json=as_json) if name is None else entry(name, as_json=as_json), nl=False)


@app.command(epilog=_CONSOLE_EXAMPLE)
def console(
    assistant: Annotated[
        Path, typer.Argument(metavar="ASSISTANT", help="An assistant or an attempt, as JSON or YAML.")
    ],
    *,
    text: Annotated[bool, typer.Option("--text", help="Talk by keyboard; only the model is needed.")] = False,
    providers: Annotated[str, typer.Option(help="real, stand-in, or pairs such as llm=real,turns=real.")] = "real",
    var: Annotated[
        list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="A prompt variable; can be repeated.")
    ] = None,
) -> None:
    """Talk to an assistant yourself, by microphone and speaker or by keyboard."""
    from agent.console.run import Order, run_console  # noqa: PLC0415

    order = Order(assistant=assistant, by_keyboard=text, providers=providers, variables=tuple(var or ()))
    raise typer.Exit(run_console(order))


@app.command(epilog=_WORKER_EXAMPLE)
def worker(
    providers: Annotated[str, typer.Option(help="real, stand-in, or pairs such as llm=real,turns=real.")] = "real",
) -> None:
    """Register with LiveKit and conduct dispatched attempts until SIGTERM, then let the running calls finish."""
    from agent.worker.run import run_worker  # noqa: PLC0415

    raise typer.Exit(run_worker(providers))


_INTERRUPTED = 130
"""Typer's own exit code for Ctrl-C; ours are 0, 1 and 2."""


def _stopped() -> NoReturn:
    """End at once: what Ctrl-C broke into, a loop that was just being made say, has nothing to tell at its own end."""
    typer.echo("stopped", err=True)
    sys.stdout.flush()
    os._exit(1)


@app.command(epilog=_DIAL_EXAMPLE)
def dial(
    attempt: Annotated[Path, typer.Argument(metavar="ATTEMPT", help="The attempt, as JSON or YAML.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the attempt as it is reported.")] = False,
) -> None:
    """Dispatch an attempt to a running worker on this machine and follow it to its end. Ctrl-C hangs up."""
    from agent.dispatch.run import run_dial  # noqa: PLC0415

    raise typer.Exit(run_dial(attempt, as_json=as_json))


@app.command(epilog=_CALLS_EXAMPLE)
def calls(as_json: Annotated[bool, typer.Option("--json", help="Print the calls as JSON.")] = False) -> None:
    """List the calls that are going on."""
    from agent.dispatch.run import run_calls  # noqa: PLC0415

    raise typer.Exit(run_calls(as_json=as_json))


@app.command(epilog=_HANGUP_EXAMPLE)
def hangup(
    attempt_id: Annotated[str, typer.Argument(metavar="ATTEMPT_ID", help="The attempt whose call is to end.")],
) -> None:
    """End the call of an attempt."""
    from agent.dispatch.run import run_hangup  # noqa: PLC0415

    raise typer.Exit(run_hangup(attempt_id))


@app.command(epilog=_REPORT_EXAMPLE)
def report(
    path: Annotated[
        Path, typer.Argument(metavar="DIR|FILE", help="A call's folder, a folder of calls, or an attempt.json.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; default: report.html, index.html for several.")
    ] = None,
    browse: Annotated[bool, typer.Option("--open", help="Show it in a browser.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the files that were written as JSON.")] = False,
) -> None:
    """Make one self-contained HTML page of a call: audio, timeline, transcript, waits, tools and outcome."""
    from agent.page.run import run_report  # noqa: PLC0415

    raise typer.Exit(run_report(path, out, browse=browse, as_json=as_json))


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 the call or the worker failed, 2 bad input or settings."""
    try:
        app()
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            _stopped()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # only the interpreter's own end is left to interrupt
        raise
    except WorkerError as error:
        for line in error.lines():
            typer.echo(line, err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        _stopped()
    except Exception as error:  # noqa: BLE001  (the outermost boundary: a name instead of a traceback)
        typer.echo(f"internal error: {type(error).__name__}", err=True)
        sys.exit(1)
