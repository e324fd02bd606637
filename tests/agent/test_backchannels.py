"""What only shows that somebody listens, and what does not."""

import pytest

from agent.backchannels import is_backchannel


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Mhm.", "en"),
        ("Mm-hmm", "en-GB"),
        ("Uh-huh.", "en"),
        ("Yes, okay.", "en"),
        ("I see.", "en"),
        ("D’accord.", "fr-FR"),
        ("Ja, genau.", "de"),
        ("Ach so!", "de"),
        ("Sí, claro.", "es"),
        ("Va bene.", "it"),
        ("Pois, pois.", "pt"),
        ("Oké, precies.", "nl"),
        ("Hm.", "ja"),
        ("", "en"),
        ("…", "en"),
    ],
)
def test_it_only_shows_that_somebody_listens(text: str, language: str) -> None:
    assert is_backchannel(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("No.", "en"),
        ("Wait!", "en"),
        ("Yes, but", "en"),
        ("okay okay okay okay", "en"),
        ("Non.", "fr"),
        ("Nein, danke.", "de"),
        ("Ja.", "fr"),
        ("はい", "ja"),
    ],
)
def test_it_has_something_to_say(text: str, language: str) -> None:
    assert not is_backchannel(text, language)
