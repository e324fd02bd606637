"""What the model sees of a tool's response: its status and its body."""

import json
import zlib
from typing import Any, NoReturn

import httpx

from tools.errors import ToolResponseTooLarge, ToolResponseUnreadable

LARGEST = 256 * 1024
"""Bytes of a body, as sent and as unpacked."""
LONGEST = 8_000
"""Characters of a text body that the model sees; JSON is kept whole, since half of it says something else."""

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


async def described(response: httpx.Response) -> str:
    """Read the response. A JSON object: `status`, `body` (JSON as it came, else text) and, if cut, a `note`.

    Raises `ToolResponseTooLarge`, `ToolResponseUnreadable` and what the transport raises.
    """
    body = await _read(response)
    shown: dict[str, Any] = {"status": response.status_code}
    text = _decoded(body, response.charset_encoding or "utf-8-sig")
    try:
        shown["body"] = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        shown |= _prose(text)
    # JSON can name a lone surrogate, which cannot be sent on as UTF-8.
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode(errors="replace").decode()


async def _read(response: httpx.Response) -> bytes:
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > LARGEST:
            raise ToolResponseTooLarge
    match response.headers.get("content-encoding", "identity").strip().lower():
        case "identity" | "":
            return bytes(received)
        case "gzip" | "x-gzip" | "deflate":
            return _unpacked(bytes(received))
        case _:
            raise ToolResponseUnreadable


def _unpacked(packed: bytes) -> bytes:
    """Unpacked no further than the limit: a few packed bytes can stand for gigabytes."""
    try:
        body = zlib.decompressobj(_GZIP_OR_ZLIB).decompress(packed, LARGEST + 1)
    except zlib.error:
        raise ToolResponseUnreadable from None
    if len(body) > LARGEST:
        raise ToolResponseTooLarge
    return body


def _prose(text: str) -> dict[str, str]:
    if "\x00" in text:
        return {"body": "", "note": "The body is not text and was left out."}
    if len(text) > LONGEST:
        return {"body": text[:LONGEST], "note": f"The body was cut; {len(text) - LONGEST} more characters followed."}
    return {"body": text}


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, errors="replace")
    except LookupError:
        return body.decode(errors="replace")


def _refuse(constant: str) -> NoReturn:
    """NaN and its like, which Python reads but JSON does not have."""
    raise ValueError(constant)
