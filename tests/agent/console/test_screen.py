from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from agent.console.screen import Flow, Screen


def flowed(pieces: list[str], width: int) -> list[str]:
    lines: list[str] = []
    flow = Flow(lambda: width, lines.append)
    for piece in pieces:
        flow.add(piece)
    flow.end()
    return lines


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_lines_are_the_same_however_the_text_comes(step: int) -> None:
    text = "The quick brown fox jumps over the lazy dog, and goes on.\n\nThen 你好你好你好你好你好 sleeps."
    pieces = [text[start : start + step] for start in range(0, len(text), step)]
    lines = flowed(pieces, 20)
    assert lines[:4] == ["The quick brown fox", "jumps over the lazy", "dog, and goes on.", ""]
    assert all(cell_len(line) <= 20 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_a_word_longer_than_the_line_is_broken() -> None:
    assert flowed(["x" * 25 + " y"], 10) == ["x" * 10, "x" * 10, "xxxxx y"]


def shown(width: int, *, live: bool) -> tuple[Screen, StringIO]:
    out = StringIO()
    return Screen(Console(file=out, width=width, highlight=False), live=live), out


def test_nothing_from_outside_steers_the_terminal() -> None:
    for live in (False, True):
        screen, out = shown(80, live=live)
        screen.say("a\x1b[2Jb\x07")
        screen.end()
        screen.show("tool", "[bold]c\x1b]0;d\x07")
        assert "\x1b" not in out.getvalue() and "\x07" not in out.getvalue()
        assert "[bold]c" in out.getvalue()


def test_what_is_being_said_stands_above_the_prompt_until_its_line_is_full() -> None:
    screen, out = shown(60, live=True)
    screen.say("One two three ")
    assert out.getvalue() == ""
    assert screen.growing is not None and screen.growing.plain == "agent    One two three "
    screen.say("four five six seven eight nine ten eleven twelve thirteen")
    assert out.getvalue() == "agent    One two three four five six seven eight nine ten\n"
    assert screen.growing.plain.strip() == "eleven twelve thirteen"
    screen.end()
    assert out.getvalue().splitlines()[1:] == ["         eleven twelve thirteen"]
    assert screen.growing is None


def test_in_a_script_pieces_are_written_as_they_come() -> None:
    screen, out = shown(20, live=False)
    for piece in ("A long sentence that ", "is not broken"):
        screen.say(piece)
        assert out.getvalue().endswith(piece)
    screen.note("done")
    assert out.getvalue() == "agent    A long sentence that is not broken\n         done\n"


def test_a_narrow_terminal_goes_on_below_the_name() -> None:
    screen, out = shown(30, live=True)
    screen.show("agent", "One two three four five six seven eight")
    assert out.getvalue().splitlines() == ["agent    One two three four", "  five six seven eight"]
