"""The minutes of a conversation by keyboard: what is said and done is shown as it comes, and written down."""

import time
from collections.abc import Callable

from agent import events as e
from agent.console.record import Entry, Record, Spoken, Used
from agent.console.screen import Screen

_LONGEST = 600
"""Characters that are shown of a tool's arguments or result."""


class Minutes:
    """Of one conversation."""

    def __init__(self, screen: Screen, turn_to: Callable[[str], None]) -> None:
        """`turn_to` is told what the agent is doing."""
        self.record = Record()
        self.asked = False
        """The model has asked to end the call."""
        self._screen = screen
        self._turn_to = turn_to
        self._reply: list[str] = []
        self._tools: dict[str, tuple[str, str, float]] = {}
        """Name, arguments and beginning of those under way, by their id."""

    def enter(self, entry: Entry) -> None:
        """Write down something that is shown elsewhere."""
        self.record.entries.append(entry)

    def said(self, sentence: Spoken) -> None:
        """Something the agent said at once."""
        self._screen.show("agent", sentence.text)
        self.enter(sentence)

    def writes(self, piece: str) -> None:
        """The next piece of what the model says."""
        if not self._reply:
            piece = piece.lstrip()
            if not piece:
                return
            self._turn_to("speaking")
        self._reply.append(piece)
        self._screen.say(piece)

    def close(self, *, cut: bool = False) -> None:
        """What the model was saying is over."""
        self._screen.end()
        text = "".join(self._reply).strip()
        self._reply.clear()
        if text:
            self.enter(Spoken(text, cut=cut))

    def tell(self, event: e.Event) -> None:
        """Something happened to a tool."""
        match event:
            case e.ToolCalled():
                self.close()
                self._turn_to(f"using {event.name}")
                self._tools[event.id] = (event.name, event.arguments, time.monotonic())
                self._screen.show("tool", f"{event.name} {_short(event.arguments)}")
            case e.ToolReturned():
                self._returned(event)
            case e.GoodbyeAsked():
                self.asked = True
            case _:
                return

    def _returned(self, event: e.ToolReturned) -> None:
        name, arguments, began = self._tools.pop(event.id)
        sign = "✗" if event.is_error else "→"
        seconds = f"{time.monotonic() - began:.2f} s"
        self._turn_to("thinking")
        self._screen.show("tool", f"{sign} {_short(event.output)}  ({seconds})")
        self.enter(Used(name, arguments, event.output, event.is_error))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
