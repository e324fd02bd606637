"""What every job process is given when it starts, warm, before it has a call."""

import asyncio
import logging
from dataclasses import dataclass

from livekit.agents import JobProcess, inference
from livekit.agents.utils import http_context

from agent import logs
from agent.providers import Providers
from agent.settings import Settings
from agent.worker.claims import Owner
from agent.worker.pace import Pace
from agent.worker.sound import SourceOutlet

_KEY = "voice_worker.setup"


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
        asyncio.run(self._touch())

    async def _touch(self) -> None:
        """Start what takes threads or sockets of its own and so is not inherited: LiveKit's native side, its HTTP."""
        await Pace(self.settings.data_dir).calm()
        await SourceOutlet().aclose()
        async with http_context.open():
            http_context.http_session()


def setup_of(process: JobProcess) -> Setup:
    """What the process was given."""
    setup = process.userdata[_KEY]
    assert isinstance(setup, Setup)
    return setup
