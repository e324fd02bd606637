"""What the worker says of its own accord."""

from dataclasses import astuple

import pytest

from agent.phrases import phrases

LANGUAGES = ("en", "fr", "es", "de", "it", "pt", "nl")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_of_its_own(language: str) -> None:
    own = astuple(phrases(language))
    assert all(own)
    assert all(set(own).isdisjoint(astuple(phrases(other))) for other in LANGUAGES if other != language)


def test_a_region_speaks_its_language_and_an_unknown_one_english() -> None:
    assert phrases("pt-BR") is phrases("PT")
    assert phrases("sv") is phrases("en")
