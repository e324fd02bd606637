"""The terminal of the console: a prompt that stays at the bottom, or plain lines where there is none."""

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr
from typing import TextIO, cast

from rich.console import Console

from agent import logs
from agent.console import orders
from agent.console.keyboard import Keyboard, Pipe
from agent.console.screen import Screen

_REDRAW = 0.03
"""Seconds at least between two prints above the prompt: each draws it anew."""


def terminal(
    stack: ExitStack, below: Callable[[], str], *, toggle: Callable[[], None] | None = None
) -> tuple[Screen, Keyboard]:
    """A screen above a prompt, which are there until the stack ends. `below` gives the line at the bottom.

    `toggle` is called for Ctrl-T; with it the orders are those of the microphone.
    """
    from prompt_toolkit.patch_stdout import StdoutProxy  # noqa: PLC0415  (a script needs none of it)

    from agent.console.prompt import Prompt  # noqa: PLC0415

    out = stack.enter_context(StdoutProxy(sleep_between_writes=_REDRAW, raw=True))
    stack.enter_context(redirect_stderr(out))
    _quieten()
    console = Console(file=cast(TextIO, out), force_terminal=True, highlight=False)
    screen = Screen(console, live=True)

    def above() -> str:
        with console.capture() as drawn:
            if screen.growing is not None:
                console.print(screen.growing, soft_wrap=True)
            console.print("[dim]you ›[/dim] ", end="")
        return drawn.get()

    words = [written.split()[0] for written, _ in orders.explained(by_microphone=toggle is not None)]
    prompt = Prompt(words, above, lambda: f" {below()}", toggle=toggle)
    screen.changed = prompt.refresh
    return screen, prompt


def plain() -> tuple[Screen, Keyboard]:
    """Standard input and output, line by line."""
    _quieten()
    return Screen(Console(file=sys.stdout, highlight=False), live=False), Pipe()


def _quieten() -> None:
    """What fails is shown in its place; the libraries need not log it too."""
    logs.configure()
    for name in ("livekit", "livekit.agents", "openai"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
