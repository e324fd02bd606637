"""Words the recogniser should expect: those the assistant gives, and names found in its prompt."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agent.models.assistant import SttContext

MOST_TERMS = 100
"""Key terms a recogniser takes."""
MOST_CHARACTERS = 1500
"""Of all key terms together; a recogniser takes them in its URL."""
MOST_BYTES = 8000
"""In UTF-8, of a context that a recogniser takes as such, whose limit is 8000 tokens: no token is less than a byte."""
MOST_DRAWN = 20
"""Key terms drawn from a prompt."""

_LONGEST = 20_000
"""Characters of a prompt that are looked at."""
_WORD = re.compile(r"[^\W\d_][\w'’&-]*")
_BREAK = re.compile(r"[.!?:;•|()\"“”«»\n]|[-–—*#]\s")
"""What a sentence, or something like one, may begin after."""
_EVERY_NOUN = ("de", "lb")
"""Languages that capitalise every noun: there a name is two such words."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a recogniser is told to expect."""

    terms: tuple[str, ...]
    """The given ones first."""
    facts: tuple[tuple[str, str], ...] = ()
    """Keys and values."""
    left_out: int = 0
    """How much of what was given there was no room for."""


class _Room:
    """Takes terms while there is room for them."""

    def __init__(self, most: int | None, size: int, measure: Callable[[str], int]) -> None:
        self.terms: list[str] = []
        self._most = most
        self._left = size
        self._measure = measure
        self._known: set[str] = set()

    def take(self, text: str) -> bool:
        """Use up room, if there is enough."""
        size = self._measure(text)
        if size > self._left:
            return False
        self._left -= size
        return True

    def add(self, term: str) -> bool:
        """Keep a term, if it is new and there is room; whether it is there now."""
        if term.casefold() in self._known:
            return True
        if (self._most is not None and len(self.terms) >= self._most) or not self.take(term):
            return False
        self._known.add(term.casefold())
        self.terms.append(term)
        return True


def key_terms(context: SttContext, prompt: str, language: str) -> Expected:
    """For a recogniser that takes key terms: values of facts are among them."""
    room = _Room(MOST_TERMS, MOST_CHARACTERS, len)
    left_out = _fill(room, [*context.terms, *(entry.value for entry in context.general)], prompt, language)
    return Expected(tuple(room.terms), left_out=left_out)


def whole_context(context: SttContext, prompt: str, language: str) -> Expected:
    """For a recogniser that takes facts as such."""
    room = _Room(None, MOST_BYTES, lambda text: len(text.encode()))
    given = [(entry.key, entry.value) for entry in context.general if entry.value.strip()]
    facts = tuple((key, value) for key, value in given if room.take(key + value))
    left_out = _fill(room, context.terms, prompt, language)
    return Expected(tuple(room.terms), facts, left_out + len(given) - len(facts))


def _fill(room: _Room, given: Sequence[str], prompt: str, language: str) -> int:
    """Put in what is given, then what the prompt has; how much of what is given had no room."""
    left_out = sum(not room.add(term) for term in _distinct(given))
    for term in drawn(prompt, language):
        room.add(term)
    return left_out


def drawn(prompt: str, language: str) -> list[str]:
    """Names and products in a prompt: capitalised words that do not begin a sentence, most frequent first."""
    text = prompt[:_LONGEST]
    lowercase = {match[0] for match in _WORD.finditer(text) if match[0].islower()}
    least = 2 if language.split("-", maxsplit=1)[0].lower() in _EVERY_NOUN else 1
    found = Counter(
        " ".join(run)
        for piece in _sentences(text)
        for run in _capitalised_runs(piece)
        if len(run) >= least and (len(run) > 1 or run[0].lower() not in lowercase)
    )
    return [term for term, _ in found.most_common(MOST_DRAWN)]


def _sentences(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.lstrip().startswith("#") and not line.rstrip().endswith(":"):
            yield from _BREAK.split(line)


def _capitalised_runs(sentence: str) -> Iterator[list[str]]:
    """Neighbouring capitalised words; the first word of a sentence says nothing, and is left out."""
    run: list[str] = []
    end = -1
    first = True
    for match in _WORD.finditer(sentence):
        word = match[0]
        adjacent = sentence[end : match.start()].isspace() if end >= 0 else False
        if run and not (adjacent and _is_name(word)):
            yield run
            run = []
        if not first and _is_name(word):
            run.append(word)
        first, end = False, match.end()
    if run:
        yield run


def _is_name(word: str) -> bool:
    return len(word) > 1 and word[0].isupper() and not word.isupper() and "'" not in word and "’" not in word


def _distinct(values: Sequence[str]) -> list[str]:
    seen: dict[str, str] = {}
    for value in values:
        term = " ".join(value.split())
        if term:
            seen.setdefault(term.casefold(), term)
    return list(seen.values())
