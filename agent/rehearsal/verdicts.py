"""Whether a call was as its line file expects. Pure: read off the events and the report, when the call is over."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from pydantic import JsonValue

from agent import events as e
from agent import summary
from agent.models.report import Attempt, TranscriptEntry
from agent.rehearsal.expectations import Answers, Count, Expectations, ToolCall
from agent.rehearsal.matching import agrees, found
from agent.turns import AgentUtterance, CalleeTurn, Turns
from audio.frames import RATE

_LONGEST = 160
"""Characters of what was said, or given to a tool, that a reason quotes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one expectation."""

    field: str
    """Path in the line file, such as `expect.says[0]`."""
    expectation: str
    """In words."""
    failure: str | None = None
    """Why it does not hold; None: it does."""

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return self.failure is None

    @property
    def reason(self) -> str:
        """The expectation and why it does not hold, in one sentence."""
        return f"{self.expectation}: {self.failure}" if self.failure else self.expectation

    def as_json(self) -> dict[str, JsonValue]:
        """The same for a program to read."""
        return {"field": self.field, "expectation": self.expectation, "passed": self.passed, "failure": self.failure}


def judge(expect: Expectations, events: Sequence[e.Event], report: Attempt) -> tuple[Verdict, ...]:
    """A verdict for each expectation, in the order of the reference. `report` is what the events fold to."""
    call = _Call.of(events, report)
    return tuple(
        Verdict(f"expect.{place}", expectation, failure)
        for check in _CHECKS
        for place, expectation, failure in check(expect, call)
    )


def shortcomings(expect: Expectations, verdicts: Iterable[Verdict], report: Attempt) -> tuple[str, ...]:
    """Why a call is not as it should be, each in a sentence; empty: it is.

    A call that failed is never as it should be, unless how it stands is expected.
    """
    reasons = tuple(verdict.reason for verdict in verdicts if not verdict.passed)
    if expect.status or expect.error or not summary.failed(report):
        return reasons
    why = f": {_short(report.error.message)}" if report.error is not None and report.error.message else ""
    return f"the call failed{why}", *reasons


Findings = Iterator[tuple[str, str, str | None]]
"""Field, expectation in words, and why it does not hold."""


@dataclass(slots=True)
class _Call:
    """A call that is over, in seconds from the answer."""

    report: Attempt
    turns: Turns
    answered: bool = False
    length: float = 0.0
    """From the answer to the end."""
    sounds: list[tuple[float, float]] = field(default_factory=list)
    """When either side was heard."""

    @classmethod
    def of(cls, events: Iterable[e.Event], report: Attempt) -> "_Call":
        call = cls(report, Turns())
        answered_at = 0.0
        speaking: float | None = None
        for event in events:
            call.turns.take(event)
            match event:
                case e.Answered():
                    answered_at, call.answered = event.at, True
                case e.Ended() if call.answered:
                    call.length = max(0.0, event.at - answered_at)
                case e.CalleeStarted():
                    speaking = event.sample / RATE
                case e.CalleeStopped() if speaking is not None:
                    call.sounds.append((speaking, event.sample / RATE))
                    speaking = None
                case e.AgentStopped():
                    call.sounds.append((event.start / RATE, event.stop / RATE))
                case _:
                    pass
        if speaking is not None:
            call.sounds.append((speaking, call.length))
        return call

    @property
    def said(self) -> list[AgentUtterance]:
        """The agent's utterances, in order."""
        return sorted((said for said in self.turns.agent.values() if said.text), key=lambda said: said.start)

    @property
    def taken(self) -> list[CalleeTurn]:
        """The callee's turns that were handed to the model."""
        return [turn for turn in self.turns.callee if turn.taken_at is not None and turn.texts]

    @property
    def tools(self) -> list[TranscriptEntry]:
        """The uses of tools."""
        return [entry for entry in self.report.transcript if entry.role == "tool"]


def _endings(expect: Expectations, call: _Call) -> Findings:
    report = call.report
    code = report.error.code if report.error is not None else None
    for name, what, allowed, came in (
        ("status", "status is", expect.status, report.status),
        ("dial_error", "the dial ends with", expect.dial_error, report.dial_error),
        ("error", "the error is", expect.error, code),
        ("result", "the result is", expect.result, report.result),
        ("ended_by", "ended by", expect.ended_by, report.ended_by),
        ("end_reason", "ends with", expect.end_reason, report.end_reason),
    ):
        if allowed:
            holds = came is not None and came.value in {each.value for each in allowed}
            wording = f"{what} {' or '.join(each.value for each in allowed)}"
            yield name, wording, None if holds else f"it was {came.value if came is not None else 'none'}"


def _phrases(expect: Expectations, call: _Call) -> Findings:
    said = call.said
    for index, phrase in enumerate(expect.says):
        holds = any(found(phrase, each.text) for each in said)
        count = f"not in {_many(len(said), 'sentence')} of the agent's" if said else "the agent said nothing"
        yield f"says[{index}]", f"says {_quoted(phrase)}", None if holds else count
    for index, phrase in enumerate(expect.never_says):
        slips = [each for each in said if found(phrase, each.text)]
        why = f"said at {_clock(slips[0].start / RATE)}: “{_short(slips[0].text)}”" if slips else None
        yield f"never_says[{index}]", f"never says {_quoted(phrase)}", why
    heard = [turn.text for turn in call.turns.callee if turn.texts]
    for index, phrase in enumerate(expect.hears):
        holds = any(found(phrase, text) for text in heard)
        count = f"not in {_many(len(heard), 'turn')} of the callee's" if heard else "nothing was heard of the callee"
        yield f"hears[{index}]", f"hears {_quoted(phrase)}", None if holds else count


def _tools(expect: Expectations, call: _Call) -> Findings:
    for index, wanted in enumerate(expect.calls):
        fitting = sum(_fits(wanted, use) for use in call.tools)
        times = "" if wanted.times == Count(at_least=1) else f" {wanted.times}×"
        why = None if wanted.times.holds(fitting) else _missed(wanted, call.tools, fitting)
        yield f"calls[{index}]", f"calls {_described(wanted)}{times}", why
    for index, unwanted in enumerate(expect.never_calls):
        fitting = sum(_fits(unwanted, use) for use in call.tools)
        why = f"called {_times(fitting)}" if fitting else None
        yield f"never_calls[{index}]", f"never calls {_described(unwanted)}", why


def _fits(wanted: ToolCall, use: TranscriptEntry) -> bool:
    if use.tool_name != wanted.tool or (wanted.failed is not None and bool(use.tool_is_error) is not wanted.failed):
        return False
    given = use.tool_arguments
    if not isinstance(given, dict):
        return not wanted.arguments and not wanted.only
    if wanted.only and given.keys() != wanted.arguments.keys():
        return False
    return agrees(dict(wanted.arguments), given)


def _described(wanted: ToolCall) -> str:
    outcome = {None: "", True: ", which fails", False: ", which succeeds"}[wanted.failed]
    only = "only " if wanted.only else ""
    if not wanted.arguments:
        return wanted.tool + (" without arguments" if wanted.only else "") + outcome
    return f"{wanted.tool} with {only}{_arguments(wanted.arguments)}{outcome}"


def _missed(wanted: ToolCall, tools: Sequence[TranscriptEntry], fitting: int) -> str:
    uses = [use for use in tools if use.tool_name == wanted.tool]
    if fitting or not uses:
        return f"called {_times(fitting)} like that" if fitting else "it was never called"
    last = uses[-1]
    failed = "; it failed" if last.tool_is_error else ""
    return f"called {_times(len(uses))}, the last time with {_arguments(last.tool_arguments)}{failed}"


def _arguments(given: Mapping[str, JsonValue] | str | None) -> str:
    if not isinstance(given, Mapping):
        return f"“{_short(given or '')}”, which is no JSON object"
    if not given:
        return "no arguments"
    return _short(", ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in given.items()))


def _waits(expect: Expectations, call: _Call) -> Findings:
    if expect.answers_within is None:
        return
    waits = list(_answers(call))
    for name, wording, why in _judged_waits(expect.answers_within, waits):
        yield f"answers_within.{name}", wording, why


@dataclass(frozen=True, slots=True)
class _Wait:
    """From the end of a turn of the callee's to the agent's first sound, in seconds."""

    at: float
    seconds: float
    answer: str | None
    """None: there was none, and the wait ended with the call or with the callee's next words."""


def _answers(call: _Call) -> Iterator[_Wait]:
    said = call.said
    for turn in call.taken:
        if turn.stop is None:
            continue
        stop = turn.stop / RATE
        answer = next((each for each in said if each.answers is turn), None)
        answer = answer or next((each for each in said if each.start >= (turn.stop or 0)), None)
        later = min((other.start / RATE for other in call.turns.callee if other.start > turn.stop), default=call.length)
        if answer is not None and (answer.answers is turn or answer.start / RATE <= later):
            yield _Wait(stop, max(0.0, answer.start / RATE - stop), answer.text)
        else:
            yield _Wait(stop, max(0.0, later - stop), None)


def _judged_waits(expect: Answers, waits: Sequence[_Wait]) -> Findings:
    answered = [wait.seconds for wait in waits if wait.answer is not None]
    if expect.each is not None:
        worst = max((wait for wait in waits if wait.seconds > expect.each), key=lambda wait: wait.seconds, default=None)
        why = None if answered or worst else "no turn of the callee's was answered"
        if worst is not None:
            what = f"before “{_short(worst.answer)}”" if worst.answer is not None else "and no answer"
            why = f"{worst.seconds:.2f} s after {_clock(worst.at)}, {what}"
        yield "each", f"answers each turn within {expect.each:g} s", why
    if expect.median is not None:
        middle = median(answered) if answered else None
        why = None
        if middle is None:
            why = "no turn of the callee's was answered"
        elif middle > expect.median:
            why = f"the median of {len(answered)} was {middle:.2f} s"
        yield "median", f"answers half of the turns within {expect.median:g} s", why


def _silence(expect: Expectations, call: _Call) -> Findings:
    longest = expect.never_silent_for
    if longest is None:
        return
    gaps = list(_gaps(call)) if call.answered else []
    at, seconds = max(gaps, key=lambda gap: gap[1], default=(0.0, 0.0))
    why = f"nobody was heard for {seconds:.1f} s from {_clock(at)}" if seconds > longest else None
    yield "never_silent_for", f"never silent for more than {longest:g} s", why


def _gaps(call: _Call) -> Iterator[tuple[float, float]]:
    """Where nobody is heard from, and for how many seconds."""
    until = 0.0
    for start, stop in sorted(call.sounds):
        if start > until:
            yield until, start - until
        until = max(until, stop)
    yield until, call.length - until


def _amounts(expect: Expectations, call: _Call) -> Findings:
    if expect.turns is not None:
        taken = len(call.taken)
        why = None if expect.turns.holds(taken) else f"{'there was' if taken == 1 else 'there were'} {taken}"
        yield "turns", f"turns of the callee's, {expect.turns}", why
    if expect.lasts is not None:
        holds = call.answered and expect.lasts.holds(call.length)
        why = f"it lasted {call.length:.1f} s" if call.answered else "it was not answered"
        yield "lasts", f"lasts {expect.lasts} s", None if holds else why


_CHECKS: tuple[Callable[[Expectations, _Call], Findings], ...] = (
    _endings,
    _phrases,
    _tools,
    _waits,
    _silence,
    _amounts,
)


def _quoted(phrase: str) -> str:
    return phrase if phrase.startswith("/") else f"“{_short(phrase)}”"


def _short(text: str) -> str:
    """Fit to be printed: one line of printable characters, not too long."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
