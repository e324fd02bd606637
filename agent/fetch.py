"""Fetching an assistant from its `assistant_url`."""

import asyncio

import httpx

from agent import documents
from agent.models.assistant import Assistant
from agent.models.parsing import Parsed
from agent.problems import ErrorCode, InputInvalid, Problem
from agent.settings import Settings

TIMEOUT = 10.0
"""Seconds until the whole answer is there."""
LARGEST = 8_000_000
"""Bytes of an answer."""


async def fetch_assistant(url: str, settings: Settings) -> Parsed[Assistant]:
    """GET the assistant, bare or wrapped as `{"assistant": …}`.

    The URL is the scheduler's and may be private; redirects are not followed, since the bearer token goes with the
    request. Raises `InputInvalid` with code `assistant_unavailable` if there is no answer to read.
    """
    headers = {"Accept": "application/json"}
    if settings.api_key is not None:
        headers["Authorization"] = f"Bearer {settings.api_key.get_secret_value()}"
    body = await _get(url, headers)
    try:
        return documents.parse_assistant(documents.loads(body), within="assistant")
    except InputInvalid:
        raise _unavailable("expected it to answer with an assistant as JSON") from None


async def _get(url: str, headers: dict[str, str]) -> bytes:
    body = bytearray()
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            httpx.AsyncClient(trust_env=False, timeout=TIMEOUT) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if not response.is_success:
                raise _unavailable(f"expected it to answer with 200, not {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise _unavailable(f"expected it to answer with at most {LARGEST // 1_000_000} MB")
    except (TimeoutError, httpx.TimeoutException):
        raise _unavailable(f"expected it to answer within {TIMEOUT:g} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise _unavailable("expected it to be reachable") from None
    return bytes(body)


def _unavailable(expected: str) -> InputInvalid:
    return InputInvalid([Problem("assistant_url", expected, ErrorCode.ASSISTANT_UNAVAILABLE)])
