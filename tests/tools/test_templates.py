import json
import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tools.arguments import Value
from tools.errors import ToolArgumentsInvalid, ToolMisconfigured
from tools.templates import Values, header, is_json, json_body, names, text, url

HOSTILE = [
    'a"b',
    '", "admin": true, "x": "',
    "\\",
    '\\"',
    "}}{{",
    "{{secret}}",
    "{{=secret}}",
    "a&b=c",
    "a b+c",
    "../../admin",
    "a/b?c#d",
    "%2e%2e",
    "x\r\nHost: evil",
    "\x00\x1f",
    "null",
    "12",
    "héllo 日本語 🎉",
    "\u2028</script>",
    "",
]


def having(**arguments: Value) -> Values:
    return Values(arguments, {"secret": "leaked", "v": "from variable"})


def test_arguments_win_over_variables() -> None:
    assert text("{{v}}", having(v="from argument")) == "from argument"
    assert text("{{ v }} {{nothing}}!", having()) == "from variable !"


def test_names_come_in_order_of_first_use() -> None:
    assert names("{{b}} {{ a }} {{b}} {{first name}} {{prénom}} {{}} {{-x}}") == ("b", "a", "first name", "prénom")


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_leaves_its_place_in_a_url(value: str) -> None:
    parts = urlsplit(url("https://h.example/a/{{x}}-/z?q={{x}}", (("p", "<{{x}}>"), ("end", "1")), having(x=value)))
    assert (parts.netloc, parts.fragment) == ("h.example", "")
    assert [unquote(segment) for segment in parts.path.split("/")] == ["", "a", f"{value}-", "z"]
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    assert pairs == [("q", value), ("p", f"<{value}>"), ("end", "1")]


@pytest.mark.parametrize("value", [".", ".."])
def test_dots_cannot_step_up_in_a_path(value: str) -> None:
    with pytest.raises(ToolArgumentsInvalid, match="`x` cannot be only dots"):
        url("https://h.example/a/{{x}}/z", (), having(x=value))
    with pytest.raises(ToolArgumentsInvalid):
        url("https://h.example/a/.{{x}}", (), having(x="."))
    assert url("https://h.example/v1.{{x}}", (), having(x="2")) == "https://h.example/v1.2"


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_leaves_its_place_in_a_json_body(value: str) -> None:
    template = '{"whole": "{{x}}", "bare": {{x}}, "within": "a {{x}} b", "list": ["{{x}}", 1.5], "k{{x}}": null}'
    assert json.loads(json_body(template, having(x=value))) == {
        "whole": value,
        "bare": value,
        "within": f"a {value} b",
        "list": [value, 1.5],
        f"k{value}": None,
    }


@pytest.mark.parametrize("value", HOSTILE)
def test_a_header_stays_on_one_line(value: str) -> None:
    assert not re.search(r"[\x00-\x1f\x7f]", header("Bearer {{x}}", having(x=value)))


@pytest.mark.parametrize(
    ("template", "arguments", "expected"),
    [
        ('{"n": "{{n}}"}', {"n": 3}, '{"n":3}'),
        ('{"n": "{{n}}"}', {"n": 2.5}, '{"n":2.5}'),
        ('{"n": {{ n }}}', {"n": 3}, '{"n":3}'),
        ('{"n": "{{n}}"}', {"n": True}, '{"n":true}'),
        ('{"n": "{{n}} people"}', {"n": 3.0}, '{"n":"3 people"}'),
        ('{"n": "is {{n}}"}', {"n": False}, '{"n":"is false"}'),
        ('{"n": "{{n}}"}', {"n": "3"}, '{"n":"3"}'),
        ('{"n": {{n}}}', {"n": "3"}, '{"n":"3"}'),
        ('{"n": "{{n}}", "m": {{n}}, "o": "a{{n}}"}', {}, '{"n":null,"m":null,"o":"a"}'),
        ('{"a":{"b":{{n}}}}', {"n": 1}, '{"a":{"b":1}}'),
        ("{{n}}", {"n": "x"}, '"x"'),
        ('{"quote": "\\"{{n}}\\""}', {"n": "x"}, '{"quote":"\\"x\\""}'),
    ],
)
def test_a_placeholder_takes_the_type_of_what_it_stands_for(
    template: str, arguments: dict[str, Value], expected: str
) -> None:
    assert json_body(template, having(**arguments)) == expected


@pytest.mark.parametrize(
    ("variable", "bare"),
    [("42", 42), ("-1.5", -1.5), ("true", True), ("007", "007"), ("1e999", "1e999"), ("[1]", "[1]"), ("NaN", "NaN")],
)
def test_a_variable_without_quotes_is_a_number_where_it_reads_as_one(variable: str, bare: object) -> None:
    values = Values({}, {"n": variable})
    assert json.loads(json_body('{"bare": {{n}}, "quoted": "{{n}}"}', values)) == {"bare": bare, "quoted": variable}


def test_parameters_that_stand_for_nothing_are_left_out() -> None:
    query = (("a", "{{gone}}"), ("b", "{{x}}"), ("c", ""), ("d", "x{{gone}}"))
    assert url("https://h.example/{{gone}}", query, having(x=1)) == "https://h.example/?b=1&c=&d=x"


def test_a_fragment_is_dropped_and_an_own_query_goes_first() -> None:
    assert url("https://h.example/a?b=1#top", (("c", "2"),), having()) == "https://h.example/a?b=1&c=2"


@pytest.mark.parametrize(
    "template", ["", "{", '{"a": {{n}}x}', "hello {{n}}", "[" * 100_000, "[NaN]", "[1e999]", '"\\ud800"']
)
def test_a_template_that_is_not_json_is_told(template: str) -> None:
    assert not is_json(template)
    with pytest.raises(ToolMisconfigured):
        json_body(template, having(n=1))
