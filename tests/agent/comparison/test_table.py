"""What a comparison looks like in a terminal."""

import io
from collections.abc import Mapping

from rich.console import Console

from agent.comparison.table import printed
from agent.comparison.versus import Comparison
from agent.models.report import Attempt, EndReason, TurnLatency, Usage
from agent.rehearsal.results import Came, Run
from agent.rehearsal.verdicts import Verdict
from agent.settings import Price
from tests.agent.comparison.sides import runs
from tests.agent.rehearsal.test_results import REPORT, results, run

QUIET = REPORT.model_copy(update={"end_reason": EndReason.USER_INACTIVE})
PRICED = {"gpt-4.1": Price.model_validate({"input": 2, "output": 8})}


def text(a: list[Run], b: list[Run], prices: Mapping[str, Price] | None = None, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, color_system=None)
    return printed(Comparison(results(*a), results(*b), prices or {}), console)


def test_both_sides_stand_beside_each_other() -> None:
    missed = {"verdicts": (Verdict("expect.says[0]", "says “x”", "no"),), "reasons": ("says “x”: no",)}
    a = [run("person", 1, Came.FAILED, report=QUIET, **missed), *runs("person", 4, 4)[1:]]
    assert text(a, runs("person", 4, 4), PRICED).splitlines() == [
        "passed, 95 % interval  A             B              B − A in points",
        "person                 3/4  30–95 %  4/4  51–100 %  +25 (−28 to 70)",
        "no difference that 4 runs could show: 4/4 against 3/4 (+25 points, −28 to 70)",
        "",
        "mean of a call, A → B  wait s       p95 s        length s     agent turns  words",
        "person                 1.00 → 1.00  1.00 → 1.00  11.2 → 11.2  3.0 → 3.0    9 → 9",
        "",
        "used in a call, A → B  tokens in  out      characters  heard s  cost/1000",
        "person                 500 → 500  40 → 40  60 → 60     11 → 11  1.32 → 1.32",
        "",
        "ends differently, A → B",
        "person  tool_end_call 3 → 4, user_inactive 1 → 0",
        "",
        "fails most",
        "person  A: says “x” (1 of 4)",
    ]


def test_a_single_line_is_not_summed_up() -> None:
    assert "\nall " not in text(runs("x", 3, 4), runs("x", 4, 4))
    assert "\nall " in text([*runs("x", 1, 1), *runs("y", 1, 1)], [*runs("x", 1, 1), *runs("y", 1, 1)])


def great(number: int, wait: int) -> Attempt:
    """A call with figures as great as they get."""
    usage = Usage(llm_input_tokens=number, llm_output_tokens=number, tts_characters=number, stt_secs=number)
    waits = (TurnLatency(speech_event_id="a2", voice_to_voice_ms=wait),)
    details = REPORT.details.model_copy(update={"usage": usage, "latencies": waits})
    return REPORT.model_copy(update={"details": details})


def test_it_fits_80_columns_whatever_the_figures() -> None:
    name = "a-line-with-a-name-that-nobody-would-want-to-read-in-a-table"
    a = [run(name, at, report=great(9999, 9999)) for at in range(1, 1001)]
    b = [run(name, at, Came.FAILED, report=great(654_321, 12_345)) for at in range(1, 1001)]
    shown = text(a, b, PRICED)
    assert max(map(len, shown.splitlines())) <= 80
    for figure in (
        "1000/1000  99.6–100 %",
        "0/1000  0–0.4 %",
        "10.0 → 12.3",
        "9999 → 654k",
        "100 → 6543",
        "−100 (−100 to −99)",
    ):
        assert figure in shown
    assert "…" not in shown
    table = shown.split("\nB passes less", 1)[0].splitlines()
    assert "".join(row.split("  ")[0].strip() for row in table[2:]) == name


def test_lines_that_are_decided_are_said_in_a_sentence() -> None:
    shown = text([*runs("x", 0, 10), *runs("y", 5, 10)], [*runs("x", 10, 10), *runs("y", 5, 10)])
    assert "\nx: B passes more: 10/10 against 0/10 (+100 points, 61 to 100)\n" in shown
    assert "\ny: " not in shown


def test_ends_that_differ_and_what_fails_most_are_named() -> None:
    missed = {"verdicts": (Verdict("expect.says[0]", "says “x”", "no"),), "reasons": ("says “x”: no",)}
    shown = text([run("x", 1), run("x", 2)], [run("x", 1), run("x", 2, Came.FAILED, report=QUIET, **missed)])
    assert "\nends differently, A → B\nx  tool_end_call 2 → 1, user_inactive 0 → 1\n" in shown
    assert shown.endswith("\nfails most\nx  B: says “x” (1 of 2)\n")


def test_without_prices_there_is_no_cost() -> None:
    assert "cost" not in text(runs("x", 1, 1), runs("x", 1, 1))
    assert "1.32 → 1.32" in text(runs("x", 1, 1), runs("x", 1, 1), PRICED)


def test_nothing_that_was_done_is_shown_as_nothing() -> None:
    shown = text([], [])
    assert "nothing to compare: no run of A was judged" in shown
    assert "all " in shown and "- → -" in shown


def test_a_name_is_no_markup() -> None:
    assert "[red]x[/red]" in text(runs("[red]x[/red]", 1, 1), runs("[red]x[/red]", 1, 1))
