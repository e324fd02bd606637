import pytest

from tools.arguments import Value
from tools.custom import CustomTool, Method
from tools.request import ToolRequest, body_is_sound, build
from tools.templates import Values


def tool(method: Method = "POST", *, body: str | None = None, headers: tuple[tuple[str, str], ...] = ()) -> CustomTool:
    return CustomTool("t", "does", method, "https://h.example/{{x}}", headers=headers, body_template=body)


def built(made: CustomTool, **arguments: Value) -> ToolRequest:
    return build(made, Values(arguments, {"token": "s3cret"}), "key-1")


def test_a_request_is_the_tool_filled_in() -> None:
    made = tool(body='{"n": "{{n}}"}', headers=(("Authorization", "Bearer {{token}}"),))
    assert built(made, x="a b", n=2) == ToolRequest(
        method="POST",
        url="https://h.example/a%20b",
        headers=(
            ("Authorization", "Bearer s3cret"),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "key-1"),
        ),
        body='{"n":2}',
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_can_change_something_carries_a_key(method: Method) -> None:
    assert ("Idempotency-Key", "key-1") in built(tool(method)).headers


def test_get_carries_no_key_and_a_tools_own_key_is_kept() -> None:
    assert built(tool("GET")).headers == ()
    assert built(tool(headers=(("idempotency-key", "mine"),))).headers == (("idempotency-key", "mine"),)


def test_headers_that_frame_a_request_or_stand_for_nothing_are_left_out() -> None:
    headers = (("Host", "evil"), ("content-length", "0"), ("Transfer-Encoding", "chunked"), ("X-Gone", " {{gone}} "))
    assert built(tool("GET", headers=headers)).headers == ()


@pytest.mark.parametrize("body", [None, "", " \n"])
def test_a_blank_body_is_none(body: str | None) -> None:
    assert built(tool(body=body)).body is None


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/x-www-form-urlencoded", "a=x%26b%3D1+%3C&c=1"),
        ("text/xml; charset=utf-8", "a=x&amp;b=1 &lt;&c=1"),
        ("text/plain", "a=x&b=1 <&c=1"),
    ],
)
def test_a_body_of_another_type_has_its_own_encoding(content_type: str, expected: str) -> None:
    made = tool(body="a={{a}}&c=1", headers=(("content-type", content_type),))
    assert built(made, a="x&b=1 <").body == expected
    assert body_is_sound(made)


def test_a_body_that_should_be_json_and_is_not_is_unsound() -> None:
    assert not body_is_sound(tool(body="a={{a}}"))
    assert body_is_sound(tool(body='{"a": {{a}}}'))
    assert body_is_sound(tool())
