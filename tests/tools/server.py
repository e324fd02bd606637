"""A tool's server on loopback that remembers what it was asked."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    """With its query, as sent."""
    headers: Mapping[str, str]
    body: str


@dataclass
class ToolServer:
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[ToolServer]:
    """Answer every request with the handler, on a port of its own."""
    server = ToolServer()

    async def remember(request: web.Request) -> web.StreamResponse:
        body = (await request.read()).decode()
        server.asked.append(Asked(request.method, request.raw_path, dict(request.headers), body))
        return await handler(request)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", remember)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.port = runner.addresses[0][1]
        yield server
    finally:
        await runner.cleanup()


async def fine(request: web.Request) -> web.StreamResponse:
    """A handler: the usual answer of a tool."""
    return web.json_response({"ok": True})


@dataclass
class Names:
    """A resolver that knows these names, and every address by itself; it remembers what it was asked."""

    known: Mapping[str, Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host in self.known:
            return self.known[host]
        try:
            return [str(ip_address(host))]
        except ValueError:
            raise OSError from None
