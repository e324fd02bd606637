"""What `worker` does at the terminal: checks the settings, logs, and turns failures into sentences."""

import asyncio
import logging
from collections.abc import Iterator

import typer

from agent import logs, settings
from agent.problems import Problem, SettingsInvalid
from agent.providers import parse_providers
from agent.settings import Settings
from agent.standins.process import StandInsFailed
from agent.worker.claims import ClaimsUnavailable
from agent.worker.server import NotAuthorized, work


def run_worker(providers: str) -> int:
    """Run until told to stop; the exit code. Raises `WorkerError` for bad input."""
    given = settings.load()
    chosen = parse_providers(providers)
    if missing := list(_missing(given)):
        raise SettingsInvalid(missing)
    logs.configure(logging.INFO)
    try:
        asyncio.run(work(given, chosen))
    except (NotAuthorized, StandInsFailed, ClaimsUnavailable) as error:
        typer.echo(str(error), err=True)
        return 1
    except RuntimeError:  # livekit has no error of its own for a server it cannot register with
        typer.echo("LIVEKIT_URL: the LiveKit server stayed out of reach", err=True)
        return 1
    return 0


def _missing(given: Settings) -> Iterator[Problem]:
    for name, value in (
        ("LIVEKIT_URL", given.livekit_url),
        ("LIVEKIT_API_KEY", given.livekit_api_key),
        ("LIVEKIT_API_SECRET", given.livekit_api_secret),
    ):
        if value is None:
            yield Problem(name, "expected to be set: the worker registers with this LiveKit server")
