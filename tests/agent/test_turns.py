"""Who said what when, from events one by one."""

from agent import events as e
from agent.turns import NOISE_GAP, Turns
from audio.frames import RATE

ANSWERED = 100.0


class Talk:
    """Events at seconds from the answer."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.turns.take(e.Answered(at=ANSWERED))
        self._utterances = 0

    def callee(self, start: float, stop: float | None = None, *texts: str, taken: float | None = None) -> None:
        self.turns.take(e.CalleeStarted(at=ANSWERED + start + 0.1, sample=round(start * RATE)))
        if stop is not None:
            self.turns.take(e.CalleeStopped(at=ANSWERED + stop + 0.3, sample=round(stop * RATE)))
        for text in texts:
            self.heard((stop or start) + 0.4, text)
        if taken is not None:
            self.taken(taken)

    def heard(self, at: float, text: str) -> None:
        self.turns.take(e.CalleeHeard(at=ANSWERED + at, text=text))

    def taken(self, at: float) -> None:
        self.turns.take(e.TurnTaken(at=ANSWERED + at))

    def agent(
        self,
        start: float,
        stop: float | None = None,
        text: str = "",
        kind: e.SpeechKind = "reply",
        *,
        cut: bool = False,
    ) -> str:
        self._utterances += 1
        name = f"a{self._utterances}"
        self.turns.take(e.AgentStarted(at=ANSWERED + start, id=name, kind=kind, sample=round(start * RATE)))
        if stop is not None:
            self.stop(name, start, stop, text, kind, cut=cut)
        return name

    def stop(self, name: str, start: float, stop: float, text: str, kind: e.SpeechKind, *, cut: bool = False) -> None:
        samples = round(start * RATE), round(stop * RATE)
        self.turns.take(
            e.AgentStopped(
                at=ANSWERED + stop, id=name, kind=kind, text=text, cut=cut, start=samples[0], stop=samples[1]
            )
        )

    def told(self) -> list[tuple[str, bool]]:
        """Text of each of the callee's turns, and whether it was handed to the model."""
        return [(turn.text, turn.taken_at is not None) for turn in self.turns.callee]


def test_stretches_before_a_turn_is_taken_are_one_turn() -> None:
    talk = Talk()
    talk.callee(1.0, 2.0, "I would like")
    talk.callee(2.6, 3.5, "a table.", taken=4.2)
    assert talk.told() == [("I would like a table.", True)]
    [turn] = talk.turns.callee
    assert (turn.start, turn.stop) == (RATE, round(3.5 * RATE))
    assert turn.heard_at == ANSWERED + 3.9


def test_what_is_said_after_a_turn_was_taken_is_another() -> None:
    talk = Talk()
    talk.callee(1.0, 2.0, "Yes.", taken=2.5)
    talk.callee(3.0, 4.0, "No.", taken=4.5)
    assert talk.told() == [("Yes.", True), ("No.", True)]
    assert [turn.id for turn in talk.turns.callee] == ["u1", "u2"]


def test_a_turn_that_is_being_spoken_has_no_end_yet() -> None:
    talk = Talk()
    talk.callee(1.0, 2.0, "I")
    talk.callee(2.5)
    [turn] = talk.turns.callee
    assert turn.stop is None


def test_a_final_that_comes_after_the_greeting_was_closed_belongs_to_the_greeting() -> None:
    talk = Talk()
    talk.callee(0.1, 0.8)
    talk.agent(1.2, 3.0, "Hello, this is Emma.", "opening")
    talk.heard(1.3, "Hello?")
    talk.callee(4.0, 5.0, "Fine.", taken=5.5)
    assert talk.told() == [("Hello?", False), ("Fine.", True)]


def test_a_greeting_under_the_first_sentence_is_no_turn() -> None:
    talk = Talk()
    talk.callee(0.1, 0.8, "Hello?")
    talk.agent(1.2, 3.0, "Hello, this is Emma.", "opening")
    talk.callee(4.0, 5.0, "Fine.", taken=5.5)
    assert talk.told() == [("Hello?", False), ("Fine.", True)]


def test_a_callee_who_goes_on_over_the_first_sentence_keeps_their_turn() -> None:
    talk = Talk()
    talk.callee(0.9)
    name = talk.agent(1.2, kind="opening")
    talk.stop(name, 1.2, 1.6, "Hello,", "opening", cut=True)
    talk.turns.take(e.CalleeStopped(at=ANSWERED + 3.3, sample=3 * RATE))
    talk.heard(3.4, "Who is this?")
    talk.taken(3.6)
    assert talk.told() == [("Who is this?", True)]


def test_words_without_a_voice_that_was_noticed_are_a_turn_of_no_length() -> None:
    talk = Talk()
    talk.heard(2.0, "Yes.")
    talk.taken(2.5)
    [turn] = talk.turns.callee
    assert (turn.start, turn.stop, turn.text) == (2 * RATE, 2 * RATE, "Yes.")
    assert turn.taken_at == ANSWERED + 2.5


def test_a_final_that_comes_after_its_turn_was_taken_is_kept() -> None:
    talk = Talk()
    talk.callee(1.0, 2.0, "Yes.", taken=2.5)
    talk.heard(2.9, "Please.")
    assert [text for text, _ in talk.told()] == ["Yes.", "Please."]


def test_a_noise_is_no_part_of_what_is_said_long_after_it() -> None:
    talk = Talk()
    talk.callee(1.0, 1.2)
    talk.callee(1.2 + NOISE_GAP / RATE + 0.1, 4.0, "Hello.", taken=4.5)
    assert talk.told() == [("", False), ("Hello.", True)]


def test_a_sound_shortly_before_words_is_part_of_them() -> None:
    talk = Talk()
    talk.callee(1.0, 1.2)
    talk.callee(1.2 + NOISE_GAP / RATE - 0.1, 4.0, "Hello.", taken=4.5)
    assert talk.told() == [("Hello.", True)]
    assert talk.turns.callee[0].start == RATE


def test_an_end_that_was_measured_before_its_beginning_is_put_at_it() -> None:
    talk = Talk()
    talk.callee(2.0, 1.9)
    assert talk.turns.callee[0].stop == 2 * RATE


def test_events_that_belong_to_nothing_change_nothing() -> None:
    talk = Talk()
    talk.turns.take(e.CalleeStopped(at=ANSWERED + 1, sample=RATE))
    talk.taken(1.0)
    talk.turns.take(e.OpeningWithdrawn(at=ANSWERED + 1))
    talk.turns.take(e.ToolReturned(at=ANSWERED + 1, id="t9", name="x", output="", is_error=False))
    for utterances in ((), ("a9",)):
        talk.turns.take(e.ReplyMeasured(at=ANSWERED + 1, utterances=utterances, llm_ttft=0.1, tts_ttfb=0.1, model="m"))
    assert (talk.turns.callee, talk.turns.agent, talk.turns.tools) == ([], {}, {})


def test_a_reply_answers_the_turn_before_it_and_only_its_first_utterance_does() -> None:
    talk = Talk()
    talk.agent(0.5, 1.0, "Hello.", "opening")
    talk.callee(1.5, 2.0, "Hi.", taken=2.5)
    first, second = talk.agent(3.0, 4.0, "One moment."), talk.agent(5.0, 6.0, "Nine is free.")
    answers = {name: said.answers for name, said in talk.turns.agent.items()}
    assert answers == {"a1": None, first: talk.turns.callee[0], second: None}


def test_figures_belong_to_the_first_utterance_they_name() -> None:
    talk = Talk()
    names = talk.agent(1.0, 2.0, "One."), talk.agent(2.0, 3.0, "Two.")
    figures = e.ReplyMeasured(at=ANSWERED + 3, utterances=names, llm_ttft=0.2, tts_ttfb=0.1, model="m")
    talk.turns.take(figures)
    assert [said.figures for said in talk.turns.agent.values()] == [figures, None]


def test_only_first_sentences_up_to_now_are_withdrawn() -> None:
    talk = Talk()
    talk.agent(0.5, 0.9, "Hel", "opening", cut=True)
    talk.turns.take(e.OpeningWithdrawn(at=ANSWERED + 0.9))
    talk.agent(2.0, 4.0, "Hello.", "opening")
    talk.agent(5.0, 6.0, "Yes?")
    assert [said.withdrawn for said in talk.turns.agent.values()] == [True, False, False]


def test_a_withdrawal_is_right_in_whichever_order_it_and_the_end_are_told() -> None:
    talk = Talk()
    name = talk.agent(0.5, kind="opening")
    talk.turns.take(e.OpeningWithdrawn(at=ANSWERED + 0.9))
    talk.stop(name, 0.5, 0.9, "Hel", "opening", cut=True)
    [said] = talk.turns.agent.values()
    assert (said.withdrawn, said.cut, said.text) == (True, True, "Hel")


def test_a_tool_stands_where_it_was_called_and_keeps_what_it_returned() -> None:
    talk = Talk()
    called = e.ToolCalled(at=ANSWERED + 2, id="t1", name="slots", arguments="{}")
    returned = e.ToolReturned(at=ANSWERED + 3, id="t1", name="slots", output="nine", is_error=False)
    talk.turns.take(called)
    assert talk.turns.tools["t1"].result is None
    talk.turns.take(returned)
    use = talk.turns.tools["t1"]
    assert (use.sample, use.call, use.result) == (2 * RATE, called, returned)


def test_words_without_noticed_speech_stand_where_the_recogniser_heard_them() -> None:
    talk = Talk()
    talk.turns.take(e.CalleeHeard(at=ANSWERED + 3.0, text="Hm.", start=round(2.1 * RATE), stop=round(2.4 * RATE)))
    [turn] = talk.turns.callee
    assert (turn.start, turn.stop, turn.text) == (round(2.1 * RATE), round(2.4 * RATE), "Hm.")


def test_a_tool_stands_after_the_words_that_announce_it() -> None:
    talk = Talk()
    talk.turns.take(e.ReplyBegun(at=ANSWERED + 1.0, id="a1"))
    talk.turns.take(e.ToolCalled(at=ANSWERED + 1.1, id="t1", name="find_slots", arguments="{}"))
    talk.agent(1.5, 2.5, "One moment.")
    talk.turns.take(e.ToolCalled(at=ANSWERED + 3.0, id="t2", name="find_slots", arguments="{}"))
    announced, later = talk.turns.tools.values()
    assert talk.turns.place(announced) == round(1.5 * RATE)
    assert talk.turns.place(later) == round(3.0 * RATE)
