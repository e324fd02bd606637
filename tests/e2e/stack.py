"""A private LiveKit: server, SIP bridge and Redis on free loopback ports, or a deployment that runs already.

Only processes that were started here are ended here, by their own handles.
"""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
from livekit import api

_READY = 20.0
"""Seconds a program may take to be ready."""
_ENDED = 8.0
"""Seconds it may take to end before it is killed."""
_LOCAL = "127.0.0.1"
_NOWHERE = f"{_LOCAL}:9"
"""Nothing listens there; without a STUN server of its own the server names public ones to its clients."""


class Program(StrEnum):
    """What a stack is made of, in the order in which it starts."""

    REDIS = "redis-server"
    SERVER = "livekit-server"
    BRIDGE = "livekit-sip"


class Unavailable(Exception):
    """There is no stack to test with; the message says why."""


class NotReady(Exception):
    """A program ended or was not ready in time."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a LiveKit is, and how one is let in."""

    url: str
    """`ws://…`"""
    key: str
    secret: str
    bridge: tuple[str, int]
    """Where the SIP bridge takes calls."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings of a worker that belongs to it."""
        return {"LIVEKIT_URL": self.url, "LIVEKIT_API_KEY": self.key, "LIVEKIT_API_SECRET": self.secret}

    @asynccontextmanager
    async def client(self) -> AsyncIterator[api.LiveKitAPI]:
        """A client of its API, for the running event loop."""
        # No connection is kept: one to a server that was killed since would fail the next request.
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
            yield api.LiveKitAPI(self.url, self.key, self.secret, session=session)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens."""

    redis: int
    server: int
    sip: int
    metrics: int
    media: int
    """First of 400: the server's WebRTC, then the bridge's RTP. Below what the system hands out by itself."""

    @classmethod
    def free(cls) -> "Ports":
        """Ports that were free a moment ago; media at random, where the programs pass over what is taken."""
        redis, server, sip, metrics = (_free_port() for _ in range(4))
        return cls(redis, server, sip, metrics, 12_000 + 400 * secrets.randbelow(50))


def _free_port() -> int:
    """Free for TCP and for UDP."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams, suppress(OSError):
            stream.bind((_LOCAL, 0))
            port: int = stream.getsockname()[1]
            datagrams.bind((_LOCAL, port))
            return port


@dataclass
class Process:
    """A program and how to tell that it is ready."""

    command: list[str]
    folder: Path
    ready: Callable[["Process"], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    starts: int = 0
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """Of its last start."""
        return self.folder / f"{Path(self.command[0]).name}-{self.starts}.log"

    @property
    def runs(self) -> bool:
        return self.child is not None and self.child.poll() is None

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises `NotReady`, which ends with the end of its log."""
        self._spawn()
        give_up = time.monotonic() + _READY
        while self.runs and time.monotonic() < give_up:
            if self.ready(self):
                return
            await asyncio.sleep(0.03)
        text = self.log.read_text(errors="replace")[-2000:]
        raise NotReady(f"{Path(self.command[0]).name} {'was not ready' if self.runs else 'ended'}:\n{text}")

    def _spawn(self) -> None:
        self.starts += 1
        with self.log.open("wb") as log:
            self.child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": os.defpath, "HOME": str(self.folder)},
                # A session of its own: Ctrl-C at the terminal must not end it before the tests have cleaned up.
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def stop(self) -> None:
        """End it politely, or else kill it."""
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(self.stop_signal)
            try:
                self.child.wait(_ENDED)
            except subprocess.TimeoutExpired:
                self.kill()


class Stack:
    """A LiveKit that tests may use, and break if it is theirs."""

    def __init__(
        self,
        deployment: Deployment,
        processes: Mapping[Program, Process],
        metrics: str | None,
        redis: str | None = None,
    ) -> None:
        self.deployment = deployment
        self.redis = redis
        """URL of a database of its Redis that LiveKit does not use; None where there is none of ours."""
        self._processes = processes
        self._metrics = metrics

    @property
    def is_private(self) -> bool:
        """Whether it was started here: its programs may be killed, and nobody else's rooms are in it."""
        return bool(self._processes)

    def pid(self, program: Program) -> int:
        """Raises KeyError unless the stack is private."""
        child = self._processes[program].child
        assert child is not None
        return child.pid

    def log(self, program: Program) -> str:
        """What the program logged since its last start."""
        return self._processes[program].log.read_text(errors="replace")

    def kill(self, program: Program) -> None:
        """SIGKILL, as when a machine dies."""
        self._processes[program].kill()

    async def start(self, program: Program) -> None:
        """Start what was killed, at the same port with the same settings."""
        await self._processes[program].start()

    async def revive(self) -> None:
        """Start all that was killed."""
        for process in self._processes.values():
            if not process.runs:
                await process.start()

    def stop(self) -> None:
        """End all that was started here, the bridge first."""
        for process in reversed(tuple(self._processes.values())):
            process.stop()

    async def bridged(self) -> int | None:
        """Calls the bridge holds, ringing ones too, by its own count; None where it is not known."""
        if self._metrics is None:
            return None
        async with httpx.AsyncClient(trust_env=False) as http:
            text = (await http.get(self._metrics)).text
        counts = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("livekit_sip_calls_active{")]
        return sum(int(float(count)) for count in counts)


async def private(folder: Path) -> Stack:
    """A stack of one's own; its settings and logs are in `folder`.

    Raises `Unavailable` where a program is missing, `NotReady` where one does not start.
    """
    missing = [program for program in Program if shutil.which(program) is None]
    if missing:
        raise Unavailable(f"not on PATH: {', '.join(missing)}")
    for attempt in range(3):  # a port may be taken between being found free and being used
        place = folder / str(attempt)
        place.mkdir(parents=True)
        stack = _planned(Ports.free(), place)
        try:
            await stack.revive()
        except NotReady as error:
            stack.stop()
            if "not connected to any network" in str(error):
                raise Unavailable("livekit-sip needs a network interface beside loopback") from None
            if attempt == 2:
                raise
        except BaseException:
            stack.stop()
            raise
        else:
            return stack
    raise AssertionError


def deployed(environment: Mapping[str, str]) -> Stack:
    """The deployment that the environment names. Raises `Unavailable` where it names none on this machine."""
    names = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
    absent = [name for name in names if not environment.get(name)]
    if absent:
        raise Unavailable(f"not set: {', '.join(absent)}")
    url, key, secret = (environment[name] for name in names)
    if urlsplit(url).hostname not in {_LOCAL, "localhost"}:
        raise Unavailable("LIVEKIT_URL is not on this machine; the test phones are reached by loopback only")
    port = int(environment.get("LIVEKIT_SIP_PORT", "5060"))
    return Stack(Deployment(url, key, secret, (_LOCAL, port)), {}, None)


def _planned(ports: Ports, folder: Path) -> Stack:
    key, secret = "devkey", secrets.token_hex(20)
    deployment = Deployment(f"ws://{_LOCAL}:{ports.server}", key, secret, (_LOCAL, ports.sip))
    server = _written(folder / "livekit.yaml", _server_settings(ports, key, secret))
    bridge = _written(folder / "sip.yaml", _bridge_settings(ports, deployment))
    redis = ["--port", str(ports.redis), "--bind", _LOCAL, "--save", "", "--appendonly", "no", "--dir", str(folder)]
    processes = {
        Program.REDIS: Process([_path(Program.REDIS), *redis], folder, lambda process: _pongs(ports.redis)),
        Program.SERVER: Process(
            [_path(Program.SERVER), "--config", str(server)], folder, lambda process: _is_up(ports.server)
        ),
        Program.BRIDGE: Process(
            [_path(Program.BRIDGE), "--config", str(bridge)],
            folder,
            lambda process: "service ready" in process.log.read_text(errors="replace"),
            signal.SIGINT,  # on SIGTERM it waits for its calls to end
        ),
    }
    return Stack(deployment, processes, f"http://{_LOCAL}:{ports.metrics}/metrics", f"redis://{_LOCAL}:{ports.redis}/9")


def _server_settings(ports: Ports, key: str, secret: str) -> dict[str, Any]:
    return {
        "port": ports.server,
        "bind_addresses": [_LOCAL],
        "log_level": "info",
        "redis": {"address": f"{_LOCAL}:{ports.redis}"},
        "rtc": {
            "tcp_port": 0,  # by default one port on every interface: a second server would not start
            "port_range_start": ports.media,
            "port_range_end": ports.media + 199,
            "use_external_ip": False,
            "node_ip": _LOCAL,
            "enable_loopback_candidate": True,
            "interfaces": {"includes": ["lo"]},
            "stun_servers": [_NOWHERE],
        },
        "node_selector": {"kind": "any", "sysload_limit": 1000},  # a busy machine refuses no work
        "keys": {key: secret},
    }


def _bridge_settings(ports: Ports, deployment: Deployment) -> dict[str, Any]:
    return {
        "api_key": deployment.key,
        "api_secret": deployment.secret,
        "ws_url": deployment.url,
        "redis": {"address": f"{_LOCAL}:{ports.redis}"},
        "sip_port": ports.sip,
        "listen_ip": _LOCAL,
        "rtp_port": f"{ports.media + 200}-{ports.media + 399}",
        "nat_1_to_1_ip": _LOCAL,
        "prometheus_port": ports.metrics,
        "max_cpu_utilization": 1,  # a busy machine refuses no work
        "logging": {"level": "debug"},  # that it is ready is told at this level
    }


def _written(path: Path, settings: dict[str, Any]) -> Path:
    """Settings as YAML, of which JSON is a part."""
    path.write_text(json.dumps(settings, indent=2))
    return path


def _path(program: Program) -> str:
    found = shutil.which(program)
    assert found is not None
    return found


def _pongs(port: int) -> bool:
    with suppress(OSError), socket.create_connection((_LOCAL, port), timeout=1) as redis:
        redis.sendall(b"PING\r\n")
        return redis.recv(16).startswith(b"+PONG")
    return False


def _is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://{_LOCAL}:{port}", timeout=1, trust_env=False).text == "OK"
    except httpx.HTTPError:
        return False
