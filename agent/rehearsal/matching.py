"""Whether something that was said, or given to a tool, is what a line file names. Pure.

A phrase is found as whole words, whatever its case, its diacritics and its punctuation. Text between slashes is a
regular expression, case-insensitive, which sees what was said as it was said.
"""

import re
import unicodedata
from collections.abc import Mapping

from pydantic import JsonValue

_SIGNS = "%@#&"
"""Punctuation that is spoken."""
_SYMBOLS = ("Sc", "Sm", "So")
"""Unicode categories of currencies, mathematical and other signs, which are spoken too."""
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Scripts in which a word may end without a space: Thai, Lao, Burmese, Khmer, Japanese, Chinese, Korean."""


def is_pattern(phrase: str) -> bool:
    """Whether it is a regular expression between slashes."""
    return len(phrase) > 2 and phrase.startswith("/") and phrase.endswith("/")


def folded(text: str) -> str:
    """The words of a text with what does not count taken away: case, diacritics, punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = unicodedata.normalize("NFC", "".join(sign for sign in plain if not "\u0300" <= sign <= "\u036f"))
    return " ".join("".join(map(_counted, plain)).split())


def _counted(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign.isalnum() or category[0] == "M":
        return sign
    return f" {sign} " if sign in _SIGNS or category in _SYMBOLS else " "


def found(phrase: str, said: str) -> bool:
    """Whether a phrase is in something said."""
    if is_pattern(phrase):
        return re.search(phrase[1:-1], said, re.IGNORECASE) is not None
    wanted = folded(phrase)
    before = "" if _UNSPACED.match(wanted[:1]) else r"(?<!\S)"
    after = "" if _UNSPACED.match(wanted[-1:]) else r"(?!\S)"
    return re.search(f"{before}{re.escape(wanted)}{after}", folded(said)) is not None


def covers(phrase: str, other: str) -> bool:
    """Whether everything that has the other phrase in it has this one too, as far as that can be told."""
    if is_pattern(other):
        return phrase == other
    return found(phrase, other)


def agrees(expected: JsonValue, given: JsonValue) -> bool:
    """Whether a value given to a tool is the expected one.

    Of objects the expected fields count, and further ones are let be; lists agree entry by entry. Text between
    slashes is a regular expression, searched in text or in a number as JSON writes it; all else must be equal.
    """
    match expected:
        case dict():
            return isinstance(given, dict) and all(
                name in given and agrees(value, given[name]) for name, value in expected.items()
            )
        case list():
            return isinstance(given, list) and len(expected) == len(given) and all(map(agrees, expected, given))
        case str() if is_pattern(expected):
            text = _text(given)
            return text is not None and re.search(expected[1:-1], text, re.IGNORECASE) is not None
        case bool() | None:
            return given is expected
        case _:
            return not isinstance(given, bool) and given == expected


def _text(value: JsonValue) -> str | None:
    match value:
        case str():
            return value
        case bool() | None | list() | dict():
            return None
        case _:
            return f"{value}"


def includes(broad: Mapping[str, JsonValue], narrow: Mapping[str, JsonValue]) -> bool:
    """Whether every call that has the narrow arguments has the broad ones, as far as that can be told."""
    return all(
        name in narrow and (value == narrow[name] or _literal(value, narrow[name])) for name, value in broad.items()
    )


def _literal(broad: JsonValue, narrow: JsonValue) -> bool:
    return not (isinstance(narrow, str) and is_pattern(narrow)) and agrees(broad, narrow)
