"""What the stand-in for a model understands of a persona: a handful of traits, in English."""

import re
from dataclasses import dataclass

_MOST = 5
"""Times that one thing is asked for, and things that are."""
_ADVERBS = {"once": 1, "twice": 2, "thrice": 3}
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "several": 3, "many": 4}
_ASKS = re.compile(
    r"\bask(?:s|ing)?\s+(?:for|about)\s+(?P<topic>[^,.;:!?\n]{1,60}?)"
    r"(?:\s+(?P<adverb>once|twice|thrice)|\s+(?P<number>two|three|four|five|several|many|\d+)\s+times)?"
    r"\s*(?=[,.;:!?\n]|\s(?:and|but|then|before)\b|$)",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:not|never|isn't|doesn't|don't|no longer)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wish:
    """Something the callee asks about."""

    topic: str
    times: int


@dataclass(frozen=True, slots=True)
class Traits:
    """Who the callee is, as far as it is understood; none of all this: a friendly person with time."""

    busy: bool = False
    suspicious: bool = False
    deaf: bool = False
    """Asks twice to repeat what was said."""
    unwilling: bool = False
    annoyed: bool = False
    talkative: bool = False
    hangs_up: bool = False
    """Without a goodbye."""
    never_leaves: bool = False
    asks: tuple[Wish, ...] = ()


def traits_of(who: str) -> Traits:
    """Read a persona."""
    never_leaves = _has(_NEVER_LEAVES, who)
    return Traits(
        busy=_has(_BUSY, who),
        suspicious=_has(_SUSPICIOUS, who),
        deaf=_has(_DEAF, who),
        unwilling=_has(_UNWILLING, who),
        annoyed=_has(_ANNOYED, who),
        talkative=_has(_TALKATIVE, who),
        hangs_up=_has(_HANGS_UP, who) and not never_leaves,
        never_leaves=never_leaves,
        asks=tuple(_wish(match) for match in _ASKS.finditer(who))[:_MOST],
    )


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})", re.IGNORECASE)


_BUSY = _words(r"busy|(?:in a )?hurry|hurried|impatient|(?:no|little|short of) time|rush")
_SUSPICIOUS = _words(r"suspicious|distrust|mistrust|wary|sceptic|skeptic|paranoi")
_DEAF = _words(r"hard of hearing|deaf|hears? (?:badly|poorly|little)|bad hearing")
_UNWILLING = _words(r"not interested|uninterested|refuses|declines|unwilling|says no\b|wants nothing")
_ANNOYED = _words(r"angry|annoyed|rude|irritated|grumpy|furious|upset")
_TALKATIVE = _words(r"talkative|chatty|rambl|talks a lot|digress|lonely")
_HANGS_UP = _words(r"hangs? up|slams")
_NEVER_LEAVES = _words(r"(?:never|doesn't|does not|won't|will not|refuses to) (?:hang up|hangs up|end the call|let go)")


def _has(trait: re.Pattern[str], who: str) -> bool:
    """Whether it is said of them, and not that they are not so."""
    return any(_NEGATED.search(who[: match.start()]) is None for match in trait.finditer(who))


def _wish(match: re.Match[str]) -> Wish:
    adverb, number = match["adverb"], match["number"]
    times = 1
    if adverb is not None:
        times = _ADVERBS[adverb.lower()]
    elif number is not None:
        times = _NUMBERS[number.lower()] if number.lower() in _NUMBERS else int(number[:3])
    return Wish(match["topic"].strip(), min(max(times, 1), _MOST))
