"""The folder of an attempt: where its journal, its report and its recording are."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from agent.documents import safe_name
from agent.worker.pids import identity


@dataclass(frozen=True, slots=True)
class Folder:
    """One attempt's files."""

    path: Path

    @classmethod
    def of(cls, data_dir: Path, attempt_id: str) -> "Folder":
        """The folder of an attempt, whatever is written in its id; another id never has the same."""
        name = safe_name(attempt_id)
        if name != attempt_id:
            name = f"{name}-{hashlib.sha256(attempt_id.encode()).hexdigest()[:16]}"
        return cls(data_dir / name)

    @property
    def journal(self) -> Path:
        """Every event, one a line."""
        return self.path / "events.jsonl"

    @property
    def report(self) -> Path:
        """The attempt as it is reported."""
        return self.path / "attempt.json"

    @property
    def audio(self) -> Path:
        """The recording."""
        return self.path / "audio.ogg"

    def clear(self) -> None:
        """Make it, empty of an earlier attempt's files. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in (self.journal, self.report, self.audio, self._job):
            file.unlink(missing_ok=True)

    def begin(self) -> None:
        """Note that this process conducts the attempt, before there is anything to write down. Raises OSError."""
        fresh = self._job.with_suffix(f".{os.getpid()}")
        fresh.write_text(f"{os.getpid()} {identity(os.getpid())}", encoding="ascii")
        fresh.replace(self._job)

    def leave(self) -> None:
        """Take that back."""
        self._job.unlink(missing_ok=True)

    def is_abandoned(self) -> bool:
        """Whether the process that began it is no more."""
        try:
            pid, _, mark = self._job.read_text(encoding="ascii").partition(" ")
        except FileNotFoundError:
            return False
        return identity(int(pid)) != mark

    @property
    def _job(self) -> Path:
        return self.path / "job"


def point(data_dir: Path, job_id: str, attempt_id: str) -> None:
    """Tell the worker which attempt an inbound job has turned out to be. Raises OSError."""
    pointer = _pointer(data_dir, job_id)
    pointer.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = pointer.with_suffix(f".{os.getpid()}")
    fresh.write_text(attempt_id, encoding="utf-8")
    fresh.replace(pointer)


def pointed(data_dir: Path, job_id: str) -> str | None:
    """The attempt an inbound job has told it is; None as long as it has not. Told once."""
    pointer = _pointer(data_dir, job_id)
    try:
        attempt_id = pointer.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    pointer.unlink(missing_ok=True)
    return attempt_id


def _pointer(data_dir: Path, job_id: str) -> Path:
    return data_dir / "inbound" / safe_name(job_id)
