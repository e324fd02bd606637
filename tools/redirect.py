"""Where a response sends its request on to."""

from dataclasses import replace

import httpx

from tools.custom import Method
from tools.request import ToolRequest

_PORTABLE = frozenset({"content-type", "idempotency-key"})
"""Headers that go to another server too."""


def onward(request: ToolRequest, status: int, headers: httpx.Headers) -> ToolRequest | None:
    """The request to make next, None if the response is the answer.

    As browsers do, 303 asks for the result by GET, and so do 301 and 302 after a POST. The tool's own headers are
    meant for its own server and go to no other.
    """
    if status not in (301, 302, 303, 307, 308) or "location" not in headers:
        return None
    source = httpx.URL(request.url)
    target = source.join(headers["location"]).copy_with(fragment=None)
    method = _method(request.method, status)
    body = request.body if method == request.method else None
    kept = tuple(
        (key, value)
        for key, value in request.headers
        if (_origin(target) == _origin(source) or key.lower() in _PORTABLE)
        and (body is not None or key.lower() != "content-type")
    )
    return replace(request, method=method, url=str(target), headers=kept, body=body)


def _method(method: Method, status: int) -> Method:
    if status == 303 or (status in (301, 302) and method == "POST"):
        return "GET"
    return method


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
