"""HTTP to addresses that an assistant names: resolved, checked, and connected to the very address that was checked.

A check of the URL alone sees too little: a name can resolve differently a moment later, and a redirect can lead
anywhere. So the check sits where the connection is made. Use the transport as it is, or in a client of one's own with
`trust_env=False`; mind that httpx's client logs whole URLs.
"""

import asyncio
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import httpcore
import httpx

from tools.address import is_allowed, is_public

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a host and port, best first; raises `OSError` if there are none."""

TRIES = 4
"""Addresses of one host that are tried, each for its share of the connect timeout."""


class AddressRefused(Exception):
    """The host resolves to an address that is not public, and settings do not allow it."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The one TLS context of the process; the first call takes about 150 ms, so make it in a thread."""
    return httpx.create_ssl_context(trust_env=False)


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, allowed: frozenset[str], resolver: Resolver) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._checked(host, port)
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(addresses[-1], port, share, local_address, socket_options)

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        """The host's addresses. One that is refused refuses all: an answer that mixes them is no accident."""
        try:
            addresses = await self._resolver(host, port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name did not resolve") from None
        if not addresses:
            raise httpcore.ConnectError("the name did not resolve")
        if not is_allowed(host, port, self._allowed) and not all(map(is_public, addresses)):
            raise AddressRefused
        return addresses[:TRIES]


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests to public addresses, and to the hosts in `allowed` (`host` or `host:port`, lower case).

    It follows no redirects and keeps no idle connection: one that the far end closed a moment ago would lose a request
    that must not be sent again. Raises `AddressRefused` beside httpx's errors.
    """

    def __init__(
        self, context: ssl.SSLContext, allowed: frozenset[str] = frozenset(), resolver: Resolver = resolve
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context, network_backend=_Backend(allowed, resolver), max_keepalive_connections=0
        )

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._pool.__aexit__(exc_type, exc_value, traceback)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        with _translated():
            response = await self._pool.handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            response.status, headers=response.headers, stream=_Stream(response), extensions=response.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    """A response's body, with httpx's errors."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for chunk in self._response.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.NetworkError, httpx.ReadError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.ProtocolError, httpx.RemoteProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
)
"""First match counts. Messages stay behind: they can hold what was sent."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except tuple(ours for ours, _ in _ERRORS) as error:
        theirs = next(theirs for ours, theirs in _ERRORS if isinstance(error, ours))
        raise theirs(theirs.__name__) from None
