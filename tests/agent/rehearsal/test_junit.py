import xml.etree.ElementTree as ET

from agent.rehearsal.junit import junit
from agent.rehearsal.results import Came
from tests.agent.rehearsal.test_results import results, run

RUNS = (
    run("a", 1),
    run("a", 2, Came.FAILED, reasons=("says “x” & <y>: no", "turns, 2: there were 3")),
    run("b", 1, Came.ERROR, reasons=("the stand-in process has died",), report=None),
    run("b", 2, Came.STOPPED),
)


def test_a_line_is_a_suite_and_a_run_a_case() -> None:
    root = ET.fromstring(junit(results(*RUNS)))
    assert root.tag == "testsuites"
    assert {name: root.get(name) for name in ("name", "tests", "failures", "errors", "skipped", "time")} == {
        "name": "attempt-1",
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "12.346",
    }
    assert [(suite.get("name"), suite.get("tests"), suite.get("time")) for suite in root] == [
        ("a", "2", "20.000"),
        ("b", "2", "20.000"),
    ]
    cases = root.findall("testsuite/testcase")
    assert [(case.get("classname"), case.get("name"), case.get("time")) for case in cases] == [
        ("attempt-1.a", "run 1", "10.000"),
        ("attempt-1.a", "run 2", "10.000"),
        ("attempt-1.b", "run 1", "10.000"),
        ("attempt-1.b", "run 2", "10.000"),
    ]
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["error"], ["skipped"]]
    assert root[0].get("timestamp") == "2026-03-09T12:00:00"


def test_a_failure_holds_every_reason_and_the_folder() -> None:
    failure = ET.fromstring(junit(results(*RUNS))).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "says “x” & <y>: no"
    assert failure.text == "says “x” & <y>: no\nturns, 2: there were 3\na/run-02"


def test_what_xml_cannot_hold_is_left_out() -> None:
    root = ET.fromstring(junit(results(run("a", 1, Came.FAILED, reasons=("a\x00b\x1bc\ufffed",)))))
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "a b c d"


def test_nothing_done_is_a_file_too() -> None:
    assert ET.fromstring(junit(results(planned=3))).get("tests") == "0"


def test_it_is_a_document_with_its_encoding() -> None:
    assert junit(results(*RUNS)).startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<testsuites ")
