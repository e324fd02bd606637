"""The one HTTP request that a call of a custom tool comes to: pure, nothing is sent here."""

import html
from dataclasses import dataclass
from urllib.parse import quote_plus

from tools import templates
from tools.custom import CustomTool, Method
from tools.templates import Values

FRAMING = frozenset({"host", "content-length", "transfer-encoding", "connection"})
"""Headers that say how a request is sent; the client's own, so a tool's are left out."""


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A request with every placeholder filled in."""

    method: Method
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str | None


def build(tool: CustomTool, values: Values, idempotency_key: str) -> ToolRequest:
    """The tool's request.

    Raises `ToolArgumentsInvalid` and `ToolMisconfigured`.
    """
    headers = [
        (key, templates.header(value, values))
        for key, value in tool.headers
        if key.lower() not in FRAMING and not templates.absent(value, values)
    ]
    named = {key.lower() for key, _ in headers}
    body = _body(tool, values)
    if body is not None and "content-type" not in named:
        headers.append(("Content-Type", "application/json"))
    if tool.method != "GET" and "idempotency-key" not in named:
        headers.append(("Idempotency-Key", idempotency_key))
    return ToolRequest(tool.method, templates.url(tool.url, tool.query_params, values), tuple(headers), body)


def body_is_sound(tool: CustomTool) -> bool:
    """Whether the tool's body template can be filled in: it must be JSON unless its content type says otherwise."""
    template = _template(tool)
    return template is None or media_type(tool) != "application/json" or templates.is_json(template)


def media_type(tool: CustomTool) -> str:
    """What the body is: one of the types with an encoding of their own, JSON for everything else."""
    declared = next((value for key, value in tool.headers if key.lower() == "content-type"), "")
    named = declared.partition(";")[0].strip().lower()
    if named.endswith(("/xml", "+xml")):
        return "application/xml"
    return named if named in ("application/x-www-form-urlencoded", "text/plain") else "application/json"


def _body(tool: CustomTool, values: Values) -> str | None:
    template = _template(tool)
    if template is None:
        return None
    match media_type(tool):
        case "application/x-www-form-urlencoded":
            return templates.text(template, values, quote_plus)
        case "application/xml":
            return templates.text(template, values, html.escape)
        case "text/plain":
            return templates.text(template, values)
        case _:
            return templates.json_body(template, values)


def _template(tool: CustomTool) -> str | None:
    return tool.body_template if tool.body_template and tool.body_template.strip() else None
