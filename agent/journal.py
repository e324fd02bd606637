"""The journal: every event of an attempt in order, one JSON object a line.

`{"event": "Answered", "at": 1234.5, …}`. A journal that was cut off mid-line reads up to the line before.
"""

import dataclasses
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from pydantic import TypeAdapter

from agent.events import EVENTS, Event

logger = logging.getLogger(__name__)

GREATEST = 1e10
"""What no number of an event is beyond, whatever it counts: 300 years of seconds, five days of samples."""

Watcher = Callable[[Event], None]


class JournalDamaged(Exception):
    """The journal holds a line that is no event of this program."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} of the journal is not an event this version knows")


def encode(event: Event) -> str:
    """The event as one line of JSON, without the line's end."""
    fields = {"event": type(event).__name__, **dataclasses.asdict(event)}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=dict)


def decode(line: str | bytes) -> Event:
    """The event of one line. Raises ValueError where it is none, or holds a number that nothing can be."""
    fields = _OBJECT.validate_json(line)
    kind = EVENTS.get(str(fields.pop("event", "")))
    if kind is None:
        raise ValueError("expected the name of an event")
    event = _ADAPTERS[kind].validate_python(fields)
    for field in dataclasses.fields(event):
        value = getattr(event, field.name)
        if isinstance(value, int | float) and not abs(value) <= GREATEST:  # so that NaN is refused as well
            raise ValueError("expected numbers that a call can have")
    return event


_OBJECT: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])
_ADAPTERS: Mapping[type[Event], TypeAdapter[Event]] = {kind: TypeAdapter(kind) for kind in EVENTS.values()}


def read(path: Path) -> Iterator[Event]:
    """The events of a journal file. Raises `JournalDamaged` for anything but a torn last line."""
    lines = path.read_bytes().split(b"\n")  # a torn line may end within a character
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            event = decode(line)
        except ValueError:
            if number == len(lines):
                return
            raise JournalDamaged(number) from None
        yield event


def mend(path: Path) -> None:
    """Make the last line whole, or take it away where it was cut off. Only once nobody writes any more."""
    with path.open("rb+") as file:
        data = file.read()
        whole = data.rfind(b"\n") + 1
        if whole == len(data):
            return
        try:
            decode(data[whole:])
        except ValueError:
            file.truncate(whole)
        else:
            file.write(b"\n")


class Journal:
    """Keeps the events of one attempt: in memory for the report, in a file for everyone else."""

    def __init__(self, path: Path | None) -> None:
        """`path` is overwritten; None keeps the events in memory only. Raises OSError if it cannot be written."""
        self.events: list[Event] = []
        self._watchers: list[Watcher] = []
        self.torn = False
        """The file could not be written to its end; the events in memory are complete."""
        self._file: TextIO | None = None if path is None else path.open("w", encoding="utf-8", buffering=1)

    @classmethod
    def resume(cls, path: Path) -> Self:
        """Go on with a journal whose writer is gone; `events` are those from now on. Raises OSError."""
        mend(path)
        journal = cls(None)
        journal._file = path.open("a", encoding="utf-8", buffering=1)
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with every event from now on, after it was written."""
        self._watchers.append(watcher)

    def append(self, event: Event) -> None:
        """Keep the event, then tell the watchers. Halves of characters, which models can write, become `?`."""
        line = encode(event)
        whole = line.encode(errors="replace").decode()
        if whole != line:
            event = decode(whole)
        self.events.append(event)
        self._write(whole + "\n")
        for watcher in self._watchers:
            watcher(event)

    def _write(self, line: str) -> None:
        """A call goes on without its journal: the report is made from memory."""
        if self._file is None:
            return
        try:
            self._file.write(line)
        except OSError as error:
            logger.error("the journal cannot be written", extra={"error": type(error).__name__})
            self.torn = True
            self.close()

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError:
            self.torn = True
