"""The callee, stepped frame by frame; every position is a sample of their own clock."""

from typing import Any

import numpy as np
import pytest

from agent.rehearsal.callee import CalleeEvent, KeyPressed, Left, SpeechBegan
from agent.rehearsal.rendering import render
from agent.rehearsal.scripted import ScriptedCallee
from agent.rehearsal.shipped import parse_line
from audio.frames import FRAME, Pcm, dbfs, samples
from tests.agent.rehearsal.fakes import FakeLeg, bursts, voice


class Rehearsal:
    """A callee and an agent with nothing between them."""

    def __init__(self, callee: ScriptedCallee) -> None:
        self.callee = callee
        self.agent = FakeLeg()
        self.events: list[CalleeEvent] = []
        self.over: list[bool] = []
        self._sent: list[Pcm] = []

    def run(self, seconds: float) -> Pcm:
        """Everything the callee sent until then."""
        while len(self._sent) * FRAME < samples(seconds):
            now = len(self._sent) * FRAME
            sent, events = self.callee.step(now, self.agent.speak(), self.agent.spoken())
            self._sent.append(sent)
            self.events += events
            self.over.append(self.callee.turn_over(now + FRAME))
        return np.concatenate(self._sent)

    def began(self, seconds: float) -> list[float]:
        """Seconds at which each sound of the callee's began."""
        return [start / 24_000 for start, _ in bursts(self.run(seconds))]


async def rehearsal(steps: Any, delay: int = 0, **line: Any) -> Rehearsal:
    script = parse_line({"name": "test", "callee": steps, **line})
    return Rehearsal(ScriptedCallee(script, await render(script, "en", voice), delay=delay))


async def test_the_first_step_follows_the_answer_to_the_sample() -> None:
    call = await rehearsal([{"say": "Hello?", "wait": 0.6007}])
    assert bursts(call.run(3)) == [(samples(0.6007), samples(0.6007) + samples(0.3))]


async def test_a_step_follows_the_end_of_the_agents_speech_by_its_wait() -> None:
    call = await rehearsal([{"say": "Hello?"}, {"say": "Yes.", "wait": 0.7}])
    call.agent.say("Good morning this is Anna", at=1.503)
    assert call.began(6) == [0.5, pytest.approx(1.503 + 5 * 0.3 + 0.7, abs=0.0001)]


async def test_a_pause_shorter_than_the_wait_does_not_end_the_agents_turn() -> None:
    call = await rehearsal([{"say": "Hello?"}, {"say": "Yes.", "wait": 0.7}])
    call.agent.say("Good morning.", at=1.5)
    call.agent.say("This is Anna.", at=2.75)
    assert call.began(6) == [0.5, pytest.approx(2.75 + 3 * 0.3 + 0.7, abs=0.0001)]


async def test_sound_bridges_the_moments_in_which_a_word_is_not_known_yet() -> None:
    call = await rehearsal([{"say": "Hello?"}, {"say": "Yes.", "wait": 0.4}])
    call.agent.say("Good", at=1.5)
    call.agent.say("morning", at=1.8 + 0.39)
    assert call.began(6)[1] == pytest.approx(1.8 + 0.39 + 0.3 + 0.4, abs=0.0001)


async def test_the_rest_of_an_interrupted_sentence_is_not_taken_for_an_answer() -> None:
    call = await rehearsal([{"at": 2.0, "say": "Stop."}, {"say": "Well?", "wait": 0.5}])
    call.agent.say("one two three four", at=1.5)
    call.agent.say("I am sorry", at=4.0)
    assert call.began(7) == [2.0, pytest.approx(4.9 + 0.5, abs=0.0001)]


async def test_speech_that_outlasts_the_callees_is_theirs_to_answer() -> None:
    call = await rehearsal([{"at": 2.0, "say": "Mm-hm."}, {"say": "Well?", "wait": 0.5}])
    call.agent.say("one two three four five six seven", at=1.5)
    assert call.began(7) == [2.0, pytest.approx(1.5 + 2.1 + 0.5, abs=0.0001)]


async def test_an_interruption_comes_so_long_after_the_agent_starts() -> None:
    call = await rehearsal([{"say": "Hello?"}, {"after": "agent-starts", "wait": 1.0, "say": "Wait."}])
    call.agent.say("one two three four five six seven", at=2.001)
    assert call.began(6) == [0.5, pytest.approx(3.001, abs=0.0001)]


async def test_a_phrase_fires_where_its_last_word_ends() -> None:
    call = await rehearsal([{"say": "Hello?"}, {"when": r"which\s+day", "wait": 0.1, "say": "Monday."}])
    call.agent.say("Tell me which DAY suits you best", at=1.5)
    assert call.began(6) == [0.5, pytest.approx(1.5 + 4 * 0.3 + 0.1, abs=0.0001)]


async def test_a_phrase_can_wait_for_the_agent_to_stop() -> None:
    call = await rehearsal(
        [{"say": "Hello?"}, {"when": "which day", "after": "agent-stops", "wait": 0.5, "say": "Monday."}]
    )
    call.agent.say("Let me see.", at=1.5)
    call.agent.say("Tell me which day suits you best", at=4.0)
    assert call.began(8) == [0.5, pytest.approx(4.0 + 7 * 0.3 + 0.5, abs=0.0001)]


async def test_words_said_before_the_step_before_do_not_count_for_a_phrase() -> None:
    call = await rehearsal(
        [{"say": "Hello?", "wait": 2}, {"when": "day", "say": "One."}, {"when": "day", "say": "Two."}]
    )
    call.agent.say("What a nice day", at=0.5)
    call.agent.say("Which day", at=4.0)
    call.agent.say("Another day", at=6.0)
    assert call.began(9) == [2.0, pytest.approx(4.6, abs=0.0001), pytest.approx(6.6, abs=0.0001)]


async def test_the_ear_is_later_than_the_agents_mouth() -> None:
    delay = samples(0.25)
    call = await rehearsal([{"say": "Hello?"}, {"when": "now", "say": "Yes."}], delay=delay)
    call.agent.say("Say it now please", at=2.0)
    assert call.began(6)[1] == pytest.approx(2.9 + 0.25, abs=0.0001)


async def test_what_no_step_fits_is_answered_otherwise_in_turn() -> None:
    call = await rehearsal(
        [{"say": "Hello?"}, {"when": "price", "after": "agent-stops", "say": "Ten euros then."}],
        otherwise=["Yes.", "I see."],
        otherwise_wait=1.0,
    )
    for text, at in (("And so on", 2.0), ("And so on", 5.0), ("What price", 8.0), ("And so on", 11.0)):
        call.agent.say(text, at=at)
    call.run(14)
    said = [" ".join(word.text for word in event.words) for event in call.events if isinstance(event, SpeechBegan)]
    assert said == ["Hello?", "Yes.", "I see.", "Ten euros then.", "Yes."]


async def test_a_trigger_that_never_comes_leaves_the_callee_silent() -> None:
    call = await rehearsal([{"say": "Hello?"}, {"when": "price", "say": "Ten."}, {"say": "Bye."}])
    call.agent.say("How are you", at=2.0)
    assert call.began(10) == [0.5]
    assert [step.say and step.say.text("en") for step in call.callee.untold] == ["Ten.", "Bye."]


async def test_a_step_with_a_time_passes_over_those_still_waiting() -> None:
    call = await rehearsal([{"say": "Hello?"}, {"when": "price", "say": "Ten."}, {"at": 4.0, "say": "Anyone?"}])
    assert call.began(8) == [0.5, 4.0]
    assert [step.say and step.say.text("en") for step in call.callee.untold] == ["Ten."]


async def test_a_step_with_a_time_waits_for_the_callees_own_sentence() -> None:
    call = await rehearsal([{"say": "one two three four", "wait": 0}, {"at": 0.5, "say": "five"}])
    assert bursts(call.run(4)) == [(0, samples(1.5))]


async def test_steps_can_follow_each_other() -> None:
    call = await rehearsal([{"say": "Hello?", "wait": 0}, {"after": "previous", "wait": 2.5, "say": "Anyone?"}])
    assert call.began(4) == [0.0, pytest.approx(2.8, abs=0.0001)]


@pytest.mark.parametrize(("text", "pause"), [("a / b", 0.7), ("a // b", 1.5), ("a /0.4/ b", 0.4)])
async def test_a_pause_within_a_sentence_has_its_length(text: str, pause: float) -> None:
    call = await rehearsal([{"say": text, "wait": 0}])
    first, second = bursts(call.run(4))
    assert second[0] - first[1] == samples(pause)


async def test_each_stretch_of_speech_is_told_when_it_begins_with_its_words_in_place() -> None:
    call = await rehearsal([{"say": "one two / three /0.2/ four", "wait": 0.5}])
    call.run(1)
    assert len(call.events) == 1
    call.run(4)
    first, second = (event for event in call.events if isinstance(event, SpeechBegan))
    assert [(word.text, word.last) for word in first.words] == [("one", False), ("two", True)]
    assert [(word.text, word.last) for word in second.words] == [("three", False), ("four", True)]
    assert second.words[0].start == samples(0.5 + 0.6 + 0.7)
    assert second.words[1].end == samples(0.5 + 0.6 + 0.7 + 0.3 + 0.2 + 0.3)


async def test_a_turn_is_over_with_its_last_word_not_in_its_pauses() -> None:
    call = await rehearsal([{"say": "one // two", "wait": 0}])
    call.run(4)
    end = 0.3 + 1.5 + 0.3
    assert call.over == [(index + 1) * 0.02 >= end - 1e-9 for index in range(len(call.over))]


async def test_before_the_first_word_the_turn_is_nobodys() -> None:
    call = await rehearsal([{"say": "Hello?", "wait": 1}])
    call.run(0.5)
    assert all(call.over)


async def test_hanging_up_cuts_the_callees_own_word() -> None:
    call = await rehearsal([{"say": "one two three four", "wait": 0}, {"at": 0.5003, "hang_up": True}])
    assert bursts(call.run(3)) == [(0, samples(0.5003))]
    assert call.events[-1] == Left(samples(0.5003))
    assert call.callee.left_at == samples(0.5003)


async def test_after_hanging_up_there_is_not_even_noise() -> None:
    call = await rehearsal([{"at": 1, "hang_up": True}], noise={"kind": "street", "dbfs": -30})
    sent = call.run(2)
    assert np.any(sent[: samples(1)])
    assert not np.any(sent[samples(1) :])


async def test_keys_are_told_where_their_tones_begin() -> None:
    call = await rehearsal([{"press": "12#", "wait": 1}])
    starts = [start for start, _ in bursts(call.run(4))]
    pressed = [event for event in call.events if isinstance(event, KeyPressed)]
    assert [key.digit for key in pressed] == ["1", "2", "#"]
    assert [key.at for key in pressed] == [samples(1), samples(1.3), samples(1.6)]
    assert all(abs(start - key.at) < samples(0.005) for start, key in zip(starts, pressed, strict=True))


@pytest.mark.parametrize("sound", ["beep", "music", "ringback", "busy"])
async def test_sounds_are_played(sound: str) -> None:
    call = await rehearsal([{"play": {"sound": sound, "seconds": 0.4}, "wait": 0.5}])
    sent = call.run(2)
    assert not np.any(sent[: samples(0.5)])
    assert dbfs(sent[samples(0.5) : samples(0.9)]) > -25
    assert not np.any(sent[samples(0.9) :])


async def test_the_background_changes_when_a_step_says_so() -> None:
    call = await rehearsal(
        [
            {"after": "answer", "wait": 1, "noise": {"kind": "babble", "dbfs": -30}},
            {"after": "previous", "wait": 1, "noise": "none"},
        ]
    )
    sent = call.run(3)
    assert not np.any(sent[: samples(1)])
    assert -40 < dbfs(sent[samples(1) : samples(2)]) < -20
    assert not np.any(sent[samples(2) :])


async def test_a_beep_can_stand_in_a_text() -> None:
    call = await rehearsal([{"say": "Leave a message <beep>", "wait": 0}])
    assert bursts(call.run(4))[-1][1] == pytest.approx(samples(0.9 + 1.0), abs=samples(0.005))
