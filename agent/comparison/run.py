"""What `compare` does at the terminal: rehearses A and B in turn on the same lines, and prints how they differ."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue
from rich.console import Console

from agent import logs, settings
from agent.comparison.sides import Side, read_sides
from agent.comparison.table import printed
from agent.comparison.versus import FORMAT, Comparison, Finding
from agent.console.subject import parse_variables
from agent.desk import Terminal, failed, leave, make_place, write
from agent.documents import safe_name
from agent.page.run import write_index
from agent.page.words import counted
from agent.plan import Plan
from agent.problems import InputInvalid
from agent.providers import Source, parse_providers
from agent.rehearsal.expectations import Expectations
from agent.rehearsal.minds import check_key
from agent.rehearsal.progress import Progress, remarks
from agent.rehearsal.results import Came, Run
from agent.rehearsal.script import Answer
from agent.rehearsal.shipped import NamedLine, load_line, load_lines, shipped
from agent.rehearsal.stop import stopping
from agent.rehearsal.suite import AT_ONCE, Case, Ledger, Part, Suite, conduct_in_turn
from agent.rehearsal.variation import AS_WRITTEN
from agent.rehearse import stand_ins
from agent.settings import Settings
from agent.standins.process import StandInsFailed
from audio.recording import RecordingFailed

REPEAT = 10
"""Runs of each line for either side."""


_NOTHING = Expectations()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What `compare` was asked to do."""

    a: Path
    b: Path
    lines: tuple[str, ...] = ()
    """Names of shipped lines, files, folders; none: the shipped ones that pick up."""
    out: Path | None = None
    """Folder to write; None: one named after the files, in the data folder."""
    providers: str = "stand-in"
    variables: tuple[str, ...] = ()
    """`NAME=VALUE`."""
    repeat: int = REPEAT
    jobs: int = AT_ONCE
    seed: int = AS_WRITTEN
    fail_if_worse: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Entrant:
    """A side and its runs."""

    side: Side
    plan: Plan
    """Of a call that begins now."""
    suite: Suite
    ledger: Ledger

    @property
    def title(self) -> str:
        """Which side, which file, which model."""
        return f"{self.side.name}  {self.side.told}  {self.plan.model.name}"

    def remarks(self) -> list[str]:
        """What to know before its figures are believed."""
        results = self.ledger.results
        broken = [run for run in results.runs if run.came is Came.ERROR]
        said = [f"{counted(len(broken), 'run')} could not be conducted: {broken[0].reasons[0]}"] if broken else []
        return [f"{self.side.name}: {remark}" for remark in (*said, *remarks(results, self.suite.folder))]


def run_compare(order: Order) -> int:
    """Rehearse both and print the comparison; the exit code. Raises `WorkerError` for bad input."""
    logs.configure()
    terminal = Terminal()
    given = settings.load()
    entrants = _entrants(order, given)
    for entrant in entrants:
        make_place(entrant.suite.folder)
        for unknown in entrant.side.subject.unknown:
            terminal.print(f"{entrant.side.subject.source}: {unknown}", style="yellow", markup=False, soft_wrap=True)
    try:
        return _Desk(order, given, entrants, terminal).compare()
    except (StandInsFailed, RecordingFailed) as error:
        return failed(terminal, str(error))
    except OSError as error:
        return failed(terminal, f"{entrants[0].suite.folder.parent}: {error.strerror or type(error).__name__}")


def talking() -> tuple[NamedLine, ...]:
    """The shipped lines that pick up: the others tell nothing of an assistant."""
    named = (NamedLine(name, load_line(name)) for name in shipped())
    return tuple(line for line in named if line.script.answer is Answer.PICKS_UP)


def exit_code(found: Comparison, *, fail_if_worse: bool) -> int:
    """0 where every run was done; 1 where not, and where B is worse if that is to be a failure."""
    worse = fail_if_worse and found.total.finding is Finding.WORSE
    return 1 if worse or not found.whole else 0


def _entrants(order: Order, given: Settings) -> tuple[Entrant, Entrant]:
    providers = parse_providers(order.providers)
    lines = load_lines(order.lines) if order.lines else talking()
    a, b = read_sides(order.a, order.b, given, parse_variables(order.variables))
    folder = order.out or given.data_dir / f"compare-{safe_name(order.a.stem)}-{safe_name(order.b.stem)}"

    def entrant(side: Side) -> Entrant:
        plan = side.subject.plan(given, providers, datetime.now(UTC))
        suite = Suite(side.subject, lines, providers, given, folder / side.name, order.repeat, order.jobs, order.seed)
        return Entrant(side, plan, suite, Ledger(suite, plan.attempt_id))

    entrants = entrant(a), entrant(b)
    check_key([line.script for line in lines], providers, given)
    return entrants


class _Watch:
    """Shows the runs of one side; `agent.rehearsal.suite.Watch`."""

    def __init__(self, name: str, progress: Progress) -> None:
        self._name = name
        self._progress = progress

    def began(self, case: Case) -> None:
        """As `Watch.began`."""
        self._progress.began(self._ours(case))

    def ended(self, case: Case, run: Run) -> None:
        """As `Watch.ended`."""
        self._progress.ended(self._ours(case), replace(run, line=f"{self._name} {run.line}"))

    def _ours(self, case: Case) -> Case:
        line = replace(case.line, name=f"{self._name} {case.line.name}")
        return replace(case, line=line, folder=f"{self._name}/{case.folder}")


class _Desk:
    """Conducts the runs and tells what came of them."""

    def __init__(self, order: Order, given: Settings, entrants: tuple[Entrant, Entrant], terminal: Terminal) -> None:
        self._order = order
        self._prices = given.prices
        self._entrants = entrants
        self._terminal = terminal

    def compare(self) -> int:
        """All of it; the exit code."""
        for entrant in self._entrants:
            entrant.ledger.save()
        with Progress(self._terminal, sum(entrant.suite.planned for entrant in self._entrants)) as progress:
            asyncio.run(self._conduct(progress))
        found = self._found
        self._tell(self._write_pages() if found.over else {})
        return exit_code(found, fail_if_worse=self._order.fail_if_worse)

    async def _conduct(self, progress: Progress) -> None:
        parts = [Part(one.suite, one.ledger, _Watch(one.side.name, progress)) for one in self._entrants]
        with stopping(ending=True, at_once=lambda: leave(self._terminal, lambda: self._tell({}))) as stop:
            async with stand_ins() as started:
                await conduct_in_turn(parts, self._order.jobs, started, stop)

    @property
    def _found(self) -> Comparison:
        a, b = (entrant.ledger.results for entrant in self._entrants)
        return Comparison(a, b, self._prices)

    def _write_pages(self) -> dict[str, Path]:
        """The index of each side's calls. What goes wrong, or Ctrl-C, costs no more than these."""
        pages: dict[str, Path] = {}
        try:
            with self._terminal.status("writing the pages of the calls"):
                for entrant in self._entrants:
                    pages[entrant.side.name] = write_index(entrant.suite.folder, title=entrant.title).first
        except KeyboardInterrupt:
            self._terminal.print("the pages of the calls are left out")
        except (InputInvalid, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self._terminal.print(f"no pages of the calls: {why}", style="yellow", markup=False, soft_wrap=True)
        return pages

    def _tell(self, pages: dict[str, Path]) -> None:
        if self._order.as_json:
            write(json.dumps(self._as_json(pages), indent=2, ensure_ascii=False) + "\n")
            return
        write("".join(f"{entrant.title}\n" for entrant in self._entrants) + "\n")
        write(printed(self._found, Console(highlight=False)))
        places = (f"{one.side.name}  {pages.get(one.side.name, one.suite.folder)}" for one in self._entrants)
        write("\n" + "".join(f"{line}\n" for line in (*self._remarks(), *places)))

    def _remarks(self) -> list[str]:
        """What to know before the tables are believed."""
        said = [remark for entrant in self._entrants for remark in entrant.remarks()]
        suite = self._entrants[0].suite
        if suite.providers.llm is Source.STAND_IN:
            said.append("the model was a stand-in, which no prompt changes: --providers llm=real compares prompts")
        free = [line.name for line in suite.lines if line.script.expect == _NOTHING]
        if free:
            said.append(f"without `expect` a call passes unless it fails: {', '.join(free)}")
        return said

    def _as_json(self, pages: dict[str, Path]) -> dict[str, JsonValue]:
        found, order = self._found, self._order
        return {
            "format": FORMAT,
            **{entrant.side.name.lower(): _about(entrant, pages) for entrant in self._entrants},
            "repeat": order.repeat,
            "seed": order.seed,
            "jobs": order.jobs,
            "whole": found.whole,
            "all": found.total.as_json(),
            "lines": [{"line": each.line, **each.as_json()} for each in found.lines],
            "remarks": [*self._remarks()],
        }


def _about(entrant: Entrant, pages: dict[str, Path]) -> dict[str, JsonValue]:
    side, page = entrant.side, pages.get(entrant.side.name)
    return {
        "file": side.subject.source,
        "in_attempt_of": str(side.host) if side.host else None,
        "attempt": entrant.plan.attempt_id,
        "model": entrant.plan.model.name,
        "voice": f"{entrant.plan.voice.provider}/{entrant.plan.voice.model}",
        "folder": str(entrant.suite.folder),
        "index": str(page) if page else None,
    }
