"""One stand-in process for all of these tests; a call of its own for each."""

from collections.abc import AsyncIterator

import pytest_asyncio
from livekit.agents.utils import http_context

from agent.standins.config import CallConfig
from agent.standins.process import StandInCall, StandIns, running


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def stand_ins() -> AsyncIterator[StandIns]:
    async with running() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="package")
async def call(stand_ins: StandIns) -> AsyncIterator[StandInCall]:
    """A call without a script, and livekit's HTTP session for its plugins."""
    opened = await stand_ins.open_call(CallConfig())
    async with http_context.open():
        yield opened
    await opened.close()
