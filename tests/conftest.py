"""What many tests share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from agent.standins.espeak import Espeak
from agent.standins.process import StandIns, running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stand_ins() -> AsyncIterator[StandIns]:
    """The stand-in process, started once; tests that use it run on the session's event loop."""
    async with running() as started:
        yield started


@pytest.fixture(scope="session")
def espeak() -> Espeak:
    """The library in this process; it does not bear being initialised twice."""
    return Espeak()


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

_LONG = ("agent/starter/", "test_examples")
"""The longest calls, which begin first: nobody waits for one of them at the end."""

_TOGETHER = (
    "agent/page/test_browser.py",
    "agent/rehearsal/test_mixed.py",
    "agent/rehearsal/test_persona_calls.py",
)
"""Files whose tests share what takes long to make: a browser, or calls that each test looks at one side of."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what keeps real time: apart from what fills the cores it is not made late, and mostly waits."""
    for item in items:
        if _place(item).startswith(_LIVE) or "stand_ins" in getattr(item, "fixturenames", ()):
            item.add_marker("live")
    items.sort(key=lambda item: not _place(item).startswith(_LONG))


def _place(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).as_posix()


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives out tests one by one, but for files that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(_TOGETHER) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling | None:
    """What keeps real time is given out in our way."""
    return _Scheduling(config, log) if config.getoption("markexpr") == "live" else None
