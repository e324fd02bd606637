"""What a run found, as a table and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, assert_never

from rich.table import Table

from bench.figures import Figure, Unit
from bench.turns import Exchange

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Results:
    """One run."""

    began: datetime
    figures: tuple[Figure, ...]
    exchanges: tuple[Exchange, ...]
    """The turns of the comparison, one by one."""
    disturbances: tuple[str, ...]
    """Why the figures may say more of the machine than of the worker."""

    @property
    def missed(self) -> tuple[Figure, ...]:
        """The figures that miss their target."""
        return tuple(figure for figure in self.figures if figure.met is False)

    def as_json(self) -> str:
        """Everything, for a program."""
        return json.dumps(
            {
                "began": self.began.isoformat(),
                "disturbances": self.disturbances,
                "figures": [_plain(figure) for figure in self.figures],
                "turns": [asdict(exchange) for exchange in self.exchanges],
            },
            indent=2,
            ensure_ascii=False,
        )

    def save(self) -> Path:
        """Write the JSON under `bench/results`, named for when the run began."""
        FOLDER.mkdir(exist_ok=True)
        path = FOLDER / f"{self.began:%Y-%m-%dT%H%M%SZ}.json"
        path.write_text(self.as_json() + "\n", encoding="utf-8")
        return path


def _plain(figure: Figure) -> dict[str, Any]:
    return {**asdict(figure), "name": figure.name.strip(), "met": figure.met}


def table(figures: Sequence[Figure]) -> Table:
    """A row for each figure."""
    shown = Table()
    for name in ("figure", "median", "worst", "target", "met", "of"):
        shown.add_column(name, justify="right" if name in ("median", "worst", "target") else "left", no_wrap=True)
    for figure in figures:
        shown.add_row(
            figure.name,
            _number(figure.value, figure.unit),
            "" if figure.worst is None else _number(figure.worst, figure.unit),
            "" if figure.target is None else str(figure.target),
            {None: "", True: "yes", False: "[bold red]NO[/]"}[figure.met],
            figure.note,
        )
    return shown


def _number(value: float, unit: Unit) -> str:
    match unit:
        case Unit.MILLISECONDS:
            return f"{value:.0f} ms"
        case Unit.SECONDS:
            return f"{value:.1f} s"
        case Unit.COUNT:
            return f"{value:.0f}"
        case Unit.RATIO:
            return f"{value:.2f}×"
        case Unit.SECONDS_OF_CPU:
            return f"{value:.2f} s"
        case Unit.MEGABYTES:
            return f"{value:.1f} MB"
        case _:
            assert_never(unit)
