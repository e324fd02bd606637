import pytest

from agent.rehearsal.improvised import Improvised
from agent.rehearsal.mind import Speaker, Turn
from agent.rehearsal.script import Persona
from agent.rehearsal.smalltalk import smalltalk

ENGLISH = smalltalk("en")
LONG = 30


async def talk(
    who: str, seed: int = 1, language: str = "en", agent: str = "And then?", most: int = LONG
) -> tuple[list[str], bool]:
    """Everything the callee says to an agent who always says the same, and whether they hung up."""
    mind = Improvised(Persona(who=who, seed=seed), language)
    turns: list[Turn] = []
    said: list[str] = []
    while len(said) < most:
        reply = await mind.reply(turns)
        said.append(reply.text)
        if reply.hangs_up:
            return said, True
        turns += [Turn(Speaker.CALLEE, reply.text), Turn(Speaker.AGENT, agent)]
    return said, False


async def test_the_busy_suspicious_one_asks_for_the_price_twice_and_goes() -> None:
    for seed in range(20):
        said, hung_up = await talk("busy, suspicious, asks for the price twice", seed)
        assert hung_up
        assert said[1] == ENGLISH.suspicions[0]
        assert ENGLISH.suspicions[1] in said
        assert [text for text in said if "price" in text] == [
            "And what about the price?",
            "You still have not told me about the price.",
        ]
        assert said[-1] == ENGLISH.has_to_go
        assert len(said) <= 8


async def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    runs = [await talk("friendly", seed) for seed in range(10)]
    assert runs == [await talk("friendly", seed) for seed in range(10)]
    assert len({tuple(said) for said, _ in runs}) > 5


async def test_one_who_never_hangs_up_does_not_even_after_a_goodbye() -> None:
    said, hung_up = await talk("chatty, never hangs up")
    assert (len(said), hung_up) == (LONG, False)
    said, hung_up = await talk("never hangs up", agent="Goodbye.")
    assert not hung_up
    assert set(said[1:]) <= set(ENGLISH.goes_on)


async def test_a_goodbye_is_answered_and_the_call_left() -> None:
    said, hung_up = await talk("friendly", agent="Thank you, goodbye.")
    assert hung_up
    assert said[-1] in ENGLISH.goodbyes
    assert len(said) == 2


async def test_the_hard_of_hearing_ask_again_at_once() -> None:
    said, _ = await talk("hard of hearing")
    assert said[1] == ENGLISH.pardons[0]
    assert ENGLISH.pardons[1] in said


async def test_the_unwilling_refuse_and_leave() -> None:
    said, hung_up = await talk("not interested")
    assert hung_up
    assert said[1] in ENGLISH.refusals
    assert len(said) == 3


async def test_one_who_slams_the_phone_down_says_no_goodbye() -> None:
    said, hung_up = await talk("angry, hangs up")
    assert hung_up
    assert said[-1] == ""


async def test_silence_is_wondered_at_once_and_then_given_up() -> None:
    said, hung_up = await talk("friendly", agent="")
    assert hung_up
    assert said[1:] == [ENGLISH.still_there, ""]


@pytest.mark.parametrize("language", ["en", "fr", "de", "es", "it", "pt", "nl", "pl"])
async def test_every_language_has_words_of_its_own_and_knows_its_goodbye(language: str) -> None:
    said, _ = await talk("friendly", language=language)
    assert (said[0] in ENGLISH.greetings) == (language in ("en", "pl"))
    for goodbye in smalltalk(language).goodbyes:
        assert smalltalk(language).takes_leave(goodbye), goodbye
