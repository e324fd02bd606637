"""Words after which nobody has finished: a number in dictation, a filler, a word that no sentence ends with. Pure.

They are few, and say only that more time is due, never that a turn is over: rules that do the latter fit the sentences
that they were written for and no others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.languages import base

_DICTATED = 3
"""Digits in a row that are a number in dictation; two are, where each is said by itself. "At ten" is an answer."""
_MARKS = ".,;:!?…\"'"
_LINKS = frozenset({"and", "e", "et", "y"})
"""Between a number and its last part: "cuarenta y dos"."""


@dataclass(frozen=True, slots=True)
class _Words:
    """What announces more, in one language."""

    fillers: frozenset[str]
    leading: frozenset[str]
    """Conjunctions, articles and the like: what a sentence goes on after."""
    units: frozenset[str]
    """Words for one digit, also of several."""
    teens: frozenset[str]
    """Words for two digits."""
    tens: tuple[str, ...]
    """Words for the first of two digits, alone or in one word with the other."""

    def digits(self, word: str) -> int:
        """How many a word stands for; 0 for one that is no number."""
        if _FIGURE.fullmatch(word):
            return sum(letter.isdigit() for letter in word)
        if word in self.units:
            return 1
        return 2 if word in self.teens or word.startswith(self.tens) or word.endswith(self.tens) else 0


def _words(fillers: str, leading: str, units: str, teens: str, tens: str) -> _Words:
    def of(words: str) -> frozenset[str]:
        return frozenset(words.split())

    return _Words(of(fillers), of(leading), of(units), of(teens), tuple(tens.split()))


_BY_LANGUAGE: Mapping[str, _Words] = {
    "en": _words(
        "er erm hm hmm uh uhm um umm",
        "a an and because but if my or our the their your",
        "zero oh one two three four five six seven eight nine double triple",
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
    ),
    "fr": _words(
        "ben euh heu hm hum",
        "au aux car de des du et la les ma mais mes mon notre ou parce une votre vos",
        "zéro un deux trois quatre cinq six sept huit neuf double",
        "dix onze douze treize quatorze quinze seize",
        "vingt trente quarante cinquante soixante septante huitante nonante",
    ),
    "es": _words(
        "eh em hm mmm",
        "de del el las los mi o pero porque su un una y",
        "cero uno dos tres cuatro cinco seis siete ocho nueve doble",
        "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
        "veinti veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    ),
    "de": _words(
        "äh ähm eh ehm hm öh öhm",
        "aber am dass der die eine einen einer im mein meine oder und vom weil zum zur",
        "null eins zwei zwo drei vier fünf sechs sieben acht neun",
        "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
        "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    ),
    "it": _words(
        "eh ehm hm mmm",
        "alla con dal dalla del della di e gli i il ma nel nella o per un una",
        "zero uno due tre quattro cinque sei sette otto nove doppio",
        "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
        "vent trent quarant cinquant sessant settant ottant novant",
    ),
    "pt": _words(
        "ahn eh hm hum",
        "a as com da das de do dos e mas o os ou um uma",
        "zero um uma dois duas três quatro cinco seis meia sete oito nove duplo",
        "dez onze doze treze catorze quinze dezasseis dezesseis dezassete dezessete dezoito dezanove dezenove",
        "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    ),
    "nl": _words(
        "eh ehm euh hm uh uhm",
        "de een en het maar mijn of omdat uw want",
        "nul één twee drie vier vijf zes zeven acht negen dubbel",
        "tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
        "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    ),
}
_NONE = _words("", "", "", "", "")
_FIGURE = re.compile(r"[+(]?\d[\d.,/()-]*")


def unfinished(text: str, language: str) -> bool:
    """Whether more is to come after these words. `language` is BCP 47; of one not known, only figures count."""
    known = _BY_LANGUAGE.get(base(language), _NONE)
    words = [word.strip(_MARKS) for word in text.lower().split()]
    if not words:
        return False
    return words[-1] in known.fillers or words[-1] in known.leading or _dictated(words, known)


def _dictated(words: Sequence[str], known: _Words) -> bool:
    """Whether the last words are part of a number that is said digit by digit, or group by group."""
    numbers = _numbers(words, known)
    digits = [
        known.digits(number)
        for before, number in pairwise(["", *numbers])
        # "forty four" has two digits, and "forty" has two of its own.
        if not (number in known.units and before in known.tens)
    ]
    return sum(digits) >= _DICTATED or digits == [1, 1]


def _numbers(words: Sequence[str], known: _Words) -> list[str]:
    """The numbers at the end, without the links between them."""
    numbers: list[str] = []
    for word in reversed(words):
        if known.digits(word):
            numbers.append(word)
        elif not (numbers and word in _LINKS):
            break
    return numbers[::-1]
