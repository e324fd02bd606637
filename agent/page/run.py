"""What `report` does: finds the calls, writes their pages, and an index where there are several."""

import json
import os
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import typer

from agent.documents import there
from agent.page import sound
from agent.page.contents import contents_of
from agent.page.judgement import Judgement, SuiteRun, judged, suite
from agent.page.render import index, page
from agent.page.runs import Run
from agent.page.source import Source, is_call, read
from agent.problems import InputInvalid, Problem

PAGE = "report.html"
INDEX = "index.html"

DEEPEST = 4
"""Levels below a folder in which calls are looked for."""


@dataclass(frozen=True, slots=True)
class Written:
    """The files that were written."""

    first: Path
    """What to open: the page of the only call, or the index."""
    pages: tuple[Path, ...]
    problems: tuple[str, ...]
    """What could not be shown, or only in part."""


def run_report(path: Path, out: Path | None, *, browse: bool, as_json: bool) -> int:
    """Write the page of a call, or of every call of a folder; the exit code. Raises `InputInvalid`."""
    several = there(path.is_dir) and (suite(path) is not None or not is_call(path))
    written = write_index(path, out) if several else write_page(path, out)
    for problem in written.problems:
        typer.echo(problem, err=True)
    if as_json:
        named = {"index" if several else "page": str(written.first)}
        more = {"pages": [str(one) for one in written.pages]} if several else {}
        typer.echo(json.dumps({**named, **more, "problems": list(written.problems)}, indent=2))
    else:
        typer.echo(str(written.first))
    if browse and not webbrowser.open(written.first.resolve().as_uri()):
        typer.echo("no browser could be started", err=True)
    return 0


def write_page(path: Path, out: Path | None = None) -> Written:
    """Write the page of one call: into its folder, or beside its file. Raises `InputInvalid`."""
    target = out or (path / PAGE if there(path.is_dir) else path.with_suffix(".html"))
    _check(target)
    made = _made(path)
    _write(target, made.text)
    notes = tuple(f"{path}: {note}" for note in made.source.notes) if there(path.is_dir) else ()
    return Written(target, (target,), notes)


def write_index(folder: Path, out: Path | None = None, title: str | None = None) -> Written:
    """Write the page of every call in a folder, and an index of them. Raises `InputInvalid` if there is none.

    Of a suite only its own runs are shown. A call that cannot be read stands in the index without a page.
    """
    target = out or folder / INDEX
    _check(target)
    runs: list[Run] = []
    pages: list[Path] = []
    problems: list[str] = []
    for case in found(folder):
        written = _case(case, case.folder.relative_to(folder).as_posix(), target)
        runs.append(written.run)
        problems += written.problems
        pages += [case.folder / PAGE] if written.run.href else []
    if not runs:
        raise InputInvalid([Problem("", "expected a call's folder, or a folder with some in it")], source=str(folder))
    together = suite(folder)
    missing = together.missing if together else 0
    _write(target, index(title or folder.resolve().name, runs, missing))
    return Written(target, tuple(pages), tuple(problems))


@dataclass(frozen=True, slots=True)
class Case:
    """A call that belongs into an index."""

    folder: Path
    run: SuiteRun | None = None
    """What its suite says of it."""


def found(folder: Path, deepest: int = DEEPEST) -> Iterator[Case]:
    """The calls in a folder; within a call there is no other. What cannot be listed is passed over."""
    together = suite(folder)
    if together is not None:
        yield from (Case(folder / run.folder, run) for run in together.runs)
        return
    try:
        inner = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink()]
    except OSError:
        return
    for entry in sorted(inner, key=lambda entry: tuple(_pieces(entry.name))):
        if is_call(entry) and suite(entry) is None:
            yield Case(entry)
        elif deepest > 1:
            yield from found(entry, deepest - 1)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What came of showing a case."""

    run: Run
    problems: tuple[str, ...]


def _case(case: Case, name: str, target: Path) -> _Shown:
    """Write the page of a case, if there is a call; its entry of the index at `target`."""
    line, passed = (case.run.line, case.run.passed) if case.run else (None, None)
    if case.run is not None and not is_call(case.folder):
        return _Shown(Run(name=name, line=line, passed=passed, reasons=case.run.reasons), ())
    try:
        made = _made(case.folder, case.run)
    except InputInvalid as invalid:
        reasons = tuple(map(str, invalid.problems))
        return _Shown(Run(name=name, line=line, passed=passed, reasons=reasons), invalid.lines())
    _write(case.folder / PAGE, made.text)
    run = Run(
        name=name,
        line=made.judgement.line,
        attempt=made.source.attempt,
        passed=made.judgement.passed,
        reasons=made.judgement.reasons,
        href=_href(case.folder / PAGE, target),
    )
    return _Shown(run, tuple(f"{case.folder}: {note}" for note in made.source.notes))


@dataclass(frozen=True, slots=True)
class _Made:
    """A call's page, and what it was made from."""

    source: Source
    judgement: Judgement
    text: str


def _made(path: Path, run: SuiteRun | None = None) -> _Made:
    """The page of a call. Raises `InputInvalid`, also where what can be read cannot be shown."""
    try:
        source = read(path)
        judgement = judged(path, source.attempt, run)
        heard, notes = _heard(source)
        return _Made(source, judgement, page(contents_of(source, heard, notes, judgement)))
    except (ValueError, ArithmeticError, OSError) as error:
        problem = Problem("", f"this call could not be shown: {type(error).__name__}")
        raise InputInvalid([problem], source=str(path)) from None


def _heard(source: Source) -> tuple[sound.Sound | None, tuple[str, ...]]:
    """The recording, and what there is to say of it."""
    answered = source.attempt.answered_at is not None
    if source.recording is None:
        return None, ("There is no recording.",) if answered and source.events else ()
    try:
        heard = sound.hear(source.recording)
    except OSError as error:
        return None, (f"The recording cannot be read: {error.strerror or type(error).__name__}.",)
    if heard is None:
        return None, ("The recording holds no sound.",) if answered else ()
    if heard.uri is None:
        return heard, ("The recording is too large for a page: it is drawn, and not to be heard.",)
    return heard, ()


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Orders `run-10` after `run-9`."""
    digits = ""
    for letter in text + "\0":
        if letter.isdecimal():
            digits += letter
            continue
        if digits:
            yield int(digits), ""
            digits = ""
        yield -1, letter


def _href(page_path: Path, from_index: Path) -> str:
    relative = os.path.relpath(page_path.resolve(), from_index.resolve().parent)
    return quote(Path(relative).as_posix())


def _check(target: Path) -> None:
    if there(target.is_dir):
        raise InputInvalid([Problem("--out", "expected a file: this is a folder")], source=str(target))
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputInvalid([Problem("--out", "expected a file that ends in .html")], source=str(target))


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all. Raises `InputInvalid`."""
    unfinished = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        what = f"expected a file that can be written: {error.strerror or type(error).__name__}"
        raise InputInvalid([Problem("--out", what)], source=str(path)) from None
