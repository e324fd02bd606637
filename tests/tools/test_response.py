import gzip
import json
import zlib
from typing import Any

import httpx
import pytest

from tools.errors import ToolResponseTooLarge, ToolResponseUnreadable
from tools.response import LARGEST, LONGEST, described


async def shown(body: bytes, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return json.loads(await described(httpx.Response(201, headers=named, stream=httpx.ByteStream(body))))


async def test_json_is_kept_whole() -> None:
    body = {"slots": ["09:00"] * 5_000, "name": "Zoë"}
    assert await shown(json.dumps(body).encode()) == {"status": 201, "body": body}


async def test_text_stays_text_and_long_text_is_cut_with_a_note() -> None:
    assert await shown(b"done") == {"status": 201, "body": "done"}
    cut = await shown(b"x" * (LONGEST + 7))
    assert cut["body"] == "x" * LONGEST
    assert cut["note"] == "The body was cut; 7 more characters followed."


async def test_an_empty_body_is_an_empty_text() -> None:
    assert await shown(b"") == {"status": 201, "body": ""}


@pytest.mark.parametrize("body", [b'{"a": NaN}', b"[" * 100_000, b'{"a": 1} x', b"9" * 5_000])
async def test_what_is_nearly_json_is_text(body: bytes) -> None:
    assert (await shown(body))["body"] == body.decode()[:LONGEST]


async def test_what_is_not_text_is_left_out() -> None:
    assert (await shown(b"\x89PNG\x00\x00"))["note"] == "The body is not text and was left out."


async def test_bodies_are_read_in_their_own_encoding() -> None:
    assert (await shown("é".encode("latin-1"), content_type="text/plain; charset=iso-8859-1"))["body"] == "é"
    assert (await shown("é".encode(), content_type="text/plain; charset=made-up"))["body"] == "é"
    assert (await shown("\ufeff[1]".encode()))["body"] == [1]


async def test_a_surrogate_named_in_json_can_be_sent_on() -> None:
    content = await described(httpx.Response(200, stream=httpx.ByteStream(b'"a\\ud800"')))
    assert content.encode() == b'{"status":200,"body":"a?"}'


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_packed_body_is_unpacked_up_to_the_limit(encoding: str, pack: Any) -> None:
    assert (await shown(pack(b'{"a":1}'), content_encoding=encoding))["body"] == {"a": 1}
    with pytest.raises(ToolResponseTooLarge):
        await shown(pack(b" " * 50_000_000), content_encoding=encoding)


async def test_a_body_over_the_limit_is_refused() -> None:
    assert len((await shown(b'"' + b"x" * (LARGEST - 2) + b'"'))["body"]) == LARGEST - 2
    with pytest.raises(ToolResponseTooLarge):
        await shown(b"x" * (LARGEST + 1))


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip"])
async def test_an_encoding_that_was_not_asked_for_is_unreadable(encoding: str) -> None:
    with pytest.raises(ToolResponseUnreadable):
        await shown(b"x", content_encoding=encoding)
    with pytest.raises(ToolResponseUnreadable):
        await shown(b"not packed", content_encoding="gzip")
