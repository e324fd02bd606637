"""Files checked, and everything asked that their calls would need."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from agent.check import Verdict, check
from agent.dispatch.server import connected
from agent.fetch import fetch_assistant
from agent.live.finding import Findings, added
from agent.live.providers import answers
from agent.live.questions import questions
from agent.live.telephony import introduced, rung_by
from agent.problems import SettingsInvalid
from agent.settings import Settings


def check_live(files: Sequence[Path], settings: Settings, now: datetime) -> list[Verdict]:
    """A verdict for each file; missing credentials are problems. Nobody is rung. Not to be called in an event loop."""
    verdicts = check(files, settings, now, fetch=lambda url: asyncio.run(fetch_assistant(url, settings)), strict=True)
    return asyncio.run(asked(verdicts, settings))


async def asked(verdicts: Sequence[Verdict], settings: Settings) -> list[Verdict]:
    """The verdicts, with what the servers say."""
    wanted = [tuple(questions(one.subject, settings)) if one.subject else () for one in verdicts]
    telephony, found = await asyncio.gather(
        _telephony(verdicts, settings), answers(question for some in wanted for question in some)
    )
    return [
        added(verdict, (*phone, *(found[question] for question in some)))
        for verdict, phone, some in zip(verdicts, telephony, wanted, strict=True)
    ]


async def _telephony(verdicts: Sequence[Verdict], settings: Settings) -> list[tuple[Findings, ...]]:
    """What the LiveKit server has to say for each verdict; if it does not let us in, only that."""
    try:
        async with connected(settings) as server:
            entry = await introduced(server)
            if entry.problems:
                return [(entry,) for _ in verdicts]
            return [(entry, await rung_by(server, verdict, settings)) for verdict in verdicts]
    except SettingsInvalid as error:
        return [(Findings(problems=error.problems),) for _ in verdicts]
