"""What `dial`, `calls` and `hangup` do at the terminal."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from agent import check, logs, settings, summary
from agent.dispatch.calls import LiveCall, find, live_calls
from agent.dispatch.dial import Dial, Inbox, Interrupted, NotFollowed
from agent.dispatch.forwarder import forwarding
from agent.dispatch.order import Order, order
from agent.dispatch.receiver import Told, receiving
from agent.dispatch.server import ServerFailed, connected
from agent.dispatch.telling import Telling
from agent.fetch import fetch_assistant
from agent.models.report import Attempt
from agent.problems import InputInvalid, shown
from agent.settings import Settings
from agent.view import View


def run_dial(path: Path, *, as_json: bool) -> int:
    """Dispatch an attempt and follow it; the exit code. Raises `WorkerError` for bad input and settings."""
    logs.configure()
    console = Console(stderr=True, highlight=False)
    given = settings.load()
    [verdict] = check.check([path], given, datetime.now(UTC), fetch=fetcher(given))
    for line in verdict.lines()[len(verdict.problems) :]:
        _say(console, line, "yellow")
    ordered = order(path, verdict, given)
    try:
        final = asyncio.run(_dialled(ordered, given, console))
    except InputInvalid as error:
        raise InputInvalid(error.problems, source=str(path)) from None
    except (NotFollowed, ServerFailed) as error:
        _say(console, str(error), "red")
        return 1
    sys.stdout.write(final.model_dump_json(indent=2) + "\n" if as_json else summary.text(summary.rows(final)))
    return 1 if summary.failed(final) else 0


def run_calls(*, as_json: bool) -> int:
    """List the live calls; the exit code. Raises `WorkerError` for bad settings."""
    logs.configure()
    given = settings.load()
    try:
        calls = asyncio.run(_listed(given))
    except ServerFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if as_json:
        sys.stdout.write(json.dumps([call.as_json() for call in calls], indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(table(calls, datetime.now(UTC)))
    return 0


def run_hangup(attempt_id: str) -> int:
    """End the call of an attempt; the exit code. Raises `WorkerError` for bad settings."""
    logs.configure()
    given = settings.load()
    try:
        ended = asyncio.run(_hung_up(given, attempt_id))
    except ServerFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not ended:
        sys.stderr.write(f"there is no call of attempt {shown(attempt_id)} to end\n")
        return 1
    sys.stdout.write("".join(f"ended {shown(attempt_id)}: room {shown(room)} is deleted\n" for room in ended))
    return 0


def fetcher(given: Settings) -> check.Fetch:
    """Fetches assistants with the settings' token."""
    return lambda url: asyncio.run(fetch_assistant(url, given))


async def _dialled(ordered: Order, given: Settings, console: Console) -> Attempt:
    inbox: Inbox = asyncio.Queue()
    with View(console, status=False) as view:
        telling = Telling(view.show)

        def warn(sentence: str) -> None:
            _say(console, sentence, "yellow")

        async with (
            connected(given) as server,
            forwarding(ordered.to, given.allowed_hosts, warn) as forward,
            receiving(inbox.put_nowait) as receiver,
        ):

            def tell(told: Told) -> None:
                forward(told)
                telling.tell(told)

            dial = Dial(server, ordered, ordered.metadata(receiver.callback), inbox)
            with _interrupting(lambda: inbox.put_nowait(Interrupted())):
                final = await dial.follow(tell, lambda sentence: _say(console, sentence))
    return final.attempt


@contextmanager
def _interrupting(interrupt: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C interrupts; the next is the usual one."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        interrupt()

    loop.add_signal_handler(signal.SIGINT, asked)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def _listed(given: Settings) -> list[LiveCall]:
    async with connected(given) as server:
        return await live_calls(server, given.agent_name)


async def _hung_up(given: Settings, attempt_id: str) -> list[str]:
    """The rooms that were deleted."""
    async with connected(given) as server:
        calls = await find(server, given.agent_name, attempt_id)
        return [call.room for call in calls if await server.delete(call.room)]


def table(calls: Sequence[LiveCall], now: datetime) -> str:
    """The calls as lines in columns, or a sentence where there are none."""
    if not calls:
        return "no calls\n"
    heading = ("attempt", "state", "since", "number", "room")
    rows = [heading, *(_row(call, now) for call in calls)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heading))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _row(call: LiveCall, now: datetime) -> tuple[str, ...]:
    passed = max(0, int((now - call.since).total_seconds()))
    since = f"{call.since:%H:%M:%S}Z ({passed // 60}:{passed % 60:02})"
    return shown(call.attempt_id), shown(call.state), since, shown(call.phone_number or "-"), shown(call.room)


def _say(console: Console, sentence: str, style: str = "dim") -> None:
    console.print(sentence, style=style, markup=False, soft_wrap=True)
