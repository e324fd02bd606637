"""Tests against a real LiveKit server and SIP bridge; skipped where there are none.

One private stack for each test process. A deployment at LIVEKIT_URL on this machine is taken where the programs are
missing; such tests are to be run in one process.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from livekit import api

from tests.e2e import callback as callbacks
from tests.e2e import stack as stacks
from tests.e2e import trunks
from tests.e2e.attempts import Scheduler, scheduling
from tests.e2e.phone import Phone
from tests.e2e.stack import Stack, Unavailable
from tests.e2e.worker import Worker, working

_HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "e2e: needs livekit-server, livekit-sip and redis-server")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.e2e)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    try:
        started = await stacks.private(tmp_path_factory.mktemp("stack"))
    except Unavailable as missing:
        try:
            started = stacks.deployed(os.environ)
        except Unavailable as none:
            pytest.skip(f"no LiveKit to test with: {missing}; and no deployment: {none}")
    yield started
    started.stop()


@pytest_asyncio.fixture
async def stack(_stack: Stack) -> AsyncIterator[Stack]:
    """The stack; after a test what was killed runs again, and no room is left for the next one."""
    yield _stack
    await _stack.revive()
    if _stack.is_private:
        async with _stack.deployment.client() as client:
            for room in await trunks.rooms(client):
                await client.room.delete_room(api.DeleteRoomRequest(room=room))


@pytest_asyncio.fixture
async def lk(stack: Stack) -> AsyncIterator[api.LiveKitAPI]:
    """A client of the server's API."""
    async with stack.deployment.client() as client:
        yield client


@pytest_asyncio.fixture
async def phone() -> AsyncIterator[Phone]:
    """A phone of the test's own."""
    async with Phone.open() as opened:
        yield opened


@pytest_asyncio.fixture
async def trunk(stack: Stack, lk: api.LiveKitAPI, phone: Phone) -> AsyncIterator[str]:
    """The id of an outbound trunk that leads to `phone`."""
    async with trunks.outbound(lk, phone) as made:
        yield made
        await stack.revive()  # or the trunk could not be deleted


@pytest_asyncio.fixture
async def callback() -> AsyncIterator[callbacks.Callback]:
    """A receiver of webhooks."""
    async with callbacks.listening() as opened:
        yield opened


@pytest_asyncio.fixture
async def scheduler(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str, callback: callbacks.Callback
) -> AsyncIterator[Scheduler]:
    """Dispatches attempts to `phone`, and receives their events at `callback`."""
    async with scheduling(stack, lk, phone, trunk, callback) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def worker(_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Worker]:
    """A worker that many tests share; one that is killed, drained or set up otherwise comes from `new_worker`."""
    async with working(_stack.deployment, tmp_path_factory.mktemp("worker")) as started:
        yield started


@pytest.fixture
def new_worker(stack: Stack, tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Worker]]:
    """Starts a worker of the test's own: `async with new_worker(VOICE_WORKER_LANGUAGE="fr") as worker`."""
    return partial(working, stack.deployment, tmp_path / "worker")
