"""What the console prints: who said what, as it comes, and what goes on beside it."""

from collections.abc import Callable

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

GUTTER = 9
"""Cells of the column that says who."""
_NARROW = 50
"""Cells below which what is said goes on below who says it."""
_STYLES = {"agent": "green", "you": "cyan", "tool": "magenta", "error": "red", "warning": "yellow"}


def plain(text: str) -> str:
    """Text from outside, in which nothing can steer the terminal; lines stay lines."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)


class Flow:
    """Text that comes in pieces, broken into lines between words."""

    def __init__(self, width: Callable[[], int], emit: Callable[[str], None]) -> None:
        """`width` in cells; `emit` is given each line once it is complete."""
        self._width = width
        self._emit = emit
        self.rest = ""
        """The line that is not complete."""

    def add(self, piece: str) -> None:
        """Take the next piece."""
        self.rest += plain(piece)
        while (cut := self._cut()) is not None:
            line, rest = self.rest[:cut], self.rest[cut:]
            self.rest = rest[1:] if rest.startswith("\n") else rest.lstrip(" ")
            self._emit(line.rstrip())

    def end(self) -> None:
        """Complete the last line."""
        if self.rest.strip():
            self._emit(self.rest.rstrip())
        self.rest = ""

    def _cut(self) -> int | None:
        """Where the first line ends; None while it may still grow."""
        width = max(8, self._width())
        taken, space = 0, 0
        for index, letter in enumerate(self.rest):
            if letter == "\n":
                return index
            taken += cell_len(letter)
            if letter == " ":
                space = index
            if taken > width and letter != " ":
                return space if space > index // 3 else index
        return None


class Screen:
    """Prints a conversation on a rich console. On a terminal what the agent says is shown as it comes, line by line."""

    def __init__(self, console: Console, *, live: bool) -> None:
        """`live`: there is a prompt, above which only whole lines can be printed."""
        self.console = console
        self.changed: Callable[[], None] = _unseen
        """Called when `growing` did, or something below the prompt."""
        self._live = live
        self._flow: Flow | None = None
        self._begun = False
        """Something of what the agent is saying was printed."""

    @property
    def growing(self) -> Text | None:
        """The line of the agent's that is not complete."""
        if self._flow is None or not self._live:
            return None
        return self._line("agent", self._flow.rest, first=not self._begun)

    def show(self, who: str, what: str) -> None:
        """Print something whole."""
        self.end()
        if not self._live:
            self.console.print(self._line(who, plain(what).replace("\n", f"\n{' ' * GUTTER}")), soft_wrap=True)
            return
        first = True

        def emit(line: str) -> None:
            nonlocal first
            self.console.print(self._line(who, line, first=first), soft_wrap=True)
            first = False

        flow = Flow(lambda: self._width(first=first), emit)
        flow.add(what)
        flow.end()

    def note(self, what: str) -> None:
        """Print a remark."""
        self.show("", what)

    def say(self, piece: str) -> None:
        """Print the next piece of what the agent is saying."""
        if self._flow is None:
            self._flow, self._begun = Flow(lambda: self._width(first=not self._begun), self._emit), False
            if not self._live:
                self.console.print(self._line("agent", ""), end="")
        if self._live:
            self._flow.add(piece)
            self.changed()
        else:
            text = Text(plain(piece).replace("\n", f"\n{' ' * GUTTER}"), style=_STYLES["agent"])
            self.console.print(text, end="", soft_wrap=True)

    def end(self) -> None:
        """What the agent was saying is over."""
        if self._flow is None:
            return
        if self._live:
            self._flow.end()
        else:
            self.console.print()
        self._flow = None
        self.changed()

    def _emit(self, line: str) -> None:
        self.console.print(self._line("agent", line, first=not self._begun), soft_wrap=True)
        self._begun = True

    def _line(self, who: str, what: str, *, first: bool = True) -> Text:
        indent = self._indent(first=first)
        line = Text(f"{who if first else '':<{indent}}", style="dim")
        return line.append(what, style=_STYLES.get(who, "dim" if not who else ""))

    def _indent(self, *, first: bool) -> int:
        return GUTTER if first or self.console.width >= _NARROW else 2

    def _width(self, *, first: bool) -> int:
        return self.console.width - self._indent(first=first) - 1


def _unseen() -> None:
    """Nothing stands around a line."""
