"""The fixed sentences: which there are, how they are made, and that they go first."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from livekit.agents import APIConnectionError
from pydantic import JsonValue

from agent import events as e
from agent import settings
from agent.announcer import Announcer, sentences, written_opening
from agent.fallback.model import Candidate, Model
from agent.fallback.quota import Quota
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.phrases import phrases
from agent.plan import Opening, Plan
from agent.prepare import prepare
from agent.providers import STAND_INS
from agent.voice import SilentVoice
from audio.frames import FRAME, RATE, Pcm, samples
from audio.ledger import Utterance
from audio.mixer import Mixer
from tests.agent.fakes import FakeModel, FakeVoice

HELLO = "Hello, this is Emma."


def only(model: FakeModel) -> Model:
    """The model of a call, without another in reserve."""
    return Model([Candidate(model, Quota())])


def loud(seconds: float, level: int = 5000) -> Pcm:
    return np.full(samples(seconds), level, dtype=np.int16)


def plan(opening: Opening, goodbye: str | None = None, limit: str | None = None) -> Plan:
    raw: dict[str, JsonValue] = {
        "call_id": "c1",
        "attempt_id": "a1",
        "to_phone_number": "+33612345678",
        "language": "en",
        "assistant": {},
    }
    attempt = parse(Attempt, raw).valid()
    made = prepare(attempt, attempt.assistant or Assistant(), settings.of({}), STAND_INS, datetime.now(UTC))
    return replace(made, prompt="You are Emma.", opening=opening, goodbye=goodbye, limit_message=limit)


class Desk:
    """An announcer at a mixer that also has speech to say."""

    def __init__(self) -> None:
        self.told: list[e.Event] = []
        self.stopped: list[Utterance] = []
        self.mixer = Mixer(started=lambda utterance: None, stopped=self.stopped.append)
        self.announcer = Announcer(self.mixer, self.told.append, lambda: 7.0)
        speech = Utterance("speech", "reply")
        speech.add(loud(1.0, 1000))
        speech.complete = True
        self.mixer.speech.queue.append(speech)

    def tick(self, times: int) -> list[int]:
        """The first sample of each of the next frames."""
        return [int(self.mixer.tick()[0]) for _ in range(times)]


OWN = {
    "failure": phrases("en").failure,
    "apology": phrases("en").apology,
    "reminder": phrases("en").reminder,
}


def test_the_sentences_of_the_plan_and_the_workers_own_are_rendered() -> None:
    static, none = Opening("static", HELLO, 0.4), Opening("none", "", 0.4)
    assert sentences(plan(static, "Goodbye.", "Time is up.")) == {
        "opening": HELLO,
        "goodbye": "Goodbye.",
        "limit": "Time is up.",
        **OWN,
    }
    assert sentences(plan(none)) == {"goodbye": "Goodbye.", **OWN}
    assert sentences(plan(Opening("generated", "Greet them.", 0.4), "Bye now.")) == {"goodbye": "Bye now.", **OWN}


async def test_a_sentence_that_is_in_memory_is_told_with_its_length() -> None:
    desk = Desk()
    voice = FakeVoice(loud(0.5))
    await desk.announcer.prepare("opening", HELLO, voice)
    assert voice.asked == [HELLO]
    assert desk.told == [e.Rendered(at=7.0, kind="opening", seconds=0.5)]


@pytest.mark.parametrize("error", [APIConnectionError(retryable=False), None])
async def test_a_sentence_that_cannot_be_spoken_is_not_told_as_rendered(error: Exception | None) -> None:
    desk = Desk()
    with pytest.raises((APIConnectionError, SilentVoice)):
        await desk.announcer.prepare("opening", HELLO, FakeVoice(loud(0.5, 0), error=error))
    assert desk.told == []


async def test_a_sentence_is_said_before_what_the_model_is_saying() -> None:
    desk = Desk()
    await desk.announcer.prepare("goodbye", "Goodbye.", FakeVoice(loud(0.04)))
    assert desk.tick(1) == [1000]
    desk.announcer.say("goodbye")
    assert desk.tick(3) == [5000, 5000, 1000]
    [said] = desk.stopped
    assert (said.kind, said.text, said.cut) == ("goodbye", "Goodbye.", False)


async def test_a_sentence_begins_no_earlier_than_its_sample() -> None:
    desk = Desk()
    await desk.announcer.prepare("opening", HELLO, FakeVoice(loud(0.1)))
    moment = 2 * FRAME + 7
    desk.announcer.say("opening", moment)
    out = np.concatenate([desk.mixer.tick() for _ in range(4)])
    assert int(np.flatnonzero(out)[0]) == moment


async def test_a_sentence_that_is_stopped_leaves_the_floor_and_can_be_said_again_from_its_start() -> None:
    desk = Desk()
    await desk.announcer.prepare("opening", HELLO, FakeVoice(loud(0.1)))
    desk.announcer.say("opening")
    assert desk.tick(2) == [5000, 5000]
    desk.announcer.stop()
    assert desk.tick(2) == [1000 + 5000, 1000]
    desk.announcer.say("opening")
    assert desk.tick(6) == [5000] * 5 + [1000]
    assert [(said.cut, said.played / RATE) for said in desk.stopped] == [(True, 0.04), (False, 0.1)]


def test_stopping_when_nothing_is_said_changes_nothing() -> None:
    desk = Desk()
    desk.announcer.stop()
    assert desk.tick(1) == [1000]
    assert desk.stopped == []


async def test_the_model_writes_the_first_sentence_from_the_prompt_and_the_instruction() -> None:
    model = FakeModel("Hello,\n", " this is ", "Emma.  ")
    text = await written_opening(plan(Opening("generated", "Greet them.", 0.4)), only(model))
    assert text == HELLO
    [asked] = model.asked
    assert asked[0] == "You are Emma."
    assert asked[1].endswith("Greet them.")


@pytest.mark.parametrize("pieces", [(), ("",), (" \n", " ")])
async def test_a_model_that_writes_no_first_sentence_is_told(pieces: tuple[str, ...]) -> None:
    with pytest.raises(SilentVoice):
        await written_opening(plan(Opening("generated", "Greet them.", 0.4)), only(FakeModel(*pieces)))
