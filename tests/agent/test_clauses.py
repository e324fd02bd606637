import asyncio
import random
import re
from collections.abc import Iterable, Sequence

import pytest
from livekit.agents import tts
from livekit.agents.utils import http_context
from livekit.plugins import cartesia, elevenlabs
from pydantic import SecretStr

from agent.clauses import FIRST, FIRST_APART, Clauses, cut
from agent.pipeline import PROVIDER_OPTIONS, _voice
from agent.plan import Endpoint, VoicePlan
from agent.standins.config import CallConfig
from agent.standins.process import running
from agent.voice import words_of

TEXTS = (
    "All right, I have noted that. What else can I do for you?",
    "The total is 1,250 euros and 3.5 percent. Is that fine?",
    "You can write to john.smith@example.com or visit https://a.b/c?d=1, please.",
    "Je peux vous proposer mardi à 14 h 30, cela vous va ? C'est M. Dupont qui vous recevra.",
    "Puedo ofrecerle el martes a las 10 de la mañana. ¿Le viene bien, Sra. García?",
    "Guten Tag, Frau Müller. Ihr Termin ist am 3. Mai um 10 Uhr, d. h. in zwei Wochen!",
    "Va bene, Signor Rossi. La richiamo domani… o dopodomani.",
    "O valor é 1.250,50 euros; posso confirmar, Dra. Sousa?",
    "U heeft een afspraak bij dhr. Jansen om 9 uur. Past dat?",
    'She said "yes," and left!! Really?\nA list:\n- one\n- two  and   more',
    "よろしいですか。はい、わかりました。",
    "",
    "   ",
)


def streamed(pushed: Iterable[str], first: Sequence[int] = FIRST) -> list[str]:
    """What has come out after each push, joined by `|`, and at the end."""

    async def run() -> list[str]:
        stream = Clauses(first).stream()
        for text in pushed:
            stream.push_text(text)
        stream.end_input()
        return [piece.token async for piece in stream]

    return asyncio.run(run())


def tokens(text: str) -> list[str]:
    """As a model writes: a space comes with the word after it."""
    return re.findall(r"\s*\w+|\s*[^\w\s]+", text)


def torn(text: str, rng: random.Random) -> list[str]:
    pieces: list[str] = []
    while text:
        length = rng.randint(1, 12)
        pieces.append(text[:length])
        text = text[length:]
    return pieces


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("first", [FIRST, FIRST_APART, ()])
def test_no_text_is_lost_or_changed_however_it_comes(text: str, first: tuple[int, ...]) -> None:
    for seed in range(50):
        pieces = streamed(torn(text, random.Random(seed)), first)
        assert "".join("".join(pieces).split()) == "".join(text.split())
        assert all(piece == piece.strip() and piece for piece in pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("All right, I have noted that. Bye now.", ["All right,", "I have noted that.", "Bye now."]),
        ("Puedo ofrecerle otra hora mañana.", ["Puedo", "ofrecerle otra hora mañana."]),
        ("Selbstverständlich! Ich notiere das.", ["Selbstverständlich!", "Ich notiere das."]),
        ("Je comprends très bien votre demande pour la semaine prochaine.",
         ["Je comprends", "très bien votre demande pour la semaine", "prochaine."]),
    ],
)  # fmt: skip
def test_the_first_piece_ends_with_a_clause_or_after_a_few_words(text: str, pieces: list[str]) -> None:
    assert streamed(tokens(text)) == pieces


@pytest.mark.parametrize(
    "kept",
    [
        "1,250 euros", "3.5 percent", "at 10:30", "9 a.m.", "john.smith@example.com", "https://a.b/c?d=1,2",
        "Dr. Smith", "e.g. Monday", "Maria Lopez", "4 7 1 2", "04 71 22", "14 h", "z. B. morgen", "Sra. García",
        "dhr. Jansen", "3. Mai", "M. Dupont", "Jan van Dijk", "€ 30", "1.250,50 euros", "Vincent van Gogh", "room 5",
    ],
)  # fmt: skip
@pytest.mark.parametrize("lead", ["", "Well ", "Sure thing ", "We could offer ", "Tomorrow we will see about "])
def test_what_belongs_together_is_not_cut_in_two(kept: str, lead: str) -> None:
    text = f"{lead}{kept} would suit everybody here, would it not? Let us know."
    joined = kept.replace(" ", "_")
    for pushed in (tokens(text), list(text)):
        pieces = [piece.replace(kept, joined) for piece in streamed(pushed)]
        assert any(joined in piece for piece in pieces), pieces


def test_a_word_that_belongs_to_the_next_is_not_the_last_of_a_piece() -> None:
    assert streamed(tokens("Call the office again today")) == ["Call the office", "again today"]
    assert streamed(tokens("We see it from telling you that")) == ["We see", "it from telling you that"]


def test_a_long_word_is_enough_by_itself_in_a_voice_that_goes_on_and_only_at_the_beginning() -> None:
    assert streamed(tokens("Thank you for telling me that")) == ["Thank", "you for telling me that"]
    assert streamed(tokens("Their office is open until six")) == ["Their office", "is open until six"]
    assert streamed(tokens("Thank you for telling me that"), FIRST_APART) == ["Thank you for telling", "me that"]
    assert streamed(tokens("Monday 12 May is fine")) == ["Monday 12 May", "is fine"]


def test_words_that_all_belong_to_the_next_do_not_keep_the_piece_waiting() -> None:
    assert cut("Out of the of my", 2) is None
    assert cut("Out of the of my own", 2) == len("Out of the of my")


def test_a_clause_that_is_known_already_is_preferred_to_a_few_words() -> None:
    assert cut("I have noted that, and", 2) == len("I have noted that,")


def test_a_comma_after_a_letter_is_not_waited_upon_and_one_after_a_digit_is() -> None:
    assert cut("Yes,", 2) == len("Yes,")
    assert cut("At 5,", 2) is None


def test_text_that_comes_in_one_go_is_cut_into_sentences() -> None:
    text = "Hello, this is Emma from the clinic. Is this a good moment?\n"
    assert streamed([text]) == ["Hello, this is Emma from the clinic.", "Is this a good moment?"]
    assert Clauses().tokenize(text.strip()) == ["Hello, this is Emma from the clinic.", "Is this a good moment?"]


def test_each_reply_begins_anew() -> None:
    async def run() -> list[str]:
        stream = Clauses().stream()
        for _ in range(2):
            for token in tokens("Certainly we will write it down. Certainly we will do it."):
                stream.push_text(token)
            stream.flush()
        stream.end_input()
        return [piece.token async for piece in stream]

    once = ["Certainly", "we will write it down.", "Certainly we will do it."]
    assert asyncio.run(run()) == [*once, *once]


async def _words_of_a_reply_in_pieces(text: str) -> list[str]:
    """The words the stand-in voice times, when it is given the reply as a model writes it."""
    async with running() as stand_ins, http_context.open():
        call = await stand_ins.open_call(CallConfig())
        plan = VoicePlan("cartesia", "id", "sonic-3", Endpoint(SecretStr("key"), call.cartesia_url))
        voice = _voice(plan, "en", lambda *_: pytest.fail("no connection is needed"))
        async with voice.stream(conn_options=PROVIDER_OPTIONS) as stream:
            for token in tokens(text):
                stream.push_text(token)
            stream.end_input()
            words = [word async for event in stream for word in words_of(event.frame)]
        await voice.aclose()
    assert [word.start for word in words] == sorted(word.start for word in words)
    return [word.text.strip() for word in words]


@pytest.mark.parametrize("text", TEXTS[:2])
def test_the_words_of_a_reply_in_pieces_are_timed_in_order_and_none_is_missing(text: str) -> None:
    assert "".join(asyncio.run(_words_of_a_reply_in_pieces(text))) == text.replace(" ", "")


def test_the_voices_that_are_spoken_to_in_pieces_are_spoken_to_in_clauses() -> None:
    def voice(plan: VoicePlan) -> tts.TTS[str]:
        return _voice(plan, "en", lambda *_: pytest.fail("no connection is needed"))

    key = Endpoint(SecretStr("key"))
    first = voice(VoicePlan("cartesia", "id", "sonic-3", key))
    second = voice(VoicePlan("elevenlabs", "id", "eleven_flash_v2_5", key))
    assert isinstance(first, cartesia.TTS)
    assert isinstance(first._sentence_tokenizer, Clauses)
    assert isinstance(second, elevenlabs.TTS)
    assert isinstance(second._opts.word_tokenizer, Clauses)
