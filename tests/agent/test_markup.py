import asyncio
import re
from collections.abc import AsyncIterator, Iterable

import pytest
from livekit.agents.voice.transcription.filters import filter_markdown

from agent.markup import spoken


async def _written(pieces: Iterable[str]) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


def heard(pieces: Iterable[str]) -> list[str]:
    async def run() -> list[str]:
        return [piece async for piece in spoken(_written(pieces))]

    return asyncio.run(run())


def by_the_framework(text: str) -> str:
    async def run() -> str:
        return "".join([piece async for piece in filter_markdown(_written([text]))])

    return asyncio.run(run())


def test_a_word_without_markup_goes_through_at_once() -> None:
    pieces = ["All", " right", ",", " I", " have", " noted", " that", " e-mail", "."]
    assert heard(pieces) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "This is **very** important, and _so_ is this.",
        "Here is the list:\n- one\n- two\nThat is all.",
        "# Title\nThen text.",
        "See [our page](https://a.b/c) for more.",
        "- one\n+ two",
        "Use `code` here. It is 5 * 3 or 5 > 3 in room #5.",
        "A dash - like this - stays, and well-known words too.",
        "Nothing to see here.\nReally.",
        "",
    ],
)
def test_markup_is_left_out_as_the_framework_leaves_it_out(text: str) -> None:
    for pieces in ([text], re.findall(r"\s*\S+|\s+$", text), list(text)):
        assert "".join(heard(pieces)).split() == by_the_framework(text).split()
