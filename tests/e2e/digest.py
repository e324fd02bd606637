"""Digest credentials (RFC 2617, as SIP uses them): how a phone asks for them, and whether it was given the right."""

import re
import secrets
from dataclasses import dataclass
from hashlib import md5

from tests.e2e.sip import Header, Message

CHALLENGES = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
"""By status: the header that asks, and the one that answers."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One demand for credentials; a nonce is good for one dialog."""

    status: int
    nonce: str
    login: tuple[str, str] | None = None
    """Name and password that meet it; None: none do."""
    qop: bool = False
    """Whether the answer has to count and to carry a nonce of its own (`qop="auth"`)."""
    realm: str = "phone"

    @classmethod
    def new(cls, status: int, login: tuple[str, str] | None = None, *, qop: bool = False) -> "Challenge":
        """With a nonce that nobody has seen."""
        return cls(status, secrets.token_hex(8), login, qop)

    @property
    def header(self) -> Header:
        """What asks for them."""
        more = ', qop="auth"' if self.qop else ""
        value = f'Digest realm="{self.realm}", nonce="{self.nonce}", algorithm=MD5{more}'
        return CHALLENGES[self.status][0], value

    def is_met(self, request: Message) -> bool:
        """Whether a request carries the answer, for what it asks for."""
        if self.login is None:
            return False
        given = _fields(request.get(CHALLENGES[self.status][1]))
        if (given.get("username"), given.get("realm"), given.get("nonce")) != (self.login[0], self.realm, self.nonce):
            return False
        if self.qop != (given.get("qop") == "auth"):
            return False
        wanted = digest(self.login, self.realm, f"{request.method}:{given.get('uri', '')}", self.nonce, _counted(given))
        return given.get("response") == wanted


def digest(login: tuple[str, str], realm: str, asked: str, nonce: str, counted: str = "") -> str:
    """The answer to a challenge. `asked` is method and URI; `counted` is `nc:cnonce:qop`, empty without `qop`."""
    name, password = login
    middle = f"{nonce}:{counted}" if counted else nonce
    return _md5(f"{_md5(f'{name}:{realm}:{password}')}:{middle}:{_md5(asked)}")


def _counted(given: dict[str, str]) -> str:
    return ":".join(given.get(name, "") for name in ("nc", "cnonce", "qop")) if "qop" in given else ""


def _fields(header: str) -> dict[str, str]:
    """The parts of `Digest name="value", other=value`."""
    found = re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))', header.partition(" ")[2])
    return {name.lower(): quoted or plain for name, quoted, plain in found}


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
