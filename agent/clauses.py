"""Clauses: a reply reaches its voice piece by piece, the first as soon as it can be spoken.

A voice that is given whole sentences says nothing while the model writes one. Here the beginning of a reply ends where
its first clause does or, where no mark is near, after a few words; from then on what is being said covers the writing,
and whole sentences sound best. Whatever is known already is used: a text that comes in one go is not cut into clauses.

What belongs together stays together: numbers and what they count, times, addresses, abbreviations, names.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from livekit.agents.tokenize import SentenceStream, SentenceTokenizer, TokenData
from livekit.agents.utils import shortuuid

FIRST = (2, 6)
"""Words after which the first pieces of a reply end where no mark ends them sooner: for a voice that goes on where it
was, whatever the pieces. Fewer than two are heard as a stutter, and four cost 25 ms more before the first sound."""
FIRST_APART = (4,)
"""The same for a voice that begins each piece anew: one seam, where it is heard least."""
_LASTING = 5
"""Letters of a word that is enough by itself: it lasts a third of a second, longer than the next piece takes."""

_LEADING_BY_LANGUAGE = {
    "en": "a an and as at but by for from her his if in into its my of on or our than that the their to with your",
    "fr": "au aux avec ce ces cet cette chez dans de des du en et la le les leur ma mais mes mon ne nos notre ou par "
    "pour que qui sa se ses si son sur un une vos votre",
    "es": "al como con del el las los mi mis o para pero por su sus tu una uno y",
    "de": "am auf aus bei das dass dem den der die durch ein eine einem einen einer für ihr ihre im ist mein meine mit "
    "nach oder ohne über um und unser unsere vom von vor wenn zu zum zur",
    "it": "alla che ci col da dal dalla della di e gli i il lo nel nella per sua suo tra",
    "pt": "ao aos com das do dos em meu minha na nas no os seu uma",
    "nl": "aan bij dat een het hun mijn naar om ons onze op te tot uit uw van voor",
}
_LEADING = frozenset(word for words in _LEADING_BY_LANGUAGE.values() for word in words.split())
"""Words that belong to the next one: articles, prepositions, possessives, conjunctions. One that is such a word in
another language only costs 20 ms."""
_LED = 3
"""How many words such ones can keep a piece waiting."""
_CLOSING = "\"'”’»)]"
_SENTENCE, _CLAUSE = frozenset(".!?…।"), frozenset(",;:")
_WIDE = re.compile(r"[。！？，、；：]")
"""Marks of languages that are written without spaces."""
_DASHES = frozenset("-–—")
_COUNTED = re.compile(r"[\d$€£+#№]")
_ORDINAL = re.compile(r"\d{1,3}\.")
_INITIALS = re.compile(r"(\w\.)+")
_ABBREVIATIONS = frozenset(
    {
        *("approx", "co", "dr", "etc", "ex", "inc", "jr", "ltd", "mr", "mrs", "no", "prof", "sr", "st", "vs"),
        *("av", "bd", "ej", "m", "mlle", "mme", "sra", "srta", "tel", "ud", "uds"),
        *("bzw", "ca", "fr", "hr", "nr", "str", "usw"),
        *("avv", "dott", "dra", "exmo", "ing", "sig"),
        *("bijv", "blz", "dhr", "mevr", "mw"),
    }
)
"""Of English, French and Spanish, German, Italian and Portuguese, Dutch; without their dot."""
_PARTICLES = frozenset({"da", "das", "de", "del", "den", "der", "di", "do", "dos", "du", "la", "le", "van", "von"})
"""Within a name, between two words with a capital."""


class _Kind(Enum):
    SENTENCE = "sentence"
    CLAUSE = "clause"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class _Boundary:
    """A place where a text may be cut."""

    at: int
    kind: _Kind
    words: int
    """Before it."""


def cut(text: str, words: int | None) -> int | None:
    """Where the first piece of a text ends of which more may come; None while that is not known.

    `words` is after how many words it ends without a mark; None: only where a sentence does.
    """
    boundaries = tuple(_boundaries(text))
    for boundary in boundaries:
        if boundary.kind is _Kind.SENTENCE:
            return boundary.at
    if words is None:
        return None
    clauses = [boundary.at for boundary in boundaries if boundary.kind is _Kind.CLAUSE]
    enough = [
        boundary.at for boundary in boundaries if _is_enough(text, boundary, words) and not _tied(text, boundary, words)
    ]
    return max(clauses or enough, default=None)


def _boundaries(text: str) -> Iterator[_Boundary]:
    tokens = list(re.finditer(r"\S+", text))
    for index, token in enumerate(tokens):
        for mark in _WIDE.finditer(token.group()):
            wide = _Kind.SENTENCE if mark.group() in "。！？" else _Kind.CLAUSE
            yield _Boundary(token.start() + mark.end(), wide, index)
        following = tokens[index + 1].group() if index + 1 < len(tokens) else ""
        gap = text[token.end() : tokens[index + 1].start() if following else len(text)]
        kind = _kind(token.group(), gap, following)
        if kind is not None:
            yield _Boundary(token.end(), kind, index + 1)


def _kind(word: str, gap: str, following: str) -> _Kind | None:
    """What ends with a word, as far as is known; `gap` is the space after it, `following` what there is of the next."""
    if "\n" in gap:
        return _Kind.SENTENCE
    core = word.rstrip(_CLOSING)
    if not following:
        return _Kind.CLAUSE if _ends_clause(core, certain=not gap) else None
    if core[-1:] in _SENTENCE:
        goes_on = core[-1:] == "." and (_goes_on(core, following) or _counted(core, following))
        return None if goes_on else _Kind.SENTENCE
    if _counted(core, following):
        return None
    if core[-1:] in _CLAUSE or core in _DASHES:
        return _Kind.CLAUSE
    return None if _named(word, following) else _Kind.WORD


def _ends_clause(word: str, *, certain: bool) -> bool:
    """Whether a clause ends with a word of whose successor nothing is known.

    With `certain` the word itself may go on, as a price, an address or an abbreviation does; after a letter a comma
    cannot.
    """
    marks = {",", ";"} if certain else _CLAUSE
    return word[-1:] in marks and (word[-2:-1].isalpha() if certain else not word[-2:-1].isdigit())


def _counted(word: str, following: str) -> bool:
    """Whether the two may be one number, or a number and what it counts."""
    if word[-1:] == ".":
        return _ORDINAL.fullmatch(word) is not None
    if word[-1:] in _CLAUSE:
        return word[-2:-1].isdigit() and following[0].isdigit()
    return word[-1:].isdigit() or _COUNTED.match(following) is not None


def _goes_on(word: str, following: str) -> bool:
    """Whether the sentence does, although the word ends with a dot."""
    return _abbreviated(word) or following[0].islower()


def _abbreviated(word: str) -> bool:
    bare = word.lstrip("(\"'“‘«[")
    return _INITIALS.fullmatch(bare) is not None or bare[:-1].casefold() in _ABBREVIATIONS


def _named(word: str, following: str) -> bool:
    """Whether the two may be parts of a name; of the second there may be only the beginning."""
    if not word[0].isupper():
        return False
    return following[0].isupper() or any(particle.startswith(following) for particle in _PARTICLES)


def _is_enough(text: str, boundary: _Boundary, words: int) -> bool:
    """Whether a piece may end there without a mark; in a voice that goes on, the first may be one long word."""
    return boundary.words >= words or (words == FIRST[0] and len(text[: boundary.at].strip()) >= _LASTING)


def _tied(text: str, boundary: _Boundary, words: int) -> bool:
    """Whether the last word before a boundary belongs to what follows, unless that would take too many."""
    word = text[: boundary.at].rpartition(" ")[2].casefold()
    leads = len(word) == 1 or word in _LEADING
    return boundary.kind is _Kind.WORD and leads and boundary.words < words + _LED


class Clauses(SentenceTokenizer):
    """Takes replies apart for a voice that is spoken to while the model writes."""

    def __init__(self, first: Sequence[int] = FIRST) -> None:
        """`first` is after how many words each of the first pieces ends where no mark ends it sooner."""
        self._first = tuple(first)

    def tokenize(self, text: str, *, language: str | None = None) -> list[str]:
        """The pieces of a text that is known as a whole: its sentences."""
        pieces = _Pieces(self._first)
        return [*pieces.add(text), *pieces.end()] if text else []

    def stream(self, *, language: str | None = None) -> SentenceStream:
        """The pieces of replies that are being written."""
        return _Stream(_Pieces(self._first))


class _Pieces:
    """What has come of a text and is not a piece yet."""

    def __init__(self, first: tuple[int, ...]) -> None:
        self._first = first
        self._text = ""
        self._cut = 0
        """Pieces of the text so far."""

    def add(self, text: str) -> Iterator[str]:
        """The pieces that are complete now that more has come."""
        self._text += text
        while (at := cut(self._text, self._words)) is not None:
            yield from self._take(at)

    def end(self) -> Iterator[str]:
        """The last pieces: nothing more will come. What comes after them is another text."""
        self._first, first = (), self._first
        yield from self.add("\n")
        self._first, self._text, self._cut = first, "", 0

    @property
    def _words(self) -> int | None:
        return self._first[self._cut] if self._cut < len(self._first) else None

    def _take(self, at: int) -> Iterator[str]:
        piece, self._text = " ".join(self._text[:at].split()), self._text[at:]
        self._cut += 1
        yield piece


class _Stream(SentenceStream):
    def __init__(self, pieces: _Pieces) -> None:
        super().__init__()
        self._pieces = pieces
        self._segment = shortuuid()

    def push_text(self, text: str) -> None:
        """More of the reply."""
        self._check_not_closed()
        self._send(self._pieces.add(text))

    def flush(self) -> None:
        """The reply is complete."""
        self._check_not_closed()
        self._send(self._pieces.end())
        self._segment = shortuuid()

    def end_input(self) -> None:
        """Nothing more will be said."""
        self.flush()
        self._do_close()

    async def aclose(self) -> None:
        """Stop."""
        self._do_close()

    def _send(self, pieces: Iterator[str]) -> None:
        for piece in pieces:
            self._event_ch.send_nowait(TokenData(segment_id=self._segment, token=piece))
