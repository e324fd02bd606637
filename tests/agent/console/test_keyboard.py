import io

import pytest

from agent.console.keyboard import LONGEST, Key, Pipe, whole


def test_a_line_that_is_too_long_is_cut_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert whole("x" * LONGEST) == "x" * LONGEST
    assert capsys.readouterr().err == ""
    assert whole("x" * LONGEST + "y") == "x" * LONGEST
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "a line was cut: only its first 5000 characters count\n")


def test_halves_of_characters_are_replaced() -> None:
    assert whole("a\ud83d") == "a?"


async def test_a_pipe_gives_every_line_and_then_the_end() -> None:
    pipe = Pipe(io.StringIO("Hello\r\n\nBye"))
    assert [await pipe.line() for _ in range(4)] == ["Hello", "", "Bye", Key.END]
