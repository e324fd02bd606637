"""The live view of a call in the terminal: what is said as it is said, who speaks, how long answers take."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from agent import events as e
from audio.frames import RATE

_GUTTER = 11


class View:
    """Prints a call's events. On a terminal a status line stays at the bottom; elsewhere there are only the lines."""

    def __init__(self, console: Console, *, status: bool = True, now: Callable[[], float] = time.monotonic) -> None:
        """`status`: whether there may be a status line. `now` is the clock of the events."""
        self._console = console
        self._now = now
        self._state = "preparing"
        self._speaking: set[str] = set()
        self._answered_at: float | None = None
        self._silent_since: int | None = None
        self._wait: float | None = None
        self._live: Live | None = None
        if status and console.is_terminal:
            self._live = Live(console=console, get_renderable=self._status, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, event: e.Event) -> None:
        """Show what the event changed."""
        self._line(event)
        if self._live is not None:
            self._live.refresh()

    def _line(self, event: e.Event) -> None:
        match event:
            case e.Planned():
                self._print(event.at, "plan", f"{event.model}, {event.voice}, {event.recogniser}, {event.language}")
                for warning in event.warnings:
                    self._print(event.at, "warning", warning, "yellow")
            case e.Dialled():
                self._turn_to(event.at, "dialling")
            case e.Rang():
                self._turn_to(event.at, "ringing")
            case e.Answered():
                self._answered_at = event.at
                self._turn_to(event.at, "answered")
            case e.ToolCalled():
                self._print(event.at, "tool", f"{event.name} …", "magenta")
            case e.ToolReturned():
                self._print(event.at, "tool", f"{event.name} {'failed' if event.is_error else 'returned'}", "magenta")
            case e.Warned():
                self._print(event.at, "warning", event.message, "yellow")
            case e.Ended():
                self._ended(event)
            case _:
                self._speech(event)

    def _speech(self, event: e.Event) -> None:
        match event:
            case e.CalleeStarted():
                self._speaking.add("callee")
            case e.CalleeStopped():
                self._speaking.discard("callee")
                self._silent_since = event.sample
            case e.CalleeHeard():
                self._print(event.at, "callee", event.text, "cyan")
            case e.AgentStarted():
                self._speaking.add("agent")
                answers = event.kind == "reply" and self._silent_since is not None
                self._wait = (event.sample - (self._silent_since or 0)) / RATE if answers else None
                self._silent_since = None
            case e.AgentStopped():
                self._speaking.discard("agent")
                waited = f"  ({self._wait * 1000:.0f} ms)" if self._wait is not None else ""
                self._wait = None
                if event.text:
                    self._print(event.at, "agent", event.text + (" —" if event.partial else "") + waited, "green")
            case _:
                return

    def _ended(self, event: e.Ended) -> None:
        why = event.end_reason or event.error_code or "ended"
        self._speaking.clear()
        self._turn_to(event.at, f"ended by {event.ended_by}: {why}")
        if event.error_message:
            self._print(event.at, "error", event.error_message, "red")

    def _turn_to(self, at: float, state: str) -> None:
        self._state = state
        self._print(at, "call", state, "bold")

    def _print(self, at: float, who: str, what: str, style: str = "") -> None:
        line = Text(f"{self._clock(at)}  {who:<{_GUTTER}}", style="dim")
        # What is said comes from outside: nothing in it may steer the terminal.
        line.append("".join(letter if letter.isprintable() else " " for letter in what), style=style)
        self._console.print(line, soft_wrap=True)

    def _clock(self, at: float) -> str:
        if self._answered_at is None:
            return "  --.-"
        seconds = max(0.0, at - self._answered_at)
        return f"{int(seconds // 60):02}:{seconds % 60:04.1f}"

    def _status(self) -> Text:
        who = " and ".join(sorted(self._speaking)) or "nobody"
        line = f"{self._clock(self._now())}  {self._state} · {who} speaking"
        return Text(line, style="reverse", no_wrap=True, overflow="ellipsis")
