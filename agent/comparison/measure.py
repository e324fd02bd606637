"""What the calls of one side came to: how many passed, how long the callee waited, what was said and used. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from statistics import fmean

from pydantic import JsonValue

from agent.comparison.intervals import Count, quantile
from agent.console.usage import Usage as Tokens
from agent.models.report import Attempt, Usage
from agent.page.verdict import talked
from agent.rehearsal.results import Came, Run
from agent.settings import Price

FAILED_CALL = "the call failed"
"""Stands among the expectations for what a line expects of every call without saying so."""


@dataclass(frozen=True, slots=True)
class PerCall:
    """The mean of the calls that were answered."""

    seconds: float
    """From the answer to the end."""
    agent_turns: float
    """How often the agent had the word."""
    agent_words: float
    """That were heard of the agent."""
    llm_input_tokens: float
    llm_output_tokens: float
    tts_characters: float
    stt_secs: float
    """Sound recognised."""
    cost: float | None
    """Of the model's tokens, in the prices' currency; None where a call's model has no price."""

    def as_json(self) -> dict[str, JsonValue]:
        """By name, rounded."""
        means = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "cost"}
        cost = None if self.cost is None else round(self.cost, 8)
        return {**{name: round(mean, 2) for name, mean in means.items()}, "cost": cost}


@dataclass(frozen=True, slots=True)
class Worst:
    """The expectation that failed most."""

    expectation: str
    failed: int
    """In so many runs."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One side, on one line or on all."""

    count: Count
    """Of the runs that were judged: neither called off nor impossible."""
    errors: int
    """Runs that could not be conducted."""
    waits: tuple[float, ...]
    """Milliseconds from the end of the callee's voice to the agent's, of every reply it was measured of."""
    calls: int
    """That were answered."""
    per_call: PerCall | None
    """None without such a call."""
    ends: Mapping[str, int]
    """How often the calls ended for which reason."""
    worst: Worst | None
    """None where everything came as expected."""

    @classmethod
    def of(cls, runs: Iterable[Run], prices: Mapping[str, Price]) -> "Measure":
        """Measure the runs that were not called off."""
        done = [run for run in runs if run.came is not Came.STOPPED]
        judged = [run for run in done if run.came is not Came.ERROR]
        reports = [run.report for run in judged if run.report is not None]
        latencies = (turn.voice_to_voice_ms for report in reports for turn in report.details.latencies)
        answered = [report for report in reports if report.answered_at is not None]
        return cls(
            count=Count(sum(run.came is Came.PASSED for run in judged), len(judged)),
            errors=len(done) - len(judged),
            waits=tuple(float(wait) for wait in latencies if wait is not None),
            calls=len(answered),
            per_call=_per_call(answered, prices) if answered else None,
            ends=Counter(run.end for run in judged),
            worst=_worst(judged),
        )

    @property
    def median(self) -> float | None:
        """Milliseconds that half of the replies were quicker than."""
        return quantile(self.waits, 0.5)

    @property
    def p95(self) -> float | None:
        """Milliseconds that 95 % of the replies were quicker than."""
        return quantile(self.waits, 0.95)


def _per_call(calls: Sequence[Attempt], prices: Mapping[str, Price]) -> PerCall:
    used = [report.details.usage or Usage() for report in calls]
    costs = [cost for report in calls if (cost := _cost(report, prices)) is not None]
    return PerCall(
        seconds=fmean(talked(report) or 0.0 for report in calls),
        agent_turns=fmean(_turns(report) for report in calls),
        agent_words=fmean(_words(report) for report in calls),
        llm_input_tokens=fmean(usage.llm_input_tokens for usage in used),
        llm_output_tokens=fmean(usage.llm_output_tokens for usage in used),
        tts_characters=fmean(usage.tts_characters for usage in used),
        stt_secs=fmean(usage.stt_secs for usage in used),
        cost=fmean(costs) if len(costs) == len(calls) else None,
    )


def _words(report: Attempt) -> int:
    return sum(len(entry.content.split()) for entry in report.transcript if entry.role == "assistant")


def _turns(report: Attempt) -> int:
    """What the agent says between two turns of the callee's is one, however many sentences and tools it takes."""
    speakers = (entry.role for entry in report.transcript if entry.role != "tool")
    return sum(role == "assistant" for role, _ in groupby(speakers))


def _cost(report: Attempt, prices: Mapping[str, Price]) -> float | None:
    models, usage = report.details.models, report.details.usage
    if models is None or usage is None or models.llm not in prices:
        return None
    return Tokens(input=usage.llm_input_tokens, output=usage.llm_output_tokens).cost(prices[models.llm])


def _worst(runs: Iterable[Run]) -> Worst | None:
    failures = Counter(failure for run in runs for failure in _failures(run))
    most = failures.most_common(1)
    return Worst(*most[0]) if most else None


def _failures(run: Run) -> tuple[str, ...]:
    """What did not come as expected, each once."""
    missed = [verdict.expectation for verdict in run.verdicts if not verdict.passed]
    beside = [FAILED_CALL] if run.came is Came.FAILED and len(run.reasons) > len(missed) else []
    return tuple(dict.fromkeys((*beside, *missed)))
