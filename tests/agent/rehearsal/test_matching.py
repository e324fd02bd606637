import pytest
from pydantic import JsonValue

from agent.rehearsal.matching import agrees, covers, folded, found, includes


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("which day", "Which DAY suits you?"),
        ("that's all", "THAT’S ALL!"),
        ("cafe creme", "Un café-crème, s'il vous plaît."),
        ("café crème", "un cafe creme"),
        ("straße", "STRASSE"),
        ("Łódź", "łódź"),
        ("20 %", "You get 20% off."),
        ("half past nine", "Half past\nnine, or later"),
        ("e-mail", "by e mail"),
        ("10:30", "at 10.30"),
        ("明日の朝", "では、明日の朝に伺います。"),
        ("할인", "할인을 드립니다"),
        ("พรุ่งนี้", "เจอกันพรุ่งนี้เช้า"),
        ("/10 ?%/", "only 10 % today"),
        ("/\\bdiscounts?\\b/", "our DISCOUNTS"),
        ("/café/", "CAFÉ"),
        ("@", "anna @ example"),
    ],
)
def test_a_phrase_is_found_whatever_its_case_accents_and_punctuation(phrase: str, said: str) -> None:
    assert found(phrase, said)


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("no", "I know."),
        ("discount", "discounts"),
        ("20 %", "at 20 o'clock"),
        ("which day", "which other day"),
        ("day which", "which day"),
        ("/café/", "cafe"),
        ("/^day/", "which day"),
        ("한", "할인을"),
    ],
)
def test_a_phrase_is_not_found_in_other_words(phrase: str, said: str) -> None:
    assert not found(phrase, said)


def test_what_is_no_word_folds_to_nothing() -> None:
    assert folded("  …?! ") == ""


@pytest.mark.parametrize(
    ("phrase", "other", "covered"),
    [
        ("discount", "a discount of ten", True),
        ("a discount of ten", "discount", False),
        ("/disc/", "a discount", True),
        ("/disc/", "/disc/", True),
        ("/disc/", "/discount/", False),
        ("discount", "/discount/", False),
    ],
)
def test_what_is_said_with_a_phrase_can_hold_another(phrase: str, other: str, covered: bool) -> None:
    assert covers(phrase, other) is covered


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("a", "a"),
        (2, 2.0),
        (True, True),
        (None, None),
        ("/^2027-/", "2027-03-09"),
        ("/^42$/", 42),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"b": "/x/"}}, {"a": {"b": "axb", "c": 1}}),
        ([1, "/x/"], [1, "x"]),
        ({}, {"a": 1}),
    ],
)
def test_an_argument_agrees(expected: JsonValue, given: JsonValue) -> None:
    assert agrees(expected, given)


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("a", "A"),
        (1, True),
        (True, 1),
        (False, 0),
        (0, False),
        (None, False),
        ("2", 2),
        ("/2/", True),
        ("/a/", ["a"]),
        ({"a": 1}, {}),
        ({"a": 1}, [1]),
        ([1], [1, 2]),
        ([1, 2], [2, 1]),
        ({"a": None}, {}),
    ],
)
def test_an_argument_does_not_agree(expected: JsonValue, given: JsonValue) -> None:
    assert not agrees(expected, given)


def test_arguments_include_narrower_ones() -> None:
    assert includes({}, {"day": "Monday"})
    assert includes({"day": "/mon/"}, {"day": "Monday", "time": "/9/"})
    assert includes({"day": "/mon/"}, {"day": "/mon/"})
    assert not includes({"day": "Monday"}, {"day": "/mon/"})
    assert not includes({"day": "Monday"}, {})
