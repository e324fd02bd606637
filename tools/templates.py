"""Filling `{{name}}` into a custom tool's url, query, headers and body.

Each place has its own encoding, so that no value can leave the place its template gives it. Values are filled in once:
a `{{name}}` inside a value stays as it is. A name comes from the model's arguments first, then from the prompt
variables. An optional argument that was not given and has no variable of its name is

- empty in the url, and within a longer text;
- left out, where it is the whole value of a query parameter or a header;
- `null`, where it is a whole JSON value.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tools.arguments import Value
from tools.errors import ToolArgumentsInvalid, ToolMisconfigured

_NAME = r"\s{0,20}(\w[\w.\- ]{0,99}?)\s{0,20}\}\}"

PLACEHOLDER = re.compile(r"\{\{" + _NAME)
"""`{{name}}`, with or without spaces around the name."""

_WHOLE = re.compile(r"\{\{(=?)" + _NAME)
"""A JSON string that is one placeholder; `=` marks one that stood in the template without quotes."""
_STRING_OR_PLACEHOLDER = re.compile(r'"(?:[^"\\]|\\.)*"|' + PLACEHOLDER.pattern, re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Values:
    """What placeholders stand for."""

    arguments: Mapping[str, Value]
    variables: Mapping[str, str]

    def find(self, name: str) -> Value | None:
        """The value of a name, None if it has none."""
        if name in self.arguments:
            return self.arguments[name]
        if name in self.variables:
            return self.variables[name]
        return None

    def literal(self, name: str) -> Value | None:
        """As `find`, but a variable that reads as a JSON number or boolean is one: variables have no types."""
        value = self.find(name)
        return _scalar(value) if isinstance(value, str) and name not in self.arguments else value


def names(template: str) -> tuple[str, ...]:
    """The names a template uses, in order of first use."""
    return tuple(dict.fromkeys(match[1] for match in PLACEHOLDER.finditer(template)))


def text(template: str, values: Values, encode: Callable[[str], str] = str) -> str:
    """The template with every placeholder replaced by its encoded value."""
    return PLACEHOLDER.sub(lambda match: encode(_written(values.find(match[1]))), template)


def absent(template: str, values: Values) -> bool:
    """Whether the template is one placeholder that has no value."""
    match = PLACEHOLDER.fullmatch(template.strip())
    return match is not None and values.find(match[1]) is None


def header(template: str, values: Values) -> str:
    """A header's value: on one line, whatever is filled in."""
    return _CONTROL.sub(" ", text(template, values)).strip()


def percent(value: str) -> str:
    """The value with everything encoded that could mean something in a URL."""
    return quote(value, safe="")


def url(template: str, query: tuple[tuple[str, str], ...], values: Values) -> str:
    """The url with its query parameters, without fragment.

    Raises `ToolArgumentsInvalid` if a value would step up in the path, which no encoding prevents.
    """
    address, _, own = template.partition("#")[0].partition("?")
    path = "/".join(_segment(segment, values) for segment in address.split("/"))
    parameters = [text(own, values, percent)] if own else []
    parameters += [
        f"{percent(text(key, values))}={percent(text(value, values))}"
        for key, value in query
        if not absent(value, values)
    ]
    return f"{path}?{'&'.join(parameters)}" if parameters else path


def json_body(template: str, values: Values) -> str:
    """The JSON body; placeholders are filled in after parsing, so a value is always one value.

    A placeholder that is a whole JSON value, quoted or not, takes the type of what it stands for.
    Raises `ToolMisconfigured` if the template is not JSON.
    """
    return json.dumps(_filled(_parsed(template), values), ensure_ascii=False, separators=(",", ":"))


def is_json(template: str) -> bool:
    """Whether the template is JSON wherever its placeholders may stand."""
    try:
        _parsed(template)
    except ToolMisconfigured:
        return False
    return True


def _segment(template: str, values: Values) -> str:
    rendered = text(template, values, percent)
    if rendered != template and rendered in (".", ".."):
        named = ", ".join(f"`{name}`" for name in names(template))
        raise ToolArgumentsInvalid(f"The arguments were not accepted: {named} cannot be only dots.")
    return rendered


def _parsed(template: str) -> Any:
    quoted = _STRING_OR_PLACEHOLDER.sub(
        lambda match: match[0] if match[0].startswith('"') else f'"{{{{={match[1]}}}}}"', template
    )
    try:
        parsed = json.loads(quoted)
        json.dumps(parsed, allow_nan=False, ensure_ascii=False).encode()  # JSON has no NaN, UTF-8 no lone surrogates
    except (ValueError, RecursionError):
        raise ToolMisconfigured from None
    return parsed


def _filled(node: Any, values: Values) -> Any:
    match node:
        case dict():
            return {text(key, values): _filled(value, values) for key, value in node.items()}
        case list():
            return [_filled(value, values) for value in node]
        case str():
            whole = _WHOLE.fullmatch(node)
            if whole is None:
                return text(node, values)
            return values.literal(whole[2]) if whole[1] else values.find(whole[2])
        case _:
            return node


def _written(value: Value | None) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def _scalar(value: str) -> Value:
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return value
    if isinstance(parsed, bool | int) or (isinstance(parsed, float) and math.isfinite(parsed)):
        return parsed
    return value
