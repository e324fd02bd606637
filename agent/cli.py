"""The command line: `voice-worker`, or `python -m agent`.

Each command imports what it needs when it runs, so that `check` starts at once.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from agent.problems import WorkerError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

_REHEARSE_EXAMPLE = "Example: voice-worker rehearse examples/appointment.yaml --line person"
_CHECK_EXAMPLE = "Example: voice-worker check examples/appointment.yaml"


@app.callback()
def voice_worker() -> None:
    """Conduct phone calls with a voice agent, one per attempt."""


@app.command(epilog=_CHECK_EXAMPLE)
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Attempts or assistants, as JSON or YAML.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Print every problem and unknown field of attempts and assistants, without calling anyone."""
    from agent import check as checking  # noqa: PLC0415
    from agent import settings  # noqa: PLC0415

    verdicts = checking.check(files, settings.load(), datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps([verdict.as_json() for verdict in verdicts], indent=2))
    else:
        for verdict in verdicts:
            for line in verdict.lines():
                typer.echo(line, err=True)
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


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 the call or the worker failed, 2 bad input or settings."""
    try:
        app()
    except WorkerError as error:
        for line in error.lines():
            typer.echo(line, err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  (the outermost boundary: a name instead of a traceback)
        typer.echo(f"internal error: {type(error).__name__}", err=True)
        sys.exit(1)
