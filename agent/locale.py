"""The language and the time zone of a call."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import phonenumbers

from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.settings import Settings

_SPOKEN = (
    "ar bg bn cs da de el en es et fi fr gu he hi hr hu id it ja ka kn ko lt lv ml mr ms nl no pa pl pt ro ru sk sl sv "
    "ta te th tl tr uk ur vi zh"
)
LANGUAGES = tuple(_SPOKEN.split())
"""Languages that are told apart: those the voices speak."""

_CONFIDENT = 0.8
"""Probability from which a first sentence alone decides."""
_LEAST_LETTERS = 12
"""A first sentence with fewer letters than this does not decide alone."""
_LONGEST = 4000
"""Characters of a text that are looked at."""
_NOT_PROSE = re.compile(r"\{\{[^{}]*\}\}|https?://\S+|[#*`|<>{}\[\]_=]+")


@dataclass(frozen=True, slots=True)
class Locale:
    """Where and how a call speaks."""

    language: str
    """BCP 47."""
    timezone: str
    """IANA."""


def locale_of(attempt: Attempt, assistant: Assistant, settings: Settings) -> Locale:
    """What the attempt says, else what its texts and its number tell, else what the settings say."""
    language = attempt.language or detect(assistant.first_sentence, assistant.prompt) or settings.language
    return Locale(language, timezone_of(attempt, settings))


def timezone_of(attempt: Attempt, settings: Settings) -> str:
    """The attempt's time zone, else the only one its callee's number can be in, else the settings'."""
    number = attempt.to_phone_number if attempt.direction == "outbound" else attempt.from_phone_number
    return attempt.timezone or (number and zone_of_number(number)) or settings.timezone


def zone_of_number(number: str) -> str | None:
    """The one time zone an E.164 number can be in; None where there are several."""
    from phonenumbers import timezone  # noqa: PLC0415  (its tables are large and seldom needed)

    parsed = phonenumbers.parse(number)
    zones = timezone.time_zones_for_number(parsed)
    if zones == (timezone.UNKNOWN_TIMEZONE,):
        zones = timezone.time_zones_for_geographical_number(parsed)
    return zones[0] if len(zones) == 1 and zones[0] != timezone.UNKNOWN_TIMEZONE else None


def detect(first_sentence: str, prompt: str) -> str | None:
    """Language of two texts; None where there is nothing to tell it from.

    The first sentence decides if it is clear, since it is in the language of the call, which a prompt need not be.
    """
    opening, body = _prose(first_sentence), _prose(prompt)
    if sum(letter.isalpha() for letter in opening) >= _LEAST_LETTERS:
        language, probability = _identifier().classify(opening)
        if probability >= _CONFIDENT:
            return language
    both = f"{opening} {body}".strip()
    if not any(letter.isalpha() for letter in both):
        return None
    return _identifier().classify(both)[0]


def _prose(text: str) -> str:
    return " ".join(_NOT_PROSE.sub(" ", text[:_LONGEST]).split())


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]:
        """The most probable language and its probability."""
        ...


@lru_cache(maxsize=1)
def _identifier() -> _Identifier:
    # Half a second and numpy, both of which `check` does without.
    from py3langid import langid  # type: ignore[import-untyped]  # noqa: PLC0415

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    chosen: _Identifier = identifier
    return chosen
