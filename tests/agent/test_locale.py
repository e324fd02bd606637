import pytest

from agent import settings
from agent.locale import detect, locale_of, zone_of_number
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt

ENGLISH = "You call people to remind them of their appointment tomorrow at ten. Speak in short sentences."
FRENCH = "Tu appelles les gens pour leur rappeler leur rendez-vous de demain à dix heures."


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Hello, this is Anna from Bright Dental.", "en"),
        ("Bonjour, ici Claire du cabinet Martin.", "fr"),
        ("Guten Tag, hier ist Jonas von der Praxis Weber.", "de"),
        ("Hola, soy Lucía de la clínica dental.", "es"),
        ("Buongiorno, sono Giulia dello studio Rossi.", "it"),
        ("Bom dia, aqui é a Ana da clínica.", "pt"),
        ("Goedemiddag, u spreekt met Sanne van de tandarts.", "nl"),
        ("Dzień dobry, dzwonię z kliniki w sprawie wizyty.", "pl"),
    ],
)
def test_a_first_sentence_tells_the_language_whatever_the_prompts(sentence: str, language: str) -> None:
    assert detect(sentence, "") == language
    assert detect(sentence, ENGLISH) == language


def test_a_sentence_that_is_too_short_is_read_with_the_prompt() -> None:
    assert detect("OK, Tom?", FRENCH) == "fr"
    assert detect("", ENGLISH) == "en"


def test_markup_variables_and_addresses_are_no_language() -> None:
    assert detect("{{first_sentence}}", "# {{prompt}} https://www.example.com/bonjour ---") is None
    assert detect("", "123 456") is None


def test_detection_is_deterministic_and_bounded() -> None:
    assert {detect("", FRENCH * 5000) for _ in range(3)} == {"fr"}


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+33612345678", "Europe/Paris"),
        ("+33199001234", "Europe/Paris"),
        ("+12025550123", "America/New_York"),
        ("+15551234567", None),
        ("+447911123456", None),
    ],
)
def test_a_number_tells_the_time_zone_where_it_can_be_in_one_only(number: str, zone: str | None) -> None:
    assert zone_of_number(number) == zone


def test_what_the_attempt_says_wins_and_the_settings_come_last() -> None:
    given = settings.of({"VOICE_WORKER_LANGUAGE": "nl", "VOICE_WORKER_TIMEZONE": "Asia/Tokyo"})
    said = Attempt(to_phone_number="+33612345678", language="de-AT", timezone="Europe/Vienna")
    silent = Attempt(to_phone_number="+15551234567")
    french = Assistant(prompt=FRENCH)
    assert (locale_of(said, french, given).language, locale_of(said, french, given).timezone) == (
        "de-AT",
        "Europe/Vienna",
    )
    assert (locale_of(silent, french, given).language, locale_of(silent, french, given).timezone) == (
        "fr",
        "Asia/Tokyo",
    )
    assert locale_of(silent, Assistant(), given).language == "nl"


def test_an_inbound_callee_is_who_called() -> None:
    call = Attempt(direction="inbound", from_phone_number="+33612345678", to_phone_number="+12025550123")
    assert locale_of(call, Assistant(), settings.of({})).timezone == "Europe/Paris"
