"""What many tests share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent.standins.process import StandIns, running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stand_ins() -> AsyncIterator[StandIns]:
    """The stand-in process, started once; tests that use it run on the session's event loop."""
    async with running() as started:
        yield started


_LIVE = (
    "agent/comparison/test_run",
    "agent/console/",
    "agent/page/test_browser",
    "agent/rehearsal/test_stop",
    "agent/starter/",
    "agent/test_desk",
    "agent/test_rehearse",
    "agent/test_watching",
)
"""Tests that hold whole calls in processes of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what keeps real time: apart from what fills the cores it is not made late, and mostly waits."""
    for item in items:
        place = item.path.relative_to(Path(__file__).parent).as_posix()
        if place.startswith(_LIVE) or "stand_ins" in getattr(item, "fixturenames", ()):
            item.add_marker("live")
