"""Words the recogniser should expect: those the assistant gives, and names found in its prompt."""

import re
from collections import Counter
from collections.abc import Iterator

from agent.models.assistant import SttContext

MOST_TERMS = 100
"""Key terms a recogniser takes."""
MOST_CHARACTERS = 1500
"""Of all key terms together; a recogniser takes them in its URL."""
MOST_DRAWN = 20
"""Key terms drawn from a prompt."""

_LONGEST = 20_000
"""Characters of a prompt that are looked at."""
_WORD = re.compile(r"[^\W\d_][\w'’&-]*")
_BREAK = re.compile(r"[.!?:;•|()\"“”«»\n]|[-–—*#]\s")
"""What a sentence, or something like one, may begin after."""
_EVERY_NOUN = ("de", "lb")
"""Languages that capitalise every noun: there a name is two such words."""


def terms(context: SttContext, prompt: str, language: str) -> tuple[tuple[str, ...], int]:
    """The key terms, the given ones first, and how many given ones there was no room for."""
    given = _distinct([*context.terms, *(entry.value for entry in context.general)])
    kept: list[str] = []
    room = MOST_CHARACTERS
    for term in given:
        if len(kept) < MOST_TERMS and len(term) <= room:
            kept.append(term)
            room -= len(term)
    left_out = len(given) - len(kept)
    for term in drawn(prompt, language):
        if len(kept) < MOST_TERMS and len(term) <= room and term.casefold() not in {word.casefold() for word in kept}:
            kept.append(term)
            room -= len(term)
    return tuple(kept), left_out


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


def _distinct(values: list[str]) -> list[str]:
    seen: dict[str, str] = {}
    for value in values:
        term = " ".join(value.split())
        if term:
            seen.setdefault(term.casefold(), term)
    return list(seen.values())
