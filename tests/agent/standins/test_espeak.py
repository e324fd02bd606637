"""The speech of espeak-ng: its words, its times, its length."""

from itertools import pairwise

import numpy as np
import pytest

from agent.standins.espeak import Espeak, Utterance
from agent.standins.speech import Speech

TEXTS = {
    "en": "Hello, don't worry: it's 1,234.50 dollars at 10:30 am — in the well-known U.S.A... OK?",
    "en-GB": "I will be in the house of the mayor, and at a party.",
    "fr-FR": "L'homme qu'il a vu aujourd'hui, c'est-à-dire le 25 mars, paie 75 € !",
    "es-MX": "¿Dónde está la estación? ¡A las 7:15, señor!",
    "de": "Guten Tag, um 25 Uhr z. B. für Frau Müller-Lüdenscheidt.",
    "it-IT": "Un po' d'acqua, per favore: costa 3,50 euro.",
    "pt-BR": "Bom dia, tudo bem? Cresceu 25% em 2024.",
    "nl": "Dat is 's avonds om 8 uur, hè?",
    "xx": "an unknown language is spoken as English",
}


def level(speech: Speech, start: float, end: float) -> float:
    inside = speech.pcm[round(start * 24_000) : round(end * 24_000)].astype(np.float64)
    return float(np.sqrt(np.mean(np.square(inside))))


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_the_words_are_those_of_the_text_in_order_within_the_speech(espeak: Espeak, language: str) -> None:
    speech = espeak.say(Utterance(TEXTS[language], language))

    assert [word.text for word in speech.words] == TEXTS[language].split()
    assert all(word.start <= word.end for word in speech.words)
    assert all(before.end <= after.start + 1e-6 for before, after in pairwise(speech.words))
    assert speech.words[0].start < 0.02
    assert speech.words[-1].end == pytest.approx(speech.length, abs=0.03)


def test_words_sound_where_they_are_said_to_be_and_pauses_do_not(espeak: Espeak) -> None:
    speech = espeak.say(Utterance("Yes, tomorrow. Fine."))

    assert all(level(speech, word.start, word.end) > 500 for word in speech.words)
    pauses = [(a.end, b.start) for a, b in pairwise(speech.words) if b.start - a.end > 0.05]
    assert len(pauses) == 2
    assert all(level(speech, start, end) < 100 for start, end in pauses)


def test_speech_begins_and_ends_within_a_few_milliseconds_of_its_sound(espeak: Espeak) -> None:
    speech = espeak.say(Utterance("Hello there."))
    sounding = np.nonzero(np.abs(speech.pcm) > 300)[0]

    assert sounding[0] < 0.015 * 24_000
    assert len(speech.pcm) - sounding[-1] < 0.025 * 24_000


@pytest.mark.parametrize("speed", [0.6, 0.8, 1.2, 1.5])
@pytest.mark.parametrize("text", ["Yes, hello.", "This sentence is a little longer, so that it has a pause."])
def test_speed_divides_the_length(espeak: Espeak, speed: float, text: str) -> None:
    usual, changed = espeak.say(Utterance(text)), espeak.say(Utterance(text, speed=speed))

    assert usual.length / changed.length == pytest.approx(speed, rel=0.05)


def test_volume_multiplies_the_level_and_nothing_is_clipped(espeak: Espeak) -> None:
    quiet, usual, loud = (espeak.say(Utterance("Hello there.", volume=volume)) for volume in (0.5, 1.0, 2.0))

    assert level(usual, 0, 1) / level(quiet, 0, 1) == pytest.approx(2, rel=0.05)
    assert level(loud, 0, 1) / level(usual, 0, 1) == pytest.approx(2, rel=0.2)
    assert np.count_nonzero(np.abs(loud.pcm.astype(np.int32)) >= 32767) < 3


def test_speakers_differ_in_voice_but_not_in_level(espeak: Espeak) -> None:
    man, woman = (
        espeak.say(Utterance("Hello there.", variant="m1")),
        espeak.say(Utterance("Hello there.", variant="f2")),
    )

    assert man.pcm.tobytes() != woman.pcm.tobytes()
    assert level(man, 0, 1) == pytest.approx(level(woman, 0, 1), rel=0.2)


@pytest.mark.parametrize("text", ["", "   ", "...", "—", "\0"])
def test_text_without_a_word_gives_no_sound(espeak: Espeak, text: str) -> None:
    assert espeak.say(Utterance(text)).length == 0
