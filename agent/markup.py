"""Markup in what the model writes is not for the ear.

The framework's filter of Markdown keeps every word back until the next has come, because the two might be one mark-up:
40 ms of every answer. Here text goes through at once for as long as there is nothing in it that could be one.
"""

from collections.abc import AsyncIterable, AsyncIterator

from livekit.agents.voice.transcription.filters import filter_markdown

_MARKS = frozenset("*_`~[]#>")
"""Characters of which a reply has none that is written to be spoken."""
_ITEMS = ("-", "+")
"""What begins an item of a list, at the beginning of a line."""
_MID_LINE = "\u2060"
"""A word joiner, which nobody writes: what follows it is not the beginning of a line."""


async def spoken(text: AsyncIterable[str]) -> AsyncIterator[str]:
    """The text without its markup."""
    pieces = aiter(text)
    beginning = True
    async for piece in pieces:
        if _marked(piece, beginning):
            async for filtered in filter_markdown(_after(piece if beginning else _MID_LINE + piece, pieces)):
                if filtered := filtered.replace(_MID_LINE, ""):
                    yield filtered
            return
        beginning = piece.endswith("\n") if piece.strip(" ") else beginning
        yield piece


def _marked(piece: str, beginning: bool) -> bool:
    """Whether a piece of a text may hold markup, or begin it."""
    lines = piece.split("\n") if beginning else piece.split("\n")[1:]
    return not _MARKS.isdisjoint(piece) or any(line.lstrip().startswith(_ITEMS) for line in lines)


async def _after(piece: str, pieces: AsyncIterable[str]) -> AsyncIterator[str]:
    yield piece
    async for more in pieces:
        yield more
