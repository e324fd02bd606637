"""A suite's results as JUnit XML, which CI services read: a line is a test suite, a run a test case. Pure."""

import xml.etree.ElementTree as ET
from datetime import UTC
from typing import assert_never

from agent.rehearsal.results import Came, Results, Run, Tally


def junit(results: Results) -> bytes:
    """The file's contents."""
    root = _element("testsuites", results.attempt, results.seconds, results.runs)
    for tally in results.tallies:
        runs = tuple(run for run in results.runs if run.line == tally.line)
        root.append(_suite(results, tally, runs))
    ET.indent(root)
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def _element(tag: str, name: str, seconds: float, runs: tuple[Run, ...]) -> ET.Element:
    came = [run.came for run in runs]
    counts = {
        "tests": len(came),
        "failures": came.count(Came.FAILED),
        "errors": came.count(Came.ERROR),
        "skipped": came.count(Came.STOPPED),
    }
    about = {"name": _text(name), **{kind: str(count) for kind, count in counts.items()}, "time": f"{seconds:.3f}"}
    return ET.Element(tag, about)


def _suite(results: Results, tally: Tally, runs: tuple[Run, ...]) -> ET.Element:
    suite = _element("testsuite", tally.line, sum(run.seconds for run in runs), runs)
    suite.set("timestamp", results.began.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    suite.extend(_case(results, run) for run in runs)
    return suite


def _case(results: Results, run: Run) -> ET.Element:
    case = ET.Element("testcase", classname=_text(f"{results.attempt}.{run.line}"), name=_text(f"run {run.number}"))
    case.set("time", f"{run.seconds:.3f}")
    message, text = _text(run.reasons[0] if run.reasons else ""), _text("\n".join((*run.reasons, run.folder)))
    match run.came:
        case Came.PASSED:
            pass
        case Came.FAILED:
            ET.SubElement(case, "failure", message=message, type="expectation").text = text
        case Came.ERROR:
            ET.SubElement(case, "error", message=message, type="rehearsal").text = text
        case Came.STOPPED:
            ET.SubElement(case, "skipped", message="called off")
        case _:
            assert_never(run.came)
    return case


def _text(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
