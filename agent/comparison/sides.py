"""A and B, read from their files: an attempt each, or an assistant that is put into one.

An assistant beside an attempt takes its place there: the same call, so that nothing but the assistant differs. Two
assistants are put into a call of nobody in particular.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent import documents
from agent.console import subject
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import Parsed
from agent.problems import InputInvalid
from agent.rehearse import Subject
from agent.settings import Settings

Document = Parsed[Attempt] | Parsed[Assistant]

ALONE = "compare"
"""Id of the call and the attempt of assistants that are compared on their own."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two."""

    name: str
    """A or B."""
    subject: Subject
    host: Path | None = None
    """The other's file, where this is an assistant that was put into its attempt."""

    @property
    def told(self) -> str:
        """The file, and what became of it."""
        within = f", in the attempt of {self.host}" if self.host else ""
        return f"{self.subject.source}{within}"


def read_sides(a: Path, b: Path, settings: Settings, given: Mapping[str, str]) -> tuple[Side, Side]:
    """Read both; `given` are prompt variables beside their own. Raises `InputInvalid`, which names the file."""
    found = documents.read(a), documents.read(b)
    host = next((path for path, document in zip((a, b), found, strict=True) if _is_attempt(document)), None)
    around = None if host is None else _read(host, settings, given).attempt

    def side(name: str, path: Path, document: Document) -> Side:
        model = document.model
        if isinstance(model, Attempt) or around is None:
            return Side(name, _read(path, settings, given))
        if document.problems:
            raise InputInvalid(document.problems, source=str(path))
        return Side(name, Subject(around, model, str(path), tuple(map(str, document.unknown))), host)

    return side("A", a, found[0]), side("B", b, found[1])


def _is_attempt(document: Document) -> bool:
    return isinstance(document.model, Attempt)


def _read(path: Path, settings: Settings, given: Mapping[str, str]) -> Subject:
    found = subject.read(path, settings, given)
    return Subject(_named(found.attempt), found.assistant, found.source, found.unknown)


def _named(attempt: Attempt) -> Attempt:
    """The attempt, with an id of its own where there was none."""
    own = {"call_id": ALONE, "attempt_id": ALONE}
    return attempt.model_copy(update=own) if attempt.attempt_id == subject.ALONE else attempt
