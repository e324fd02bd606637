"""Many rehearsals of one attempt: every line of a suite, each so many times, some of them at once.

All calls share one process, one loop and one stand-in process: a call keeps a core busy for a tenth of its time, mostly
waits, and starts at once where livekit is imported already.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from agent import events as e
from agent.documents import safe_name
from agent.problems import ErrorCode, InputInvalid
from agent.providers import Providers
from agent.rehearsal.outcome import Outcome
from agent.rehearsal.results import Came, Results, Run
from agent.rehearsal.shipped import NamedLine
from agent.rehearsal.stop import stopping
from agent.rehearsal.variation import AS_WRITTEN, varied
from agent.rehearse import Rehearsal, Subject, make_folder, stand_ins
from agent.settings import Settings
from agent.standins.process import StandIns, StandInsFailed
from audio.recording import RecordingFailed

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Calls at once that two cores conduct without a trace in their timing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run that is to be done."""

    line: NamedLine
    number: int
    """From 1."""
    seed: int
    folder: str
    """Relative to the suite's, with slashes."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What is to be rehearsed."""

    subject: Subject
    lines: tuple[NamedLine, ...]
    providers: Providers
    settings: Settings
    folder: Path
    repeat: int = 1
    jobs: int = AT_ONCE
    seed: int = AS_WRITTEN
    """Of the first run of each line; each further run has the next."""

    @property
    def planned(self) -> int:
        """How many runs there will be."""
        return self.repeat * len(self.lines)

    def cases(self) -> Iterator[Case]:
        """The first run of every line, then the second of every line, and so on."""
        width = max(2, len(str(self.repeat)))
        for number in range(1, self.repeat + 1):
            for line in self.lines:
                within = f"{safe_name(line.name)}/" if len(self.lines) > 1 else ""
                yield Case(line, number, self.seed + number - 1, f"{within}run-{number:0{width}}")


class Watch(Protocol):
    """Is told how a suite goes on."""

    def began(self, case: Case) -> None:
        """A run has begun."""
        ...

    def ended(self, case: Case, run: Run) -> None:
        """It is over."""
        ...


class Ledger:
    """The runs of a suite that are done."""

    def __init__(self, suite: Suite, attempt: str) -> None:
        self._suite = suite
        self._attempt = attempt
        self._began = datetime.now(UTC)
        self._clock = time.monotonic()
        self._runs: list[Run] = []

    def add(self, run: Run) -> None:
        """Keep what came of a run."""
        self._runs.append(run)

    def save(self) -> None:
        """Write `suite.json`, whole or not at all. Raises OSError."""
        path = self._suite.folder / "suite.json"
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(self.results.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        unfinished.replace(path)

    @property
    def results(self) -> Results:
        """What was done so far."""
        order = {line.name: index for index, line in enumerate(self._suite.lines)}
        return Results(
            attempt=self._attempt,
            began=self._began,
            seconds=time.monotonic() - self._clock,
            seed=self._suite.seed,
            repeat=self._suite.repeat,
            jobs=self._suite.jobs,
            planned=self._suite.planned,
            runs=tuple(sorted(self._runs, key=lambda run: (order[run.line], run.number))),
        )


async def rehearse_suite(suite: Suite, ledger: Ledger, watch: Watch, at_once: Callable[[], None]) -> None:
    """Conduct every run. Ctrl-C begins no more and calls off those under way; a second one calls `at_once`.

    Raises `StandInsFailed` where nothing could be conducted, and OSError where `suite.json` cannot be written.
    """
    with stopping(ending=True, at_once=at_once) as stop:
        async with stand_ins() as started:
            await conduct(suite, ledger, watch, started, stop)


@dataclass(frozen=True, slots=True)
class Part:
    """A suite, with what keeps its runs and who is told of them."""

    suite: Suite
    ledger: Ledger
    watch: Watch


async def conduct(suite: Suite, ledger: Ledger, watch: Watch, started: StandIns, stop: asyncio.Event) -> None:
    """Conduct every run with a stand-in process that is there; `stop` begins no more and calls off the others.

    Raises OSError where `suite.json` cannot be written.
    """
    await conduct_in_turn([Part(suite, ledger, watch)], suite.jobs, started, stop)


async def conduct_in_turn(parts: Sequence[Part], jobs: int, started: StandIns, stop: asyncio.Event) -> None:
    """Conduct the runs of suites that have as many each, `jobs` at once, so that the machine treats them alike.

    As `conduct` otherwise.
    """
    conductor = _Conductor(in_turn(parts), started, stop)
    broken: list[BaseException] = []
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(min(jobs, sum(part.suite.planned for part in parts))):
                group.create_task(conductor.work(), name=f"rehearsal {number + 1}")
    except* OSError as errors:
        broken.extend(errors.exceptions)
    if broken:
        # Not in the handler: what is raised there comes out as a group on some versions of Python.
        raise broken[0]


def in_turn(parts: Sequence[Part]) -> Iterator[tuple[Part, Case]]:
    """The first run of each suite, then the second of each, and so on; the last is first every other time."""
    for index, cases in enumerate(zip(*(part.suite.cases() for part in parts), strict=True)):
        together = tuple(zip(parts, cases, strict=True))
        yield from reversed(together) if index % 2 else together


class _Conductor:
    """Takes one case after the other; several do so at once."""

    def __init__(self, waiting: Iterator[tuple[Part, Case]], started: StandIns, stop: asyncio.Event) -> None:
        self._stand_ins = started
        self._stop = stop
        self._waiting = waiting

    async def work(self) -> None:
        """Until none is left, or it is stopped."""
        for part, case in self._waiting:
            if self._stop.is_set() or self._stand_ins.died.is_set():
                return
            part.watch.began(case)
            run = await self._run(part.suite, case)
            part.ledger.add(run)
            part.ledger.save()
            part.watch.ended(case, run)

    async def _run(self, suite: Suite, case: Case) -> Run:
        began = time.monotonic()
        try:
            outcome = await self._conduct(suite, case)
        except (StandInsFailed, RecordingFailed, InputInvalid) as error:
            return run_of(case, time.monotonic() - began, str(error))
        except OSError as error:
            return run_of(case, time.monotonic() - began, f"{case.folder}: {error.strerror or type(error).__name__}")
        except Exception as error:
            logger.error("a rehearsal broke", extra={"error": type(error).__name__}, exc_info=error)
            return run_of(case, time.monotonic() - began, f"internal error: {type(error).__name__}")
        return run_of(case, time.monotonic() - began, outcome)

    async def _conduct(self, suite: Suite, case: Case) -> Outcome:
        from agent.rehearsal.run import run  # noqa: PLC0415  (livekit is imported beside the stand-ins' start)

        plan = suite.subject.plan(suite.settings, suite.providers, datetime.now(UTC))
        folder = suite.folder / case.folder
        make_folder(folder)
        line = varied(case.line.script, case.seed)
        rehearsal = Rehearsal(plan, line, suite.providers, suite.settings, folder)
        return await run(rehearsal, self._stand_ins, _unseen, self._stop)


def _unseen(event: e.Event) -> None:
    """Calls at the same time are not shown as they go."""


def run_of(case: Case, seconds: float, outcome: Outcome | str) -> Run:
    """What came of a case: an outcome, or why there is none."""
    if isinstance(outcome, str):
        return Run(case.line.name, case.number, case.seed, case.folder, Came.ERROR, (outcome,), seconds, None)
    came, reasons = Came.PASSED, outcome.reasons
    if outcome.withdrawn:
        came, reasons = Came.STOPPED, ()
    elif reasons:
        failed = outcome.report.error
        outage = failed is not None and failed.code is ErrorCode.PROVIDER_FAILED
        came = Came.ERROR if outage else Came.FAILED
    name, verdicts = case.line.name, outcome.verdicts
    return Run(name, case.number, case.seed, case.folder, came, reasons, seconds, outcome.report, verdicts)
