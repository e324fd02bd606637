"""The worker under test, as an operator runs it: a process of its own with an environment of its own."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.e2e.rtp import until
from tests.e2e.stack import Deployment

_ROOT = Path(__file__).resolve().parents[2]
_REGISTERED = "registered with LiveKit"
_READY = 60.0
"""Seconds until it is registered; its imports take most of them."""
_DRAINED = 30.0
"""Seconds it may take to end after the second SIGTERM."""


class Worker:
    """A running `voice-worker worker`."""

    def __init__(self, child: subprocess.Popen[bytes], log: Path, data_dir: Path) -> None:
        self.child = child
        self.data_dir = data_dir
        """Where its calls are written."""
        self._log = log

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def log(self) -> str:
        """All it has logged."""
        return self._log.read_text(errors="replace")

    @property
    def runs(self) -> bool:
        return self.child.poll() is None

    async def logged(self, text: str, within: float) -> None:
        """Wait until it has logged that. Raises AssertionError when it does not, or ends."""
        await until(lambda: text in self.log or not self.runs, within, f"the worker logged {text!r}")
        assert text in self.log, f"the worker ended with {self.child.returncode}:\n{self.log[-3000:]}"

    def terminate(self) -> None:
        """SIGTERM: the first drains, the second ends the calls."""
        self.child.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL the parent alone, as the system does when memory is short."""
        self.child.kill()

    async def ended(self, within: float) -> int:
        """The exit code, waited for."""
        await until(lambda: not self.runs, within, "the worker had ended")
        return self.child.returncode

    async def stop(self) -> None:
        """End it with its calls, or else kill it and whatever it started."""
        for _ in range(2):
            if self.runs:
                self.terminate()
                await asyncio.sleep(0.2)
        with suppress(AssertionError):
            await self.ended(_DRAINED)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # a group of its own: nothing else is in it
        self.child.wait()


@asynccontextmanager
async def working(
    deployment: Deployment, folder: Path, *, providers: str = "stand-in", **variables: str
) -> AsyncIterator[Worker]:
    """A worker, registered; ended on exit. `variables` are further settings.

    Raises AssertionError, with the end of its log, when it does not register.
    """
    log, data_dir = folder / "worker.log", folder / "calls"
    environment = _environment(deployment, data_dir, variables)
    worker = Worker(_spawned(environment, providers, folder, log), log, data_dir)
    try:
        await worker.logged(_REGISTERED, _READY)
        yield worker
    finally:
        await worker.stop()


def _environment(deployment: Deployment, data_dir: Path, variables: dict[str, str]) -> dict[str, str]:
    """Nothing of the developer's own: no keys, no `.env`."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(data_dir.parent),
        "PYTHONPATH": str(_ROOT),
        "PYTHONUNBUFFERED": "1",
        "VOICE_WORKER_DATA_DIR": str(data_dir),
        "VOICE_WORKER_HEALTH_PORT": "0",
        "VOICE_WORKER_LOAD_THRESHOLD": "1",  # a busy machine refuses no work
        **deployment.environment,
        **variables,
    }


def _spawned(environment: dict[str, str], providers: str, folder: Path, log: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "agent", "worker", "--providers", providers],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
