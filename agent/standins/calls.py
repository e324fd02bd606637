"""The calls a stand-in process serves: one unguessable token each, first in every path."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from agent.standins.config import CallConfig
from agent.standins.faults import Faults
from agent.standins.outages import Outages
from agent.standins.speech import Mark
from agent.standins.voices import Voices

VOICES: web.AppKey[Voices] = web.AppKey("voices", Voices)

_REMEMBERED = 400
"""Marks kept for a recogniser that connects again."""


class Call:
    """One call: what its stand-ins were told, and who listens for the callee's words."""

    def __init__(self, config: CallConfig) -> None:
        self.config = config
        self.faults = Faults(list(config.model.faults))
        self.outages = Outages(config.faults)
        self.marks: list[tuple[int, Mark]] = []
        self._count = 0
        self._listeners: set[Callable[[Sequence[tuple[int, Mark]]], None]] = set()

    def mark(self, marks: Sequence[Mark]) -> None:
        """The callee says these words; every recogniser of the call is told, each word with its number."""
        numbered = list(enumerate(marks, start=self._count))
        self._count += len(numbered)
        self.marks = [*self.marks, *numbered][-_REMEMBERED:]
        for listener in tuple(self._listeners):
            listener(numbered)

    def listen(self, listener: Callable[[Sequence[tuple[int, Mark]]], None]) -> Callable[[], None]:
        """Be told of marks, those of the past at once; returns what ends it."""
        self._listeners.add(listener)
        listener(self.marks)
        return lambda: self._listeners.discard(listener)


class Calls:
    """All calls by token."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}

    def open(self, config: CallConfig) -> str:
        """Begin a call; returns its token."""
        token = secrets.token_hex(8)
        self._calls[token] = Call(config)
        return token

    def close(self, token: str) -> None:
        """Forget a call; its token is refused from now on."""
        self._calls.pop(token, None)

    def of(self, request: web.Request) -> Call:
        """The call whose token is in the request's path; an unknown token is answered 404."""
        call = self._calls.get(request.match_info["token"])
        if call is None:
            raise refusal(web.HTTPNotFound, "No call has this token.")
        return call


@dataclass(slots=True)
class Secure:
    """Where the stand-ins are also reached over TLS."""

    certificate: str
    """PEM."""
    port: int = 0


SECURE: web.AppKey[Secure] = web.AppKey("secure", Secure)
CALLS: web.AppKey[Calls] = web.AppKey("calls", Calls)


def refusal(kind: type[web.HTTPError], sentence: str) -> web.HTTPError:
    """An HTTP error in the shape that the providers' clients read: `{"error": {"message", "type"}}`."""
    body = {"error": {"message": sentence, "type": "invalid_request_error", "param": None, "code": None}}
    return kind(text=json.dumps(body), content_type="application/json")
