"""`worker`: registers with LiveKit and conducts attempts in processes of their own until it is told to stop.

dispatch → Reception (parse, claim, limits) → job process → journal ─┬─ watch (a job that dies or hangs)
                                                                     └─ courier (events → callback)
"""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aiohttp
from livekit import api
from livekit.agents import AgentServer

from agent.providers import Providers
from agent.settings import Settings
from agent.standins.process import running
from agent.worker.claims import Owner, claims_of
from agent.worker.client import client
from agent.worker.courier import Courier
from agent.worker.job import entrypoint
from agent.worker.limits import Caps, Limits
from agent.worker.pace import PUT_OFF_LONGEST
from agent.worker.reception import Reception
from agent.worker.setup import Setup

logger = logging.getLogger(__name__)

POLITE = 8.0
"""Seconds calls are given to end and be reported once the worker does not wait for them any longer."""
DELIVERY = 10.0
"""Seconds undelivered events are tried before the worker is gone."""
INTRODUCTION = 5.0
"""Seconds the server may take to answer the first question."""
INITIALIZATION = 15.0
"""Seconds a job process may take to be ready, beside what it is put off."""
SERVERS_TARGET = 0.7
"""LiveKit's own `agents.target_load`: once every worker's load has reached it, dispatches are dropped unsaid."""
NO_LIMIT = 1.0
"""A load threshold from which on calls are taken whatever the load."""


class NotAuthorized(Exception):
    """LIVEKIT_API_KEY, LIVEKIT_API_SECRET: the LiveKit server does not accept them."""

    def __str__(self) -> str:
        return str(type(self).__doc__)


async def work(settings: Settings, providers: Providers) -> None:
    """Conduct attempts until SIGTERM, and then until the running ones are over; a second one ends them.

    Raises `NotAuthorized`, `StandInsFailed`, `ClaimsUnavailable`, RuntimeError once the server stays out of reach.
    """
    await _introduce(settings)
    owner = Owner.of(f"{settings.agent_name}@{socket.gethostname()}")
    async with AsyncExitStack() as stack:
        stand_ins = None
        if not providers.all_real:
            stand_ins = (await stack.enter_async_context(running())).address
        claims = claims_of(settings)
        stack.push_async_callback(claims.aclose)
        courier = await stack.enter_async_context(Courier(settings.allowed_hosts))
        limits = Limits(Caps(settings.calls_at_once, settings.calls_per_sec), time.monotonic)
        reception = Reception(settings, claims, owner, limits, courier)
        stack.push_async_callback(reception.close)
        server = _server(settings, Setup(settings, providers, owner, stand_ins), reception)
        async with _stopping() as stopping:
            await _serve(server, reception, stopping, settings.drain_secs)
        await courier.drain(DELIVERY)


async def _introduce(settings: Settings) -> None:
    """Find out at once whether the key is good; a server that is not there yet is waited for."""
    try:
        async with client(settings) as server:
            await asyncio.wait_for(server.room.list_rooms(api.ListRoomsRequest()), INTRODUCTION)
    except api.TwirpError as error:
        if error.status in (401, 403):
            raise NotAuthorized from None
        logger.warning("the LiveKit server does not answer as one", extra={"error": error.code})
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        logger.warning(
            "LIVEKIT_URL: no LiveKit server could be reached there yet", extra={"error": type(error).__name__}
        )


def _server(settings: Settings, setup: Setup, reception: Reception) -> AgentServer:
    secret = settings.livekit_api_secret
    limited = settings.load_threshold < NO_LIMIT
    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=secret.get_secret_value() if secret is not None else None,
        host=settings.host,
        port=settings.health_port,
        prometheus_port=settings.metrics_port,
        load_threshold=settings.load_threshold if limited else float("inf"),
        load_fnc=None if limited else _never_full,
        num_idle_processes=settings.idle_processes,
        initialize_process_timeout=PUT_OFF_LONGEST + INITIALIZATION,
        setup_fnc=setup.warm,
        preload_modules=["agent.worker.preload"],
        drain_timeout=int(settings.drain_secs),
        job_memory_warn_mb=0,
    )
    server.rtc_session(entrypoint, agent_name=settings.agent_name, on_request=reception.answer)
    server.on("worker_registered", lambda *_: logger.info("registered with LiveKit"))
    return server


def _never_full(server: AgentServer) -> float:
    """A load that grows with the calls, for balance among workers, and stays below what the server calls full."""
    return SERVERS_TARGET * (1.0 - 1.0 / (1.0 + len(server.active_jobs)))


class Stopping:
    """What SIGTERM and Ctrl-C ask for."""

    def __init__(self) -> None:
        self.drain = asyncio.Event()
        """Take no more calls; let the running ones finish."""
        self.now = asyncio.Event()
        """End the running ones."""

    def ask(self) -> None:
        """The first time to drain, then to end."""
        (self.now if self.drain.is_set() else self.drain).set()


@asynccontextmanager
async def _stopping() -> AsyncIterator[Stopping]:
    stopping = Stopping()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.ask)
    try:
        yield stopping
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _serve(server: AgentServer, reception: Reception, stopping: Stopping, longest: float) -> None:
    running = asyncio.create_task(server.run(devmode=False), name="worker.run")
    asked = asyncio.create_task(stopping.drain.wait(), name="worker.asked")
    try:
        await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
            return
        logger.info("draining: no more calls are taken")
        await _drained(server, reception, stopping, longest)
    finally:
        asked.cancel()
        await server.aclose()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _drained(server: AgentServer, reception: Reception, stopping: Stopping, longest: float) -> None:
    """Wait for the running calls; end them when asked to, or when it takes too long."""
    draining = asyncio.create_task(server.drain(timeout=None), name="worker.drain")
    now = asyncio.create_task(stopping.now.wait(), name="worker.now")
    await asyncio.wait({draining, now}, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
    now.cancel()
    if not draining.done():
        logger.info("ending the running calls")
        await reception.end_all(POLITE)
        # It holds the lock that closing needs.
        draining.cancel()
    with suppress(asyncio.CancelledError):
        await draining
    await reception.settle(POLITE)
