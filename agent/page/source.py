"""What there is of a call on disk: its report, its journal, its recording, and what is wrong with them.

A folder needs either `attempt.json` or `events.jsonl`: where the report is missing or damaged it is folded from the
journal, as it stood when the journal ended. A file is the report alone, bare or as a webhook's event carries it.
"""

import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from agent import documents
from agent import events as e
from agent.documents import there
from agent.journal import decode
from agent.models.report import Attempt
from agent.problems import InputInvalid, Problem, shown
from agent.report import NotAJournal, fold

REPORT = "attempt.json"
JOURNAL = "events.jsonl"
RECORDING = "audio.ogg"


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of one call."""

    attempt: Attempt
    events: tuple[e.Event, ...] = ()
    """In order; empty where there is no journal."""
    recording: Path | None = None
    notes: tuple[str, ...] = ()
    """What is missing or damaged, for whoever looks at the page."""


def read(path: Path) -> Source:
    """The call of a folder or of a report's file. Raises `InputInvalid`, which names the file."""
    if path.suffix == ".jsonl":
        return _journal_alone(path)
    if not there(path.is_dir):
        attempt, notes = _report(path)
        return Source(attempt, notes=notes)
    if not is_call(path):
        raise InputInvalid([Problem("", f"expected a call's folder, with {REPORT} or {JOURNAL}")], source=str(path))
    events, journal_notes = _journal(path / JOURNAL)
    attempt, report_notes = _report_or_fold(path, events)
    events, more = _of_attempt(attempt, events)
    recording = path / RECORDING
    notes = (*report_notes, *journal_notes, *more)
    return Source(attempt, events, recording if there(recording.is_file) else None, notes)


def is_call(folder: Path) -> bool:
    """Whether a folder is a call's."""
    return there((folder / REPORT).is_file) or there((folder / JOURNAL).is_file)


def _report_or_fold(folder: Path, events: Sequence[e.Event]) -> tuple[Attempt, tuple[str, ...]]:
    try:
        if there((folder / REPORT).is_file):
            return _report(folder / REPORT)
        why = f"{REPORT} is missing"
    except InputInvalid as invalid:
        if not events:
            raise
        why = f"{REPORT} cannot be used ({'; '.join(map(str, invalid.problems[:3]))})"
    note = f"{why}: what is shown was made from the journal, as it stood when that ended."
    return _folded(folder / JOURNAL, events), (note,)


def _journal_alone(path: Path) -> Source:
    events, notes = _journal(path)
    attempt = _folded(path, events)
    events, more = _of_attempt(attempt, events)
    return Source(attempt, events, notes=(*notes, *more))


def _folded(journal: Path, events: Sequence[e.Event]) -> Attempt:
    try:
        return fold(events)
    except NotAJournal:
        problem = Problem("", "expected a journal that begins with an accepted attempt")
        raise InputInvalid([problem], source=str(journal)) from None
    except (ValueError, OverflowError):
        problem = Problem("", "expected the journal of a call, with moments that have a date")
        raise InputInvalid([problem], source=str(journal)) from None


def _of_attempt(attempt: Attempt, events: tuple[e.Event, ...]) -> tuple[tuple[e.Event, ...], tuple[str, ...]]:
    """The events, if they are the attempt's own."""
    first = events[0] if events else None
    if first is None:
        return (), ()
    if not isinstance(first, e.Accepted):
        return (), (f"{JOURNAL} does not begin with an accepted attempt and was left out.",)
    if first.attempt_id != attempt.id:
        return (), (f"{JOURNAL} is another attempt's and was left out.",)
    if not any(isinstance(event, e.Ended) for event in events):
        return events, ("The journal has no end: the call goes on, or its process died.",)
    return events, ()


def _journal(path: Path) -> tuple[tuple[e.Event, ...], tuple[str, ...]]:
    """Every event that can be read; what cannot is told and passed over, but for a torn last line."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # what is no file may never end
            raise OSError
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return (), (f"There is no {JOURNAL}: phases, moments and the tools' times are unknown.",)
    except OSError:
        raise InputInvalid([Problem("", "expected a file that can be read")], source=str(path)) from None
    events: list[e.Event] = []
    strange: list[int] = []
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            events.append(decode(line))
        except ValueError:
            if number < len(lines):
                strange.append(number)
    if not strange:
        return tuple(events), ()
    what = f"line {strange[0]} is" if len(strange) == 1 else f"{len(strange)} lines, from line {strange[0]} on, are"
    return tuple(events), (f"{JOURNAL}: {what} nothing this version knows, and passed over.",)


def _report(path: Path) -> tuple[Attempt, tuple[str, ...]]:
    try:
        return parse_report(documents.load(path))
    except InputInvalid as invalid:
        raise InputInvalid(invalid.problems, source=str(path)) from None


def parse_report(raw: JsonValue) -> tuple[Attempt, tuple[str, ...]]:
    """The attempt of a report, bare or within a webhook's event, and what was left out. Raises `InputInvalid`."""
    bare = _bare(raw)
    try:
        return Attempt.model_validate(bare), ()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    wrong = [_problem(detail) for detail in details if detail["type"] != "extra_forbidden"]
    if wrong:
        raise InputInvalid(wrong)
    names = ", ".join(_path(place) for place in unknown[:5]) + (", …" if len(unknown) > 5 else "")
    return Attempt.model_validate(_without(bare, unknown)), (f"Fields that this version does not know: {names}.",)


def _bare(raw: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(raw, dict):
        raise InputInvalid([Problem("", "expected the report of an attempt, an object")])
    data = raw.get("data")
    if isinstance(data, dict) and isinstance(attempt := data.get("attempt"), dict):
        return attempt
    if "id" not in raw and not {"attempt_id", "assistant", "prompt"}.isdisjoint(raw):
        raise InputInvalid([Problem("", f"expected the report of an attempt ({REPORT}), not what it is made from")])
    return raw


def _problem(detail: ErrorDetails) -> Problem:
    context = detail["ctx"] if "ctx" in detail else {}
    match detail["type"]:
        case "missing":
            what = "expected a value: this field is required"
        case "enum" | "literal_error":
            what = f"expected {context['expected']}"
        case _:
            what = "expected another kind of value"
    return Problem(_path(detail["loc"]), what)


def _path(place: Sequence[int | str]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in place)
    return "".join(parts).removeprefix(".")


def _without(raw: JsonValue, places: Iterable[Sequence[int | str]]) -> JsonValue:
    """The value without what stands at the places."""
    gone = {place[0] for place in places if len(place) == 1}
    within: dict[int | str, list[Sequence[int | str]]] = {}
    for place in places:
        if len(place) > 1:
            within.setdefault(place[0], []).append(place[1:])
    if isinstance(raw, dict):
        return {name: _without(value, within.get(name, ())) for name, value in raw.items() if name not in gone}
    if isinstance(raw, list):
        return [_without(value, within.get(index, ())) for index, value in enumerate(raw)]
    return raw
