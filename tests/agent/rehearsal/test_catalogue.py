import json

import pytest
import yaml

from agent.rehearsal.catalogue import catalogue, entry
from agent.rehearsal.shipped import LineInvalid, load_line, parse_line, shipped


def test_every_line_is_listed_and_explained() -> None:
    text = catalogue(as_json=False)
    for name in shipped():
        assert f"\n{name} " in f"\n{text}"
    assert "puts the phone down" in " ".join(text.split())


def test_programs_get_the_same() -> None:
    listed = json.loads(catalogue(as_json=True))
    assert [line["name"] for line in listed] == list(shipped())
    busy = next(line for line in listed if line["name"] == "busy")
    assert busy == {
        "name": "busy",
        "description": "The line is engaged.",
        "answer": "busy",
        "languages": [],
        "expect": ["status is error", "the dial ends with busy", "ends with user_rejected"],
    }
    assert all(line["description"] and line["expect"] for line in listed)
    persona = next(line for line in listed if line["name"] == "busy-person")
    assert persona["languages"] == ["en", "fr", "de", "es", "it", "pt", "nl"]


@pytest.mark.parametrize("name", shipped())
def test_a_line_is_shown_as_a_file_that_is_that_line(name: str) -> None:
    text = entry(name, as_json=False)
    assert text.startswith("# Expects: ")
    assert parse_line(yaml.safe_load(text)) == load_line(name)
    shown = json.loads(entry(name, as_json=True))
    assert parse_line(yaml.safe_load(shown["yaml"])) == load_line(name)


def test_a_line_that_there_is_not_gets_the_nearest() -> None:
    with pytest.raises(LineInvalid) as caught:
        entry("spler", as_json=False)
    [problem] = caught.value.lines()
    assert problem.startswith("spler: expected busy, busy-person, child, ") and problem.endswith(
        "there is none; did you mean speller?"
    )
