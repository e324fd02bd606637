import pytest

from tools.arguments import checked
from tools.custom import InputType, ToolInput
from tools.errors import ToolArgumentsInvalid

SIZE = ToolInput("size", "enum", required=True, enum_options=("small", "large"))
NOTE = ToolInput("note", "string")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", ""),
        ("string", 'O\'Brien "x" \n {{y}}'),
        ("number", 0),
        ("number", -2.5),
        ("number", 10**400),
        ("boolean", False),
        ("enum", "b"),
        ("date", "2028-02-29"),
        ("datetime", "2027-12-01T09:30"),
        ("datetime", "2027-12-01T09:30:15.250Z"),
        ("datetime", "2027-12-01T09:30:15+02:00"),
    ],
)
def test_a_value_of_the_declared_type_is_kept(kind: InputType, value: object) -> None:
    assert checked((ToolInput("x", kind, enum_options=("a", "b")),), {"x": value}) == {"x": value}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 5),
        ("string", ["a"]),
        ("number", "5"),
        ("number", True),
        ("number", float("nan")),
        ("number", float("inf")),
        ("boolean", "true"),
        ("boolean", 1),
        ("enum", "c"),
        ("enum", ["a"]),
        ("date", "2027-02-29"),
        ("date", "20270301"),
        ("date", "2027-W10-1"),
        ("date", "2027-03-01\n"),
        ("date", "٢٠٢٧-٠٣-٠١"),
        ("datetime", "2027-12-01"),
        ("datetime", "2027-12-01T25:00"),
        ("datetime", 1764547200),
        ("string", {}),
    ],
)
def test_a_value_of_another_type_is_refused_by_the_name_of_its_field(kind: InputType, value: object) -> None:
    with pytest.raises(ToolArgumentsInvalid, match="`x` must be"):
        checked((ToolInput("x", kind, enum_options=("a", "b")),), {"x": value})


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ToolArgumentsInvalid) as caught:
        checked((SIZE, NOTE, ToolInput("day", "date", required=True)), {"size": "medium", "note": 1, "other": 2})
    assert str(caught.value) == (
        'The arguments were not accepted: `size` must be one of "small", "large"; `note` must be a string; '
        "`day` is required; only `size`, `note`, `day` can be given. Correct them and call the tool again."
    )


def test_a_refusal_quotes_neither_values_nor_unknown_names() -> None:
    with pytest.raises(ToolArgumentsInvalid) as caught:
        checked((SIZE,), {"size": "canary-value", "canary-name": "canary-other"})
    assert "canary" not in str(caught.value)


def test_null_counts_as_not_given() -> None:
    assert checked((NOTE,), {"note": None}) == {}
    with pytest.raises(ToolArgumentsInvalid, match="`size` is required"):
        checked((SIZE,), {"size": None})


def test_a_tool_without_inputs_takes_no_arguments() -> None:
    assert checked((), {}) == {}
    with pytest.raises(ToolArgumentsInvalid, match="no arguments can be given"):
        checked((), {"x": 1})


def test_a_lone_surrogate_becomes_text_that_can_be_sent() -> None:
    assert checked((NOTE,), {"note": "a\ud800b"}) == {"note": "a?b"}
