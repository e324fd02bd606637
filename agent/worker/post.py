"""One POST of an event, to a scheduler's callback or to an assistant's webhook."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from agent.worker import webhook
from agent.worker.webhook import Destination, Message, Verdict
from tools.guard import AddressRefused, GuardedTransport, tls_context

LIMIT = 15.0
"""Seconds one try may take in all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one try."""

    verdict: Verdict
    reason: str
    """For the log: a status or the name of an error, nothing that was sent or received."""
    asked: float = 0.0
    """Seconds the receiver asks to be left alone."""


class Post:
    """Sends one message once. It follows no redirect, reads no body and goes through no proxy."""

    def __init__(self, schedulers: httpx.AsyncBaseTransport, assistants: httpx.AsyncBaseTransport) -> None:
        self._schedulers = schedulers
        self._assistants = assistants

    async def send(self, to: Destination, message: Message, now: float) -> Answer:
        """One try at `now`, in seconds of the wall clock. Raises nothing."""
        # Not through httpx's client, which logs whole URLs.
        transport = self._schedulers if to.is_schedulers else self._assistants
        try:
            request = _request(to, message, now)
            async with asyncio.timeout(LIMIT):
                response = await transport.handle_async_request(request)
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, AddressRefused, TimeoutError) as error:
            return Answer(Verdict.FAILED, type(error).__name__)
        asked = webhook.asked_to_wait(response.headers.get("retry-after"), now)
        return Answer(webhook.judged(response.status_code), f"status {response.status_code}", asked)


def _request(to: Destination, message: Message, now: float) -> httpx.Request:
    url = httpx.URL(to.url)
    named = webhook.headers(message, to.key, now)
    timeout = httpx.Timeout(LIMIT).as_dict()
    request = httpx.Request("POST", url, headers=named, content=message.body, extensions={"timeout": timeout})
    if url.userinfo:
        return next(httpx.BasicAuth(url.username, url.password).auth_flow(request))
    return request


@asynccontextmanager
async def posting(allowed_hosts: frozenset[str]) -> AsyncIterator[Post]:
    """The connections, closed on exit.

    `allowed_hosts`: `host` or `host:port` that an assistant's `webhook_url` may reach although private.
    """
    context = await asyncio.to_thread(tls_context)
    fresh = httpx.Limits(max_keepalive_connections=0)
    async with (
        httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=fresh) as schedulers,
        GuardedTransport(context, allowed_hosts) as assistants,
    ):
        yield Post(schedulers, assistants)
