"""When a provider that was asked too often may be asked again."""

import asyncio
from typing import Protocol

TOO_MANY = 429


class Answer(Protocol):
    """As much of an HTTP response as is looked at."""

    @property
    def status_code(self) -> int:
        """HTTP's."""
        ...

    @property
    def headers(self) -> "Headers":
        """By name."""
        ...


class Headers(Protocol):
    """Of a response."""

    def get(self, key: str, default: str) -> str:
        """The header, or the default."""
        ...


class Quota:
    """What the responses of one provider say about it."""

    def __init__(self) -> None:
        self.until = float("-inf")
        """The loop's time before which it is of no use to ask again."""

    async def note(self, answer: Answer) -> None:
        """Take a response as it arrives. A `Retry-After` that is a date is passed over: those are far off."""
        if answer.status_code != TOO_MANY:
            return
        try:
            wait = float(answer.headers.get("retry-after", ""))
        except ValueError:
            return
        self.until = asyncio.get_running_loop().time() + wait
