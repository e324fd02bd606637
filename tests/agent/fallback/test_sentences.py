"""What is whole enough to be said, and which sentence was broken off."""

import pytest

from agent.fallback.sentences import is_sayable, unsaid

TEXT = "Good morning, Dr. Miles. It is 10:30, isn't it?  I have a slot. Shall we"


@pytest.mark.parametrize(
    ("text", "sayable"),
    [
        ("", False),
        ("I have a slot on Monday.", False),
        ("I have a slot on Monday. Sh", True),
        ("Yes. No", False),
        ("I have a slot on Dr. Miles's", False),
    ],
)
def test_a_sentence_is_whole_once_the_text_goes_on(text: str, sayable: bool) -> None:
    assert is_sayable(text) is sayable


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("", TEXT),
        ("Good morning", TEXT),
        ("Good morning, Dr. Miles", " It is 10:30, isn't it?  I have a slot. Shall we"),
        ("Good morning, Dr. Miles. It", " It is 10:30, isn't it?  I have a slot. Shall we"),
        ("Good morning, Dr. Miles. It is half past ten, isn't it?", "  I have a slot. Shall we"),
        ("Good morning, Dr. Miles. It is 10:30, isn't it? I have", "  I have a slot. Shall we"),
        (TEXT, ""),
    ],
)
def test_what_is_left_begins_with_the_sentence_that_was_not_said_to_its_end(said: str, left: str) -> None:
    assert TEXT[unsaid(TEXT, said.split()) :] == left
