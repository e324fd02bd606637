"""A receiver of webhooks on loopback: keeps every POST, checks its signature, and fails when it is told to."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.e2e.rtp import until


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST, whatever was answered to it."""

    at: float
    """Host monotonic seconds."""
    id: str
    """`webhook-id`: the same for every try of one event."""
    signed: bool
    """Whether it bears a fresh and right signature (Standard Webhooks)."""
    status: int
    """What was answered; 0: the connection was cut."""
    event: dict[str, Any]

    @property
    def type(self) -> str:
        kind: str = self.event["type"]
        return kind

    @property
    def attempt(self) -> dict[str, Any]:
        """The attempt as it stood then."""
        attempt: dict[str, Any] = self.event["data"]["attempt"]
        return attempt


class Callback:
    """Answers 200 unless `answers` says otherwise."""

    def __init__(self) -> None:
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.url = ""
        self.deliveries: list[Delivery] = []
        """In order of arrival, refused ones too."""
        self.answers: deque[int] = deque()
        """The status of the next answers, one each; 0: cut the connection."""
        self.otherwise = 200
        """The status once `answers` is empty."""
        self.delay = 0.0
        """Seconds before each answer."""

    @property
    def as_given(self) -> dict[str, str]:
        """The `callback` of an attempt."""
        return {"url": self.url, "secret": self.secret}

    @property
    def received(self) -> list[Delivery]:
        """Of every event the first delivery that was accepted, in order of arrival."""
        accepted: dict[str, Delivery] = {}
        for delivery in self.deliveries:
            if 200 <= delivery.status < 300:
                accepted.setdefault(delivery.id, delivery)
        return list(accepted.values())

    def of(self, attempt_id: str) -> list[Delivery]:
        """The events received of one attempt."""
        return [delivery for delivery in self.received if delivery.attempt["id"] == attempt_id]

    async def event(self, kind: str, within: float = 30.0, *, attempt_id: str | None = None) -> Delivery:
        """The first event of a type such as `attempt.analyzed`, waited for. Raises AssertionError if none comes."""

        def such() -> list[Delivery]:
            candidates = self.received if attempt_id is None else self.of(attempt_id)
            return [delivery for delivery in candidates if delivery.type == kind]

        await until(lambda: bool(such()), within, f"{kind} was delivered")
        return such()[0]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        status = self.answers.popleft() if self.answers else self.otherwise
        signed = self._is_signed(request, body)
        identity = request.headers.get("webhook-id", "")
        self.deliveries.append(Delivery(time.monotonic(), identity, signed, status, json.loads(body)))
        await asyncio.sleep(self.delay)
        if status == 0:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=status or 500)

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        identity, stamp, given = (
            request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        if not identity or not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
            return False
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
        wanted = "v1," + base64.b64encode(digest).decode()
        return any(hmac.compare_digest(wanted, one) for one in given.split())


@asynccontextmanager
async def listening() -> AsyncIterator[Callback]:
    """A receiver on a free port; it stops on exit."""
    callback = Callback()
    app = web.Application()
    app.router.add_post("/events", callback.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        callback.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
        yield callback
    finally:
        await runner.cleanup()
