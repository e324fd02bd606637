import httpx
import pytest

from tools.custom import Method
from tools.redirect import onward
from tools.request import ToolRequest

HEADERS = (("X-Api-Key", "secret"), ("Content-Type", "application/json"), ("Idempotency-Key", "k"))


def request(method: Method = "POST") -> ToolRequest:
    return ToolRequest(method, "https://h.example/a/b?c=1", HEADERS, "{}")


def to(location: str) -> httpx.Headers:
    return httpx.Headers({"location": location})


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 302, "PUT"),
        ("DELETE", 303, "GET"),
        ("GET", 307, "GET"),
    ],
)
def test_the_method_goes_on_as_browsers_do_it(method: Method, status: int, expected: Method) -> None:
    next_request = onward(request(method), status, to("/d"))
    assert next_request is not None
    assert (next_request.method, next_request.url) == (expected, "https://h.example/d")
    assert (next_request.body is None) == (method != expected)
    assert (("Content-Type", "application/json") in next_request.headers) == (method == expected)


@pytest.mark.parametrize(
    "location", ["https://other.example/", "http://h.example/d", "https://h.example:8443/d", "//other.example/d"]
)
def test_a_tools_headers_go_to_no_other_server(location: str) -> None:
    next_request = onward(request(), 307, to(location))
    assert next_request is not None
    assert next_request.headers == HEADERS[1:]


def test_a_tools_headers_stay_on_its_own_server() -> None:
    next_request = onward(request(), 308, to("https://h.example:443/d#part"))
    assert next_request is not None
    assert next_request.headers == HEADERS
    assert "#" not in next_request.url


@pytest.mark.parametrize(("status", "headers"), [(200, to("/d")), (304, to("/d")), (302, httpx.Headers())])
def test_anything_else_is_the_answer(status: int, headers: httpx.Headers) -> None:
    assert onward(request(), status, headers) is None
