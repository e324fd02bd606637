"""Keys pressed by the agent on the callee's phone line: one after the other, at the pace of the bridge."""

import asyncio
from collections.abc import Awaitable, Callable

PACE = 0.6
"""Seconds from a digit to the next: the bridge takes 0.54 for its tone and gap, more when it is busy.

Digits published faster queue up in the bridge, where a hang-up would swallow them."""
AFTER = 0.4
"""Seconds more that a sequence is given at its end, for a bridge that fell behind."""
PAUSE = 0.5
"""Seconds a `w` or a comma waits, as in a dial string."""

CODES = {digit: code for code, digit in enumerate("0123456789*#ABCD")}
"""The event code of each digit (RFC 4733)."""
PAUSES = frozenset("w,")


class NotDigits(ValueError):
    """Only 0-9, *, #, A-D, and w or a comma for a pause can be pressed."""

    def __init__(self) -> None:
        super().__init__(self.__class__.__doc__)


class NotOnTheLine(Exception):
    """Keys can be pressed only while the call is answered and goes on."""

    def __init__(self, published: str = "") -> None:
        super().__init__(self.__class__.__doc__)
        self.published = published
        """The digits that had been published before the call ended."""


class Keypad:
    """Presses digits in order, never before the answer nor after the end.

    What is claimed is only that a digit was published into the room while the call was active. The bridge confirms
    nothing: a phone that negotiated no telephone-event gets no tone, and nobody is told.
    """

    def __init__(
        self,
        publish: Callable[[int, str], Awaitable[None]],
        active: Callable[[], bool],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`publish` is given a digit's code and the digit; `active` tells whether the call is answered and goes on."""
        self._publish = publish
        self._active = active
        self._sleep = sleep
        self._one_at_a_time = asyncio.Lock()

    async def press(self, digits: str) -> str:
        """Press the digits and return those that were published, once the last one's tone is over.

        Two sequences never mix: the second waits for the first. Raises `NotDigits` before anything is pressed,
        `NotOnTheLine` with what was published if the call is not active or ends on the way.
        """
        keys = digits.upper().replace("W", "w")
        if any(key not in CODES and key not in PAUSES for key in keys):
            raise NotDigits
        published = ""
        async with self._one_at_a_time:
            for key in keys:
                if not self._active():
                    raise NotOnTheLine(published)
                if key in PAUSES:
                    await self._sleep(PAUSE)
                    continue
                await self._publish(CODES[key], key)
                published += key
                await self._sleep(PACE)
            await self._sleep(AFTER)
        return published
