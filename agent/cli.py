"""The command line: `voice-worker`, or `python -m agent`.

Each command imports what it needs when it runs, so that `check` starts at once.
"""

import json
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


@app.callback()
def voice_worker() -> None:
    """Conduct phone calls with a voice agent, one per attempt."""


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
def rehearse(
    attempt: Annotated[Path, typer.Argument(metavar="ATTEMPT", help="The attempt, as JSON or YAML.")],
    line: Annotated[str, typer.Option(metavar="LINE", help="A shipped line or a YAML file.")] = "person",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder to write; default: calls/<attempt_id>.")
    ] = None,
    providers: Annotated[str, typer.Option(help="stand-in, real, or pairs such as llm=real,turns=real.")] = "stand-in",
    as_json: Annotated[bool, typer.Option("--json", help="Print the attempt as it is reported.")] = False,
) -> None:
    """Conduct an attempt on a simulated line, with real audio in both directions."""
    from agent.desk import run_rehearsal  # noqa: PLC0415

    raise typer.Exit(run_rehearsal(attempt, line, out, providers, as_json=as_json))


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
    typer.echo("stopped", err=True)
    sys.exit(1)


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
