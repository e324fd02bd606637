"""What is kept of a conversation: its transcript, and a line file."""

from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

from agent.console.record import Keys, Record, Spoken, Typed, Used


class NotSaved(Exception):
    """A conversation could not be saved; the text says why."""


def transcript(record: Record) -> Iterator[tuple[str, str]]:
    """Who said what, in order."""
    for entry in record.entries:
        match entry:
            case Typed(text):
                yield "you", text
            case Keys(digits):
                yield "you", f"[{digits}]"
            case Spoken(text, _, cut):
                yield "agent", f"{text} —" if cut else text
            case Used(tool, arguments, output, is_error):
                yield "tool", f"{tool} {arguments} {'✗' if is_error else '→'} {output}"
            case _:
                assert_never(entry)


def save(record: Record, language: str, file: Path) -> None:
    """Write the conversation as a new line file. Raises `NotSaved`."""
    from agent.console.linefile import NothingSaid, line_file  # noqa: PLC0415  (numpy)

    try:
        text = line_file(record, language)
        file = file.expanduser()
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except NothingSaid:
        raise NotSaved("there is nothing to save: you have said nothing yet") from None
    except FileExistsError:
        raise NotSaved("expected a new file: there is one of that name") from None
    except (OSError, ValueError, RuntimeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise NotSaved(f"expected a file that can be written: {why}") from None
