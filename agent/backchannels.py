"""Back-channels: what people say to show that they listen, and not to take the turn."""

import re

from agent.languages import base

_BY_LANGUAGE = {
    "en": "aha ah hm hmm huh mhm mm mmm mmhm mmhmm oh okay ok right sure uhhuh yeah yep yes yup",
    "fr": "ah bien bon daccord hm hmm mhm mm oui ouais ok okay oh voilà",
    "es": "ah ajá aha bueno claro hm hmm mhm mm oh ok okay sí vale ya",
    "de": "ach aha ah genau gut hm hmm ja jaja jo mhm mm oh ok okay richtig so",
    "it": "ah aha bene certo ecco hm hmm mhm mm oh ok okay sì va",
    "pt": "ah aham certo claro hm hmm mhm mm oh ok okay pois sim tá",
    "nl": "ach ah goed hm hmm ja jaja klopt mhm mm oh ok oké okay precies",
}
_LISTS = {language: frozenset(words.split()) for language, words in _BY_LANGUAGE.items()}
_EVERYWHERE = frozenset(["ah", "aha", "hm", "hmm", "mhm", "mm", "mmm", "oh"])
_PAIRS = frozenset(
    {"i see", "uh huh", "uh hm", "mm hmm", "mm hm", "ah bon", "je vois", "ya veo", "ach so", "va bene", "all right"}
)
_LONGEST = 3
"""Words; whoever says more has something to say."""
_NOT_LETTERS = re.compile(r"[^\w\s]|_")


def is_backchannel(text: str, language: str) -> bool:
    """Whether what was said, or the beginning of it, only shows that somebody listens. `language` is BCP 47."""
    words = _NOT_LETTERS.sub(" ", text.casefold().replace("'", "").replace("’", "")).split()
    if not words or len(words) > _LONGEST:
        return not words
    known = _LISTS.get(base(language), _EVERYWHERE)
    return " ".join(words) in _PAIRS or all(word in known for word in words)
