import pytest

from agent.rehearsal.mind import Reply, reply_of


@pytest.mark.parametrize(
    "text", ["Goodbye. [hangs up]", "Goodbye.[Hangs up]", "Goodbye. (hangs up)", "Goodbye. *hang up*"]
)
def test_hanging_up_is_done_and_never_spoken(text: str) -> None:
    assert reply_of(text) == Reply("Goodbye.", hangs_up=True)


def test_whoever_hangs_up_says_nothing_after_it() -> None:
    assert reply_of("Bye. [hangs up] Oh, wait.") == Reply("Bye.", hangs_up=True)


def test_one_may_hang_up_without_a_word() -> None:
    assert reply_of("[hangs up]") == Reply("", hangs_up=True)


def test_talking_of_hanging_up_is_not_doing_it() -> None:
    assert reply_of("I will hang up now!") == Reply("I will hang up now!")


def test_stage_directions_and_marks_are_not_spoken() -> None:
    assert reply_of('*sighs* "Well," (pause) I\n\nthink <beep> / so. [laughs]') == Reply("Well, I think so.")


def test_a_speech_without_end_is_cut_after_a_sentence() -> None:
    text = reply_of("I have a lot to say. " * 100).text
    assert 500 < len(text) <= 600
    assert text.endswith("say.")


def test_an_empty_answer_is_silence() -> None:
    assert reply_of("  ") == Reply("")
