"""What every job process is given when it starts, warm, before it has a call."""

import asyncio
import logging
import time
from dataclasses import dataclass

from livekit.agents import JobProcess, inference
from livekit.agents.utils import http_context

from agent import logs
from agent.providers import Providers
from agent.settings import Settings
from agent.worker.claims import Owner
from agent.worker.sound import SourceOutlet

_KEY = "voice_worker.setup"
_READY = "voice_worker.ready"
RESTED = 1.0
"""Seconds a process must have waited for its call to count as warm."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A plain value that can be sent to another process."""

    settings: Settings
    providers: Providers
    owner: Owner
    """The worker, in whose name attempts are claimed."""
    stand_ins: str | None = None
    """Address of the stand-in process, where any provider is one."""

    def warm(self, process: JobProcess) -> None:
        """Touch what is slow at first use, and keep this for the job."""
        logs.configure(logging.INFO)
        process.userdata[_KEY] = self
        inference.VAD(model="silero")
        asyncio.run(_touch())
        process.userdata[_READY] = time.monotonic()


async def _touch() -> None:
    """Start what takes threads or sockets of its own and so cannot be inherited: LiveKit's native side, its HTTP."""
    await SourceOutlet().aclose()
    async with http_context.open():
        http_context.http_session()


def setup_of(process: JobProcess) -> Setup:
    """What the process was given."""
    setup = process.userdata[_KEY]
    assert isinstance(setup, Setup)
    return setup


def rested(process: JobProcess) -> bool:
    """Whether the process waited, warm, for its call; one made for it shares the machine with others in the making."""
    ready = process.userdata[_READY]
    assert isinstance(ready, float)
    return time.monotonic() - ready >= RESTED
