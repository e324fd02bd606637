"""What many tests share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from agent.standins.process import StandIns, running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stand_ins() -> AsyncIterator[StandIns]:
    """The stand-in process, started once; tests that use it run on the session's event loop."""
    async with running() as started:
        yield started
