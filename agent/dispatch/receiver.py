"""A callback of one's own on loopback: takes the events of one attempt, and only if they are signed."""

import base64
import hmac
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from agent.models.attempt import signing_key
from agent.models.report import Attempt
from agent.worker.webhook import EventType, Message, signature

TOLERANCE = 300.0
"""Seconds a signature's moment may differ from now."""
LARGEST = 64 * 1024 * 1024
"""Bytes of an event."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the attempt."""

    message: Message
    """As it was sent."""
    sent_at: float
    """The moment it was signed for, seconds of the wall clock."""
    sequence: int
    attempt: Attempt
    """As it stood then."""

    @property
    def type(self) -> EventType:
        """What it tells."""
        return self.message.type


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sequence: int
    attempt: Attempt


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: EventType
    data: _Data


@dataclass(slots=True)
class Receiver:
    """Hands every event over once, however often it is delivered."""

    take: Callable[[Told], None]
    secret: SecretStr = field(
        default_factory=lambda: SecretStr("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    )
    url: str = ""
    """Once it listens."""
    taken: set[str] = field(default_factory=set)
    """`webhook-id` of the events that were handed over."""

    @property
    def callback(self) -> dict[str, str]:
        """The `callback` of an attempt whose events are to come here."""
        return {"url": self.url, "secret": self.secret.get_secret_value()}

    async def answer(self, request: web.Request) -> web.Response:
        """Take one delivery: 204, 401 unless it is signed with the secret, 400 unless it is an event."""
        body = await request.read()
        identity, stamp, given = (
            request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        if not (stamp.isascii() and stamp.isdigit()) or abs(time.time() - int(stamp)) > TOLERANCE:
            return web.Response(status=401)
        wanted = signature(signing_key(self.secret), identity.encode(), stamp.encode(), body)
        if not any(hmac.compare_digest(wanted, one.encode()) for one in given.split()):
            return web.Response(status=401)
        try:
            event = _Body.model_validate_json(body)
        except ValidationError:
            return web.Response(status=400)
        if identity not in self.taken:
            self.taken.add(identity)
            message = Message(identity, event.type, body)
            self.take(Told(message, float(stamp), event.data.sequence, event.data.attempt))
        return web.Response(status=204)


@asynccontextmanager
async def receiving(take: Callable[[Told], None]) -> AsyncIterator[Receiver]:
    """A receiver on a free port of 127.0.0.1; it stops on exit."""
    receiver = Receiver(take)
    application = web.Application(client_max_size=LARGEST)
    application.router.add_post("/events", receiver.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
        yield receiver
    finally:
        await runner.cleanup()
