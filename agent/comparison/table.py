"""A comparison in the terminal: tables that fit 80 columns, and the findings in sentences."""

from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.comparison.intervals import Count
from agent.comparison.measure import Measure, PerCall
from agent.comparison.versus import Comparison, Finding, Versus, points

WIDTH = 80
"""Columns that are enough."""
_STYLES = {Finding.BETTER: "green", Finding.WORSE: "red", Finding.UNDECIDED: "", Finding.NOTHING: "dim"}
_SIGNS = {Finding.BETTER: "▲ ", Finding.WORSE: "▼ ", Finding.UNDECIDED: "", Finding.NOTHING: ""}


def printed(comparison: Comparison, console: Console) -> str:
    """The comparison as text, for this console's colours and at most its width."""
    with console.capture() as captured:
        console.print(*_parts(comparison), sep="\n", width=min(console.width, WIDTH))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _parts(comparison: Comparison) -> Iterator[RenderableType]:
    rows = _rows(comparison)
    yield _passes(rows)
    yield Text(comparison.total.words, style=f"bold {_STYLES[comparison.total.finding]}")
    lines = rows[:-1]
    decided = [each for each in lines if each.finding in (Finding.BETTER, Finding.WORSE)]
    yield from (Text(f"{each.line}: {each.words}", style=_STYLES[each.finding]) for each in decided)
    yield Text()
    yield _figures("mean of a call, A → B", _TALK, rows)
    yield Text()
    yield _figures("used in a call, A → B", _USE, rows)
    yield from _remarkable("ends differently, A → B", [(_name(each), _ends(each)) for each in rows])
    yield from _remarkable("fails most", [(_name(each), _worst(each)) for each in rows])


def _rows(comparison: Comparison) -> Sequence[Versus]:
    """The lines and all of them together, which is the same where there is one."""
    lines = comparison.lines
    return (*lines, comparison.total) if len(lines) != 1 else lines


def _name(versus: Versus) -> str:
    return versus.line or "all"


def _passes(rows: Sequence[Versus]) -> Table:
    table = _table("passed, 95 % interval", "A", "B", "B − A in points")
    for each in rows:
        apart = each.difference
        how = "-" if apart is None else _SIGNS[each.finding] + points(apart).replace(" points, ", " (") + ")"
        cells = (_share(each.a.count), _share(each.b.count), how)
        table.add_row(_cell(_name(each)), *cells[:2], Text(how, _STYLES[each.finding]))
    return table


def _share(count: Count) -> str:
    rate = count.rate
    if rate is None:
        return "-"
    return f"{count.passed}/{count.runs}  {_percent(rate.low)}–{_percent(rate.high)} %"


def _percent(share: float) -> str:
    """Rounded, but what is not certain does not look like it."""
    doubtful = 0 < share < 0.005 or 0.995 <= share < 1
    return f"{100 * share:.1f}" if doubtful else f"{100 * share:.0f}"


_Figure = tuple[str, Callable[[Measure], float | None], Callable[[float], str]]
"""Heading, the figure of one side, and how it is written."""


def _of_call(figure: Callable[[PerCall], float | None]) -> Callable[[Measure], float | None]:
    return lambda side: None if side.per_call is None else figure(side.per_call)


def _in_seconds(milliseconds: Callable[[Measure], float | None]) -> Callable[[Measure], float | None]:
    def seconds(side: Measure) -> float | None:
        figure = milliseconds(side)
        return None if figure is None else figure / 1000

    return seconds


def _places(most: int) -> Callable[[float], str]:
    """Writes a figure with so many decimals, or fewer: never in more than five letters, up to 999.5 thousand."""

    def write(figure: float) -> str:
        if figure >= 9999.5:
            return f"{_written(figure / 1000, 1)}k"
        return _written(figure, most)

    return write


def _written(figure: float, most: int) -> str:
    texts = (f"{figure:.{places}f}" for places in range(most, -1, -1))
    return next((text for text in texts if len(text) <= 4), f"{figure:.0f}")


_TALK: tuple[_Figure, ...] = (
    ("wait s", _in_seconds(lambda side: side.median), _places(2)),
    ("p95 s", _in_seconds(lambda side: side.p95), _places(2)),
    ("length s", _of_call(lambda call: call.seconds), _places(1)),
    ("agent turns", _of_call(lambda call: call.agent_turns), _places(1)),
    ("words", _of_call(lambda call: call.agent_words), _places(0)),
)
_COST: _Figure = ("cost/1000", _of_call(lambda call: None if call.cost is None else call.cost * 1000), _places(2))
"""Of a thousand calls: that of one is a very small number."""
_USE: tuple[_Figure, ...] = (
    ("tokens in", _of_call(lambda call: call.llm_input_tokens), _places(0)),
    ("out", _of_call(lambda call: call.llm_output_tokens), _places(0)),
    ("characters", _of_call(lambda call: call.tts_characters), _places(0)),
    ("heard s", _of_call(lambda call: call.stt_secs), _places(0)),
    _COST,
)


def _figures(title: str, figures: Sequence[_Figure], rows: Sequence[Versus]) -> Table:
    """Both sides' figures, a line of the suite each; a figure that neither side has anywhere is left out."""
    known = [each for each in figures if each is not _COST or any(each[1](side) is not None for side in _sides(rows))]
    table = _table(title, *(heading for heading, _, _ in known))
    for each in rows:
        table.add_row(_cell(_name(each)), *(_pair(each, figure, write) for _, figure, write in known))
    return table


def _sides(rows: Sequence[Versus]) -> Iterator[Measure]:
    for each in rows:
        yield from (each.a, each.b)


def _pair(versus: Versus, figure: Callable[[Measure], float | None], write: Callable[[float], str]) -> str:
    sides = (figure(versus.a), figure(versus.b))
    return " → ".join("-" if side is None else write(side) for side in sides)


def _table(title: str, *headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(title, overflow="fold", min_width=12)
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _cell(text: str) -> Text:
    """Text of the user's, which is no markup."""
    return Text(text, overflow="fold")


def _remarkable(title: str, rows: Sequence[tuple[str, str]]) -> Iterator[Group]:
    said = [(name, text) for name, text in rows if text]
    if not said:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(overflow="fold", max_width=24)
    table.add_column(overflow="fold")
    for name, text in said:
        table.add_row(_cell(name), _cell(text))
    yield Group(Text(), Text(title, "dim"), table)


def _ends(versus: Versus) -> str:
    return ", ".join(f"{end} {a} → {b}" for end, (a, b) in versus.ends.items())


def _worst(versus: Versus) -> str:
    sides = (("A", versus.a), ("B", versus.b))
    said = (
        f"{name}: {side.worst.expectation} ({side.worst.failed} of {side.count.runs})"
        for name, side in sides
        if side.worst is not None
    )
    return "\n".join(said)
