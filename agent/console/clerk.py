"""The orders that are the same by keyboard and by microphone."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from agent.console import orders
from agent.console.edit import EditFailed, edited, prompt_file
from agent.console.record import Record
from agent.console.saving import NotSaved, save, transcript
from agent.console.screen import Screen
from agent.console.stop import Stop
from agent.console.subject import Subject
from agent.problems import InputInvalid
from agent.settings import Settings

_DIGITS = frozenset("0123456789ABCD*#")
_MOST_DIGITS = 64


class Clerk:
    """Carries them out and says what came of it."""

    def __init__(self, screen: Screen, stop: Stop, settings: Settings) -> None:
        self._screen = screen
        self._stop = stop
        self._settings = settings

    def explain(self, *, by_microphone: bool) -> None:
        """List the orders."""
        for written, meaning in orders.explained(by_microphone=by_microphone):
            self._screen.note(f"{written:<15} {meaning}")

    def recite(self, record: Record) -> None:
        """Show everything said so far."""
        for who, what in transcript(record):
            self._screen.show(who, what)

    def save(self, record: Record, language: str, file: str) -> None:
        """Write the conversation as a line file."""
        try:
            save(record, language, Path(file))
        except NotSaved as error:
            self._screen.show("error", str(error))
        else:
            self._screen.note(f"written to {file}")

    def digits(self, text: str) -> str:
        """The keys that were named; empty where they are none."""
        digits = "".join(text.upper().split())
        if not set(digits) <= _DIGITS or len(digits) > _MOST_DIGITS:
            self._screen.show("error", f"expected at most {_MOST_DIGITS} of 0-9, A-D, * and #")
            return ""
        self._screen.note(f"pressed {digits}; the assistant is not told of keys, here as on the phone")
        return digits

    async def edit(self, subject: Subject, usable: Callable[[Subject], object]) -> Subject | None:
        """The subject with its prompt edited as the file has it; None where nothing is to change.

        `usable` raises `InputInvalid` for a prompt that is not.
        """
        before = subject.assistant.prompt
        file = prompt_file(self._settings.data_dir, subject.attempt.attempt_id)
        try:
            with self._stop.elsewhere():
                prompt = await edited(before, file, self._settings.editor)
            if prompt == before:
                self._screen.note("the prompt is as it was")
                return None
            changed = subject.with_prompt(prompt)
            await asyncio.to_thread(usable, changed)
        except EditFailed as error:
            self._screen.show("error", str(error))
        except InputInvalid as error:
            for problem in error.lines():
                self._screen.show("error", problem)
            self._screen.note(f"the prompt is as it was; yours is in {file}")
        else:
            self._screen.note(f"going on with the new prompt, which is in {file}")
            return changed
        return None
