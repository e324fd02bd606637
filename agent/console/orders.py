"""What can be typed at the console beside what is said: `/` and an order. Pure."""

import difflib
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Every order."""

    RESTART = "restart"
    EDIT = "edit"
    SAY = "say"
    DTMF = "dtmf"
    MUTE = "mute"
    TRANSCRIPT = "transcript"
    SAVE = "save"
    HELP = "help"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class _Meaning:
    wants: str
    """What has to follow it; empty: nothing."""
    does: str
    typed: bool = True
    """Whether a conversation by keyboard has it."""
    spoken: bool = True
    """Whether a conversation by microphone has it."""


_MEANINGS = {
    Kind.RESTART: _Meaning("", "begin the conversation again"),
    Kind.EDIT: _Meaning("", "edit the prompt in $EDITOR and go on with it"),
    Kind.SAY: _Meaning("TEXT", "have the agent say something, as if it had thought of it", spoken=False),
    Kind.DTMF: _Meaning("DIGITS", "press keys on your phone"),
    Kind.MUTE: _Meaning("", "close the microphone, or open it again; so does Ctrl-T", typed=False),
    Kind.TRANSCRIPT: _Meaning("", "show everything said so far"),
    Kind.SAVE: _Meaning("FILE", "write the conversation as a line file for `rehearse`"),
    Kind.HELP: _Meaning("", "show this"),
    Kind.QUIT: _Meaning("", "leave; so do Ctrl-D and, while no answer is under way, Ctrl-C"),
}


class Misunderstood(Exception):
    """An order that is none, or lacks something; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it was typed."""

    kind: Kind
    text: str = ""
    """What followed it."""


def parse(line: str, *, by_microphone: bool = False) -> Order | None:
    """Read a line; None: it is no order but something said. Raises `Misunderstood`."""
    stripped = line.strip()
    if not stripped.startswith("/"):
        return None
    word, _, rest = stripped[1:].partition(" ")
    known = [kind for kind in Kind if available(kind, by_microphone=by_microphone)]
    if word not in known:
        near = difflib.get_close_matches(word[:20], known, n=1)
        hint = f"did you mean /{near[0]}?" if near else "/help lists the orders"
        raise Misunderstood(f"there is no such order: {hint}")
    order = Order(Kind(word), rest.strip())
    wanted = _MEANINGS[order.kind].wants
    if wanted and not order.text:
        raise Misunderstood(f"expected /{order.kind} {wanted}")
    return order


def available(kind: Kind, *, by_microphone: bool) -> bool:
    """Whether this way of talking has the order."""
    meaning = _MEANINGS[kind]
    return meaning.spoken if by_microphone else meaning.typed


def explained(*, by_microphone: bool = False) -> list[tuple[str, str]]:
    """Every order as it is typed, and what it does."""
    return [
        (f"/{kind} {meaning.wants}".rstrip(), meaning.does)
        for kind, meaning in _MEANINGS.items()
        if available(kind, by_microphone=by_microphone)
    ]
