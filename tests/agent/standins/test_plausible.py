"""The conversation that is held without a script."""

import pytest

from agent.standins.config import ToolUse
from agent.standins.dialogue import OfferedTool, Reply, Turn
from agent.standins.phrases import LANGUAGES, phrases
from agent.standins.plausible import greeting, reply

END = OfferedTool("end_call")
ORDER = OfferedTool(
    "get_order_status",
    {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
)
SAID = {
    "en": ("Hello, it is about my kitchen", "kitchen"),
    "fr": ("Bonjour, c'est pour ma cuisine", "cuisine"),
    "es": ("Hola, es por mi cocina", "cocina"),
    "de": ("Hallo, es geht um meine Küche", "Küche"),
    "it": ("Pronto, è per la mia cucina", "cucina"),
    "pt": ("Alô, é sobre a minha cozinha", "cozinha"),
    "nl": ("Hallo, het gaat over mijn keuken", "keuken"),
}


def talk(language: str, said: str, turns: int, tools: tuple[OfferedTool, ...] = (END,)) -> list[Reply]:
    """The model's answers to a callee who says the same thing every turn."""
    history: list[Turn] = []
    replies: list[Reply] = []
    for _ in range(turns):
        history.append(Turn("callee", said))
        replies.append(reply(history, language, tools, 4))
        history.append(Turn("model", replies[-1].text))
    return replies


def test_every_language_has_an_example_here() -> None:
    assert set(SAID) == LANGUAGES


@pytest.mark.parametrize("language", sorted(SAID))
def test_it_takes_up_a_word_and_asks_a_different_short_question_each_turn_then_ends_the_call(language: str) -> None:
    said, word = SAID[language]
    *answers, last = talk(f"{language}-XX", said, 5)

    assert all(word.casefold() in one.text.casefold() for one in answers)
    assert all(one.text.endswith("?") and one.text.count("?") == 1 for one in answers)
    assert all(one.call is None for one in answers)
    assert len({one.text for one in answers}) == 4
    assert last == Reply(phrases(language).goodbye, ToolUse(tool="end_call"))


def test_without_end_call_it_only_says_goodbye() -> None:
    assert talk("en", "It is about my kitchen", 5, ())[-1] == Reply("Thank you for your time, goodbye.")


def test_a_turn_without_a_word_worth_taking_up_is_acknowledged() -> None:
    assert talk("en", "Yes, hello?", 1)[0].text == "I see. What matters most to you?"


def test_a_callee_who_takes_leave_is_let_go() -> None:
    assert talk("en", "I have to go, bye!", 1)[0].call == ToolUse(tool="end_call")


def test_a_tool_is_called_once_when_its_name_and_all_it_needs_were_said() -> None:
    asked = Turn("callee", "Where is my order A-1234?")
    called = Turn("model", "", ("get_order_status",))
    returned = Turn("tool", "{}", tool="get_order_status")

    first = reply([asked], "en", [END, ORDER], 4)
    after = reply([asked, called, returned], "en", [END, ORDER], 4)
    again = reply([asked, called, returned, Turn("model", after.text), asked], "en", [END, ORDER], 4)

    assert first.call == ToolUse(tool="get_order_status", arguments={"number": "A-1234"})
    assert after.call is None
    assert after.text.startswith("I have that here now.")
    assert again.call is None


def test_a_tool_is_not_called_when_something_it_needs_was_not_said() -> None:
    assert reply([Turn("callee", "Where is my order?")], "en", [ORDER], 4).call is None


def test_an_unknown_language_is_spoken_to_in_english() -> None:
    assert greeting("xx-YY") == greeting("en-GB")
