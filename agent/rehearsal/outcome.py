"""What came of one rehearsal."""

from dataclasses import dataclass

from pydantic import JsonValue

from agent.models.report import Attempt
from agent.rehearsal.line import SimulatedLine
from agent.rehearsal.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """A call that is over."""

    report: Attempt
    line: SimulatedLine
    """Over; it still knows what either side said and heard."""
    verdicts: tuple[Verdict, ...] = ()
    """On everything the line expects."""
    reasons: tuple[str, ...] = ()
    """Why the call is not as it should be; empty: it is."""
    withdrawn: bool = False
    """It was called off from outside."""

    def as_json(self) -> dict[str, JsonValue]:
        """The report, and what was expected."""
        report: dict[str, JsonValue] = self.report.model_dump(mode="json")
        return {**report, "expectations": [verdict.as_json() for verdict in self.verdicts]}
