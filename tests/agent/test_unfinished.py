"""Words after which nobody has finished."""

import pytest

from agent.unfinished import unfinished


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "My number is four seven one"),
        ("en", "it is order six three."),
        ("en", "Twelve, forty four"),
        ("en", "double two nine"),
        ("en", "020 7946"),
        ("en", "+44 20"),
        ("en", "Well, um,"),
        ("en", "I can come on Tuesday or"),
        ("en-GB", "It is on the"),
        ("fr", "zéro six douze"),
        ("fr", "c'est euh"),
        ("fr-CA", "quatre-vingt douze trente"),
        ("es", "cuarenta y dos cero"),
        ("es", "Sería el"),
        ("de", "null eins sieben"),
        ("de", "vierundvierzig null"),
        ("de", "Das ist ähm"),
        ("it", "trentatré quarantadue"),
        ("it", "Vorrei il"),
        ("pt", "vinte e dois zero"),
        ("pt", "Mas"),
        ("nl", "nul zes vierenveertig"),
        ("nl", "Ik wil een"),
        ("pl", "600 100"),
    ],
)
def test_who_announces_more_has_not_finished(language: str, text: str) -> None:
    assert unfinished(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", ""),
        ("en", "..."),
        ("en", "Seven."),
        ("en", "Two people"),
        ("en", "At ten."),
        ("en", "At 10:30."),
        ("en", "I am forty four"),
        ("en", "I am forty-four"),
        ("en", "It costs 250 euros"),
        ("en", "Four seven one, that is all"),
        ("en", "Where are you calling from?"),
        ("en", "I think so"),
        ("fr", "quarante-quatre"),
        ("es", "cuarenta y dos"),
        ("de", "Ich rufe dich an"),
        ("de", "Das sehe ich nicht ein"),
        ("it", "Perché?"),
        ("pt", "vinte e dois"),
        ("nl", "vierenveertig"),
        ("pl", "um"),
    ],
)
def test_who_does_not_may_have(language: str, text: str) -> None:
    assert not unfinished(text, language)
