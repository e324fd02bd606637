"""The prompt: a line at the bottom of the terminal that is edited while the conversation goes on above it."""

from collections.abc import Callable

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.styles import Style

from agent.console.keyboard import Key, whole

_METER = 0.2
"""Seconds between two looks at the level meter."""
_STYLE = Style.from_dict({"bottom-toolbar": "noreverse fg:ansibrightblack", "bottom-toolbar.text": ""})


class Prompt:
    """A `Keyboard` on a terminal."""

    def __init__(
        self,
        words: list[str],
        above: Callable[[], str],
        below: Callable[[], str],
        *,
        toggle: Callable[[], None] | None = None,
    ) -> None:
        """`words` are completed; `above` and `below` give what stands there; `toggle` is called for Ctrl-T."""
        self._session: PromptSession[str] = PromptSession(
            message=lambda: ANSI(above()),
            bottom_toolbar=below,
            completer=WordCompleter(words, sentence=True),
            complete_while_typing=False,
            history=InMemoryHistory(),
            key_bindings=_bindings(toggle),
            reserve_space_for_menu=0,
            refresh_interval=0.0 if toggle is None else _METER,
            style=_STYLE,
        )

    async def line(self) -> str | Key:
        """As `Keyboard.line`. Ctrl-C clears a line, and on an empty one is `STOP`."""
        try:
            return whole(await self._session.prompt_async(handle_sigint=False))
        except KeyboardInterrupt:
            return Key.STOP
        except EOFError:
            return Key.END

    def refresh(self) -> None:
        """Draw anew what stands around the line."""
        self._session.app.invalidate()


def _bindings(toggle: Callable[[], None] | None) -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("c-c")
    def _stop(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt())

    if toggle is not None:
        bindings.add("c-t")(lambda _: toggle())

    return bindings
