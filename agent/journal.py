"""The journal: every event of an attempt in order, one JSON object a line.

`{"event": "Answered", "at": 1234.5, …}`. A journal that was cut off mid-line reads up to the line before.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from pydantic import TypeAdapter

from agent.events import EVENTS, Event

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
    """The event of one line. Raises ValueError where it is none."""
    fields = _OBJECT.validate_json(line)
    kind = EVENTS.get(str(fields.pop("event", "")))
    if kind is None:
        raise ValueError("expected the name of an event")
    return _ADAPTERS[kind].validate_python(fields)


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


class Journal:
    """Keeps the events of one attempt: in memory for the report, in a file for everyone else."""

    def __init__(self, path: Path | None) -> None:
        """`path` is overwritten; None keeps the events in memory only. Raises OSError if it cannot be written."""
        self.events: list[Event] = []
        self._watchers: list[Watcher] = []
        self._file: TextIO | None = None if path is None else path.open("w", encoding="utf-8", buffering=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with every event from now on, after it was written."""
        self._watchers.append(watcher)

    def append(self, event: Event) -> None:
        """Keep the event, then tell the watchers."""
        self.events.append(event)
        if self._file is not None:
            self._file.write(encode(event) + "\n")
        for watcher in self._watchers:
            watcher(event)

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
