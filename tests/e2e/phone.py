"""A scripted SIP phone on loopback: UDP, PCMU, keys as telephone-event. It does what its scripts say and logs it all.

async with Phone.open() as phone:
    phone.script = Script(after=0.5, hang_up_after=3.0)
    ...  # somebody dials it
    call = await phone.rung()
    await call.over()
    assert call.received("BYE") is None
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.e2e import sip
from tests.e2e.call import Call
from tests.e2e.rtp import until
from tests.e2e.script import Script
from tests.e2e.sip import Message


@dataclass(frozen=True, slots=True)
class Entry:
    """A message that was sent or received."""

    at: float
    """Host monotonic seconds."""
    call_id: str
    sent: bool
    what: str
    """The method, or status and method: `BYE`, `200 INVITE`."""


class Phone(asyncio.DatagramProtocol):
    """A phone, or a whole exchange: it takes as many calls at once as come, to any number."""

    def __init__(self) -> None:
        self.script = Script()
        """For calls that come to a number without one of its own."""
        self.scripts: dict[str, Script] = {}
        """By the number that is dialled."""
        self.calls: list[Call] = []
        """In the order in which they began."""
        self.log: list[Entry] = []
        self.host = "127.0.0.1"
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int = 0) -> AsyncIterator["Phone"]:
        """A phone on a port, by default a free one. What its scripts did wrong is raised on exit."""
        phone = cls()
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: phone, local_addr=(phone.host, port))
        try:
            yield phone
        finally:
            await phone._close()

    @property
    def port(self) -> int:
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    @property
    def contact(self) -> str:
        return f"<sip:phone@{self.host}:{self.port}>"

    @property
    def left(self) -> list[Call]:
        """The calls that are not over at this end."""
        return [call for call in self.calls if not call.is_over]

    async def rung(self, number: int = 1, within: float = 10.0) -> Call:
        """The first call that came or was made, or the n-th, waited for. Raises AssertionError when none comes."""
        await until(lambda: len(self.calls) >= number, within, f"{number} calls had come")
        return self.calls[number - 1]

    async def call(self, bridge: tuple[str, int], to: str, caller: str, script: Script | None = None) -> Call:
        """Call a number at a bridge; the INVITE is sent when this returns. `script` counts from the answer on."""
        dialog = sip.Dialog(
            self.contact,
            f"{secrets.token_hex(12)}@{self.host}",
            local=f"<sip:{caller}@{self.host}:{self.port}>;tag={secrets.token_hex(5)}",
            remote=f"<sip:{to}@{bridge[0]}:{bridge[1]}>",
            target=f"sip:{to}@{bridge[0]}:{bridge[1]}",
        )
        call = Call(self, bridge, script or self.script, dialog)
        self.calls.append(call)
        await call.dial()
        return call

    # What a call needs of its phone

    def send(self, message: Message, peer: tuple[str, int]) -> None:
        """Send it and enter it into the log."""
        self.log.append(Entry(time.monotonic(), message.get("Call-ID"), True, message.summary))
        self._transport.sendto(message.encode(), peer)

    def find(self, call_id: str, *, sent: bool, what: str) -> float | None:
        """When a message of this pattern was first sent or received, host monotonic seconds; None: never."""
        entries = (entry for entry in self.log if entry.call_id == call_id and entry.sent == sent)
        return next((entry.at for entry in entries if fnmatchcase(entry.what, what)), None)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run it until it is done or the phone is closed."""
        task = asyncio.create_task(work, name="phone")
        self._tasks.add(task)
        return task

    # What comes in

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        # asyncio calls it with the transport of its kind
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.strip():
            return  # a keep-alive
        message = sip.parse(data)
        call_id = message.get("Call-ID")
        self.log.append(Entry(time.monotonic(), call_id, False, message.summary))
        known = next((call for call in self.calls if call.dialog.call_id == call_id), None)
        if known is not None:
            known.take(message)
        elif message.method == "INVITE":
            self._ring(message, addr)
        elif message.method not in {"", "ACK"}:
            status = 200 if message.method == "OPTIONS" else 481
            self.send(sip.response(message, status, to=message.get("To")), addr)

    def _ring(self, invite: Message, peer: tuple[str, int]) -> None:
        dialog = sip.Dialog(
            self.contact,
            invite.get("Call-ID"),
            local=sip.tagged(invite.get("To"), secrets.token_hex(5)),
            remote=invite.get("From"),
            target=sip.uri(invite.get("Contact")),
        )
        dialog.routes = tuple(invite.all("Record-Route"))
        call = Call(self, peer, self.scripts.get(sip.user(invite.start), self.script), dialog, invite)
        self.calls.append(call)
        call.begin()

    async def _close(self) -> None:
        for call in self.calls:
            call.end()
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        self._transport.close()
        wrong = [error for error in ended if isinstance(error, Exception)]
        if wrong:
            raise ExceptionGroup("a phone did not do as its script says", wrong)
