"""A text that grows while it is being said."""

import asyncio
from collections.abc import AsyncIterator, Callable


class Script:
    """What one utterance says, as far as it is written."""

    def __init__(self) -> None:
        self.text = ""
        self.ended = False
        """Nothing more will be written."""
        self._news = asyncio.Event()

    def write(self, piece: str) -> None:
        """Go on."""
        self.text += piece
        self._tell()

    def end(self) -> None:
        """Nothing more is written."""
        self.ended = True
        self._tell()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; looked at whenever the script grows or ends."""
        while not holds():
            await self._news.wait()

    async def pieces(self, start: int) -> AsyncIterator[str]:
        """What is written from a place on, as it is written."""
        position = start
        while True:
            if position < len(self.text):
                piece, position = self.text[position:], len(self.text)
                yield piece
            elif self.ended:
                return
            else:
                await self._news.wait()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
