"""What `console` does at the terminal: reads, talks, and leaves the terminal as it was."""

import asyncio
import sys
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import typer

from agent import settings
from agent.console.chat import Chat
from agent.console.clerk import Clerk
from agent.console.loading import leave_at_once
from agent.console.session import Session, Status
from agent.console.stand_ins import NoStandIns, serve_tools_of, started
from agent.console.stop import Stop
from agent.console.subject import Subject, hears_by_itself, parse_variables, read
from agent.console.terminal import plain, terminal
from agent.documents import safe_name
from agent.plan import Plan
from agent.providers import Providers, Source, parse_providers
from agent.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What `console` was asked to do."""

    assistant: Path
    by_keyboard: bool = False
    providers: str = "real"
    variables: tuple[str, ...] = ()
    """`NAME=VALUE`, each."""


def run_console(order: Order) -> int:
    """Talk; the exit code. Raises `WorkerError` for bad input."""
    given = settings.load()
    providers = parse_providers(order.providers)
    subject = read(order.assistant, given, parse_variables(order.variables))
    now = datetime.now(UTC)
    wordless = not order.by_keyboard and hears_by_itself(subject, given, providers, now)
    if order.by_keyboard:
        providers = Providers(llm=providers.llm)
    elif wordless:
        providers = replace(providers, stt=Source.STAND_IN)
    warnings = subject.check(given, providers, now)
    for line in (*subject.unknown, *(f"warning: {warning}" for warning in warnings)):
        typer.echo(f"{order.assistant}: {line}", err=True)
    if wordless:
        typer.echo("there is no recogniser's key, so what you say is not written down", err=True)
    talk = _typed(subject, given, providers) if order.by_keyboard else _spoken(subject, given, providers, wordless)
    code = asyncio.run(talk)
    leave_at_once(code)
    return code


async def _typed(subject: Subject, given: Settings, providers: Providers) -> int:
    interactive = _interactive()
    status, stop = Status(), Stop()
    with stop.heeded(), ExitStack() as stack:
        screen, keyboard = terminal(stack, status.text) if interactive else plain()
        session = Session(subject, given, providers.llm, screen, status)
        try:
            await Chat(session, screen, keyboard, Clerk(screen, stop, given)).run(stop, at_once=interactive)
        except NoStandIns as error:
            screen.show("error", str(error))
            return 1
    return 1 if session.failed else 0


async def _spoken(subject: Subject, given: Settings, providers: Providers, wordless: bool) -> int:
    """`wordless`: there is no recogniser. Raises `NoDevice`."""
    from agent.console.card import Controls  # noqa: PLC0415  (numpy)
    from agent.console.device import SoundCard  # noqa: PLC0415

    device = SoundCard()
    # Importing livekit takes seconds, in which nothing could be said anyway.
    from agent.console.calls import Calls, Dashboard, toggle  # noqa: PLC0415
    from agent.console.phone import Booth  # noqa: PLC0415
    from audio.recording import RecordingFailed  # noqa: PLC0415

    controls, stop = Controls(), Stop()
    dashboard = Dashboard(controls)
    interactive = _interactive()
    async with AsyncExitStack() as running:
        with stop.heeded(), ExitStack() as stack:
            both = terminal(stack, dashboard.text, toggle=lambda: toggle(controls)) if interactive else plain()

            def planned(of: Subject) -> Plan:
                return of.plan(given, providers, datetime.now(UTC))

            try:
                real = replace(providers, stt=Source.REAL) if wordless else providers
                wanted = not real.all_real or serve_tools_of(planned(subject))
                stand_ins = await started(running) if wanted else None
                folder = given.data_dir / safe_name(subject.attempt.attempt_id or "")
                booth = Booth(device, controls, providers, stand_ins, given.allowed_hosts, folder, wordless)
                calls = Calls(booth, both, Clerk(both[0], stop, given), dashboard)
                await calls.run(subject, planned, stop.event, staying=interactive)
            except (NoStandIns, RecordingFailed, OSError) as error:
                both[0].show("error", str(error))
                return 1
    return 1 if calls.failed else 0


def _interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
