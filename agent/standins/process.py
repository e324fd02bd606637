"""The parent's side of the stand-in process: start it, open calls in it, be told when it dies."""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from agent.standins.config import CallConfig
from agent.standins.speech import Mark, Speech, TimedWord

_READY = 15.0
"""Seconds the process may take to be ready."""
_ENDED = 3.0
"""Seconds it may take to end before it is killed."""
_ANSWERED = 15.0
"""Seconds it may take to answer a request before it is given up for dead."""
_ATTACHED = 5.0
"""Seconds a running process may take to answer."""
HOST = "127.0.0.1"
_COMMAND = (sys.executable, "-m", "agent.standins")
_ROOT = Path(__file__).resolve().parents[2]


class StandInsFailed(Exception):
    """The stand-in process is not there."""


@asynccontextmanager
async def running(command: Sequence[str] = _COMMAND) -> AsyncIterator["StandIns"]:
    """Start the stand-in process and wait until it serves; end it on exit.

    Raises `StandInsFailed`, one sentence, when it does not start.
    """
    child = await asyncio.create_subprocess_exec(
        *command,
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # A session of its own: Ctrl-C is the parent's to handle, and its call needs the stand-ins until it is over.
        start_new_session=True,
    )
    died = asyncio.Event()
    watch = asyncio.create_task(_watch(child, died), name="stand-ins watch")
    try:
        port, secret = await _ready(child)
        base_url = f"http://127.0.0.1:{port}"
        address = f"{base_url}/{secret}/"
        async with aiohttp.ClientSession(address) as session:
            yield StandIns(address, child.pid, died, _Control(session))
    finally:
        await _end(child, watch)


@asynccontextmanager
async def attached(address: str) -> AsyncIterator["StandIns"]:
    """Use the stand-in process that another process runs: `address` is its `StandIns.address`.

    Raises `StandInsFailed` when it does not answer. The process stays when the context ends.
    """
    died = asyncio.Event()
    async with aiohttp.ClientSession(address, timeout=aiohttp.ClientTimeout(sock_connect=_ATTACHED)) as session:
        life, pid = await _life(session)
        # The answer goes on for as long as the process lives.
        watch = asyncio.create_task(_watch_answer(life, died), name="stand-ins watch")
        try:
            async with aiohttp.ClientSession(address) as control:
                yield StandIns(address, pid, died, _Control(control))
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            life.close()


async def _life(session: aiohttp.ClientSession) -> tuple[aiohttp.ClientResponse, int]:
    try:
        async with asyncio.timeout(_ATTACHED):
            life = await session.get("life")
            line = await life.content.readline()
    except (TimeoutError, aiohttp.ClientError):
        raise StandInsFailed("The stand-in process does not answer.") from None
    if life.status != 200:
        life.close()
        raise StandInsFailed(f"The stand-in process refused a request ({life.status}).")
    return life, json.loads(line)["pid"]


async def _watch_answer(life: aiohttp.ClientResponse, died: asyncio.Event) -> None:
    with suppress(aiohttp.ClientError):  # how the answer ended does not matter
        await life.content.read()
    died.set()


async def _watch(child: asyncio.subprocess.Process, died: asyncio.Event) -> None:
    await child.wait()
    died.set()


async def _ready(child: asyncio.subprocess.Process) -> tuple[int, str]:
    assert child.stdout is not None
    try:
        async with asyncio.timeout(_READY):
            line = await child.stdout.readline()
    except TimeoutError:
        raise StandInsFailed(f"The stand-in process was not ready after {_READY:.0f} s.") from None
    if not line:
        raise StandInsFailed("The stand-in process ended before it was ready.")
    ready: dict[str, Any] = json.loads(line)
    if "failed" in ready:
        raise StandInsFailed(ready["failed"])
    return ready["port"], ready["secret"]


async def _end(child: asyncio.subprocess.Process, watch: "asyncio.Task[None]") -> None:
    assert child.stdin is not None
    child.stdin.close()
    try:
        async with asyncio.timeout(_ENDED):
            await asyncio.shield(watch)
    except TimeoutError:
        child.kill()
        await watch


class _Control:
    """Requests to the process's control paths; raises `StandInsFailed` when it does not answer."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, method: str, path: str, body: bytes = b"") -> Any:
        """The JSON answered, or None."""
        try:
            async with asyncio.timeout(_ANSWERED), self._session.request(method, path, data=body) as response:
                if response.status >= 400:
                    raise StandInsFailed(f"The stand-in process refused a request ({response.status}).")
                return await response.json() if response.status == 200 else None
        except aiohttp.ClientError:
            raise StandInsFailed("The stand-in process has died.") from None
        except TimeoutError:
            raise StandInsFailed(f"The stand-in process did not answer within {_ANSWERED:.0f} s.") from None


class StandIns:
    """The running process."""

    def __init__(self, address: str, pid: int, died: asyncio.Event, control: _Control) -> None:
        self.address = address
        """Where `attached` finds it; whoever knows it controls the process."""
        self.pid = pid
        self.died = died
        """Set once the process has ended, however it did."""
        self._control = control

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        return self.address.rstrip("/").rpartition("/")[0]

    async def open_call(self, config: CallConfig) -> "StandInCall":
        """Begin a call with stand-ins of its own; close it when it is over."""
        answer = await self._control.ask("POST", "calls", config.model_dump_json().encode())
        return StandInCall(self.base_url, Access(**answer), self._control)


@dataclass(frozen=True, slots=True)
class Access:
    """How a call's stand-ins are reached."""

    token: str
    port: int
    """Where they are reached over TLS."""
    certificate: str
    """PEM of what they show there."""


class StandInCall:
    """One call's stand-ins: where its providers are, the callee's voice, and the recogniser's knowledge."""

    def __init__(self, base_url: str, access: Access, control: _Control) -> None:
        self.token = access.token
        self._access = access
        self._base_url = f"{base_url}/{access.token}"
        self._control = control

    @property
    def openai_url(self) -> str:
        """`base_url` of `openai.LLM`."""
        return f"{self._base_url}/openai/v1"

    @property
    def google_url(self) -> str:
        """`base_url` of Google's SDK, which insists on TLS."""
        return f"https://{HOST}:{self._access.port}/{self.token}/google"

    @property
    def certificate(self) -> str:
        """PEM of the certificate that stand-ins show over TLS."""
        return self._access.certificate

    @property
    def cartesia_url(self) -> str:
        """`base_url` of `cartesia.TTS`."""
        return f"{self._base_url}/cartesia"

    @property
    def elevenlabs_url(self) -> str:
        """`base_url` of `elevenlabs.TTS`."""
        return f"{self._base_url}/elevenlabs/v1"

    @property
    def gradium_url(self) -> str:
        """`model_endpoint` of `gradium.TTS`."""
        return f"{self._base_url}/gradium/api/speech/tts"

    @property
    def deepgram_url(self) -> str:
        """`base_url` of `deepgram.STT`."""
        return f"{self._base_url}/deepgram/v1/listen"

    @property
    def soniox_url(self) -> str:
        """`base_url` of `soniox.STT`."""
        return f"{self._base_url}/soniox/transcribe-websocket"

    @property
    def tools_url(self) -> str:
        """Where the example tools are."""
        return f"{self._base_url}/tools"

    async def voice(
        self, text: str, *, language: str, speed: float = 1.0, variant: str | None = None, pitch: int = 50
    ) -> Speech:
        """The callee's speech for `text`, without silence before or after.

        `language` is BCP 47, `speed` divides the length, `variant` is a speaker of espeak-ng's (`m1` to `m8`, `f1` to
        `f5`; None: one that no agent has), `pitch` is 0 to 100.
        """
        asked = {"text": text, "language": language, "speed": speed, "variant": variant or "m3", "pitch": pitch}
        answer = await self._control.ask("POST", "voice", json.dumps(asked).encode())
        pcm = np.frombuffer(base64.b64decode(answer["pcm"]), dtype=np.int16)
        return Speech(pcm, tuple(TimedWord(*word) for word in answer["words"]))

    async def mark(self, words: Sequence[Mark]) -> None:
        """Tell the recogniser what the callee is saying; in time, before the last word's interim result is due."""
        marks = [{"text": word.text, "start": word.start, "end": word.end, "last": word.last} for word in words]
        await self._control.ask("POST", f"calls/{self.token}/marks", json.dumps(marks).encode())

    async def close(self) -> None:
        """Forget the call; safe twice, and after the process has died."""
        try:
            await self._control.ask("DELETE", f"calls/{self.token}")
        except StandInsFailed:
            return
