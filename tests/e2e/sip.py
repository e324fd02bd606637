"""SIP messages over UDP, as much of RFC 3261 as a test phone needs: no I/O, no state."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    503: "Service Unavailable",
    603: "Decline",
}
_SHORT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "r": "refer-to"}

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response."""

    start: str
    """The first line."""
    headers: tuple[Header, ...]
    body: str = ""

    @property
    def method(self) -> str:
        """Of a request; empty for a response."""
        return "" if self.start.startswith("SIP/2.0") else self.start.split(" ", 1)[0]

    @property
    def status(self) -> int:
        """Of a response; 0 for a request."""
        return int(self.start.split(" ", 2)[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of the transaction."""
        number, method = self.get("CSeq").split()
        return int(number), method

    @property
    def summary(self) -> str:
        """The method of a request, as `BYE`; status and method of a response, as `200 INVITE`."""
        return self.method or f"{self.status} {self.cseq[1]}"

    def all(self, name: str) -> list[str]:
        """The values of a header, in order."""
        return [value for key, value in self.headers if _SHORT.get(key.lower(), key.lower()) == name.lower()]

    def get(self, name: str) -> str:
        """The first value of a header; empty where it is absent."""
        return next(iter(self.all(name)), "")

    def encode(self) -> bytes:
        """As on the wire, with its length."""
        body = self.body.encode()
        lines = [self.start, *(f"{key}: {value}" for key, value in self.headers), f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


def parse(data: bytes) -> Message:
    """A message as it came; whatever is no UTF-8 is replaced."""
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    pairs = [line.partition(":") for line in lines if ":" in line]
    return Message(start, tuple((name.strip(), value.strip()) for name, _, value in pairs), body)


def response(request: Message, status: int, *headers: Header, to: str, reason: str = "", body: str = "") -> Message:
    """An answer to a request; `to` is its To with our tag."""
    kept = [(name, value) for name in ("Via", "Record-Route") for value in request.all(name)]
    kept += [("From", request.get("From")), ("To", to)]
    kept += [(name, request.get(name)) for name in ("Call-ID", "CSeq")]
    content = [("Content-Type", "application/sdp")] if body else []
    start = f"SIP/2.0 {status} {reason or REASONS.get(status, 'Unknown')}"
    return Message(start, (*kept, *headers, *content), body)


def uri(address: str) -> str:
    """The URI of a From, To or Contact: between its angle brackets, or without its parameters."""
    bracketed = re.search(r"<([^>]+)>", address)
    return bracketed[1] if bracketed else address.split(";", maxsplit=1)[0].strip()


def user(address: str) -> str:
    """The user part of an address or a request's first line: a phone number as a rule."""
    found = re.search(r"(?:sips?|tel):([^@;>\s]+)", address)
    return found[1] if found else ""


def tagged(address: str, tag: str) -> str:
    """An address with a tag, its own where it has one."""
    return address if ";tag=" in address else f"{address};tag={tag}"


class Dialog:
    """The addresses and numbers of one dialog, and the requests made of them."""

    def __init__(self, contact: str, call_id: str, local: str, remote: str, target: str) -> None:
        self.call_id = call_id
        self.local = local
        """Our From, with its tag."""
        self.remote = remote
        """The other's address; with its tag once there is one."""
        self.target = target
        """The URI our requests go to."""
        self.routes: Iterable[str] = ()
        self._contact = contact
        self._number = secrets.randbelow(10_000)

    def request(self, method: str, *headers: Header, body: str = "") -> Message:
        """A new request of ours."""
        self._number += 1
        return self._message(method, self._number, f"z9hG4bK{secrets.token_hex(8)}", *headers, body=body)

    def acknowledge(self, invite: Message, answer: Message) -> Message:
        """The ACK of a final answer to an INVITE of ours; that of a refusal belongs to the INVITE's transaction."""
        branch = f"z9hG4bK{secrets.token_hex(8)}" if answer.status < 300 else _branch(invite)
        ack = self._message("ACK", invite.cseq[0], branch)
        return _with_to(ack, answer.get("To"))

    def cancel(self, invite: Message) -> Message:
        """The CANCEL of an INVITE of ours."""
        return _with_to(self._message("CANCEL", invite.cseq[0], _branch(invite)), invite.get("To"))

    def _message(self, method: str, number: int, branch: str, *headers: Header, body: str = "") -> Message:
        sent_by = self._contact.split("@")[1].rstrip(">")
        own = (
            ("Via", f"SIP/2.0/UDP {sent_by};branch={branch};rport"),
            ("Max-Forwards", "70"),
            *(("Route", route) for route in self.routes),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
            ("Contact", self._contact),
        )
        return Message(f"{method} {self.target} SIP/2.0", (*own, *headers), body)


def _branch(request: Message) -> str:
    found = re.search(r"branch=([^;\s]+)", request.get("Via"))
    assert found is not None
    return found[1]


def _with_to(message: Message, to: str) -> Message:
    return Message(message.start, tuple((k, to if k == "To" else v) for k, v in message.headers), message.body)
