"""Running custom tools: one guarded HTTP request each, within fixed limits."""

import asyncio
import logging
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from tools import redirect, request, response
from tools.arguments import checked
from tools.custom import CustomTool
from tools.errors import (
    ToolAddressRefused,
    ToolFailed,
    ToolInterrupted,
    ToolMisconfigured,
    ToolRedirected,
    ToolTimeout,
    ToolUnreachable,
)
from tools.guard import AddressRefused, GuardedTransport, Resolver, resolve, tls_context
from tools.request import ToolRequest
from tools.templates import Values

logger = logging.getLogger(__name__)

LIMIT = 10.0
"""Seconds a tool may take in all: resolving, redirects, a second attempt and reading included."""
CONNECT_LIMIT = 4.0
"""Seconds one connection may take, so that a second attempt has time left."""
REDIRECTS = 3

_OWN_HEADERS = (("User-Agent", "voice-worker"), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"))


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of running a tool."""

    content: str
    """For the model: a JSON object with `status` and `body`, or the sentence of a failure."""
    is_error: bool
    """No usable response, or a status of 400 and above."""
    status: int | None
    """Of the HTTP response, None without one."""
    elapsed_s: float


class ToolRunner:
    """Runs the custom tools of a call; an async context manager, since it owns the connections.

    `allowed_hosts`: `host` or `host:port` that tools may reach although private.
    `rewrites`: host to base URL. Requests to the host go to the base URL, which is reachable without being allowed.
    `limit`: seconds for everything.
    """

    _transport: GuardedTransport

    def __init__(
        self,
        allowed_hosts: frozenset[str] = frozenset(),
        rewrites: Mapping[str, str] | None = None,
        *,
        resolver: Resolver = resolve,
        limit: float = LIMIT,
    ) -> None:
        self._rewrites = {host: httpx.URL(base) for host, base in (rewrites or {}).items()}
        self._allowed = frozenset(map(str.lower, allowed_hosts)) | frozenset(map(_authority, self._rewrites.values()))
        self._resolver = resolver
        self._limit = limit

    async def __aenter__(self) -> Self:
        context = await asyncio.to_thread(tls_context)
        self._transport = GuardedTransport(context, self._allowed, self._resolver)
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, traceback)

    async def run(self, tool: CustomTool, arguments: Mapping[str, object], variables: Mapping[str, str]) -> ToolResult:
        """Check the arguments, make the request, and describe its response, or its failure, to the model."""
        started = time.monotonic()
        try:
            values = Values(checked(tool.inputs, arguments), variables)
            built = request.build(tool, values, str(uuid.uuid4()))
            with _told_apart():
                async with asyncio.timeout(self._limit):
                    status, content = await self._answer(built)
        except ToolFailed as failure:
            logger.warning("tool failed", extra={"tool": tool.name, "failure": type(failure).__name__})
            return ToolResult(str(failure), True, None, time.monotonic() - started)
        return ToolResult(content, status >= 400, status, time.monotonic() - started)

    async def _answer(self, built: ToolRequest) -> tuple[int, str]:
        """Status and description; a GET whose connection fails is sent once more, anything else never is."""
        if built.method == "GET":
            try:
                return await self._follow(built)
            except (httpx.NetworkError, httpx.ConnectTimeout, httpx.RemoteProtocolError):
                pass
        return await self._follow(built)

    async def _follow(self, built: ToolRequest) -> tuple[int, str]:
        """Send the request, and on to where it is redirected."""
        hop = built
        for _ in range(REDIRECTS + 1):
            received = await self._send(hop)
            try:
                onward = redirect.onward(hop, received.status_code, received.headers)
                if onward is None:
                    return received.status_code, await response.described(received)
            finally:
                await received.aclose()
            hop = onward
        raise ToolRedirected

    async def _send(self, hop: ToolRequest) -> httpx.Response:
        timeout = httpx.Timeout(self._limit, connect=min(CONNECT_LIMIT, self._limit))
        named = {key.lower() for key, _ in hop.headers}
        headers = [*hop.headers, *((key, value) for key, value in _OWN_HEADERS if key.lower() not in named)]
        return await self._transport.handle_async_request(
            httpx.Request(
                hop.method,
                self._routed(httpx.URL(hop.url)),
                headers=[(key.encode(), value.encode()) for key, value in headers],
                content=None if hop.body is None else hop.body.encode(),
                extensions={"timeout": timeout.as_dict()},
            )
        )

    def _routed(self, url: httpx.URL) -> httpx.URL:
        """Where the url's host is served from."""
        if url.scheme not in ("http", "https") or not url.host or url.userinfo:
            raise ToolAddressRefused
        if "%" in url.host or not 0 < (url.port or 80) < 65_536:
            raise ToolMisconfigured
        if url.host not in self._rewrites:
            return url
        base = self._rewrites[url.host]
        return base.copy_with(raw_path=base.raw_path.rstrip(b"/") + url.raw_path)


def _authority(url: httpx.URL) -> str:
    """`host:port` as the guard knows it."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}"


@contextmanager
def _told_apart() -> Iterator[None]:
    """Failures of the network as failures of the tool: their own words can hold addresses and secrets."""
    try:
        yield
    except AddressRefused:
        raise ToolAddressRefused from None
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise ToolUnreachable from None
    except (TimeoutError, httpx.TimeoutException):
        raise ToolTimeout from None
    except (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol, UnicodeError):
        raise ToolMisconfigured from None
    except (httpx.NetworkError, httpx.RemoteProtocolError):
        raise ToolInterrupted from None
