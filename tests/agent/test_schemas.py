"""The schemas are those in docs/schemas, and refuse and accept what the parsers do."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from pydantic import JsonValue

from agent.documents import load, parse_assistant
from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.pending import PENDING
from agent.problems import InputInvalid
from agent.rehearsal.results import Came
from agent.rehearsal.shipped import parse_line, shipped, source
from agent.report import fold
from agent.schemas import ENDING, schemas, texts, write
from agent.starter import start
from tests.agent.recorded import CALL
from tests.agent.rehearsal.test_results import results, run

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "schemas"
STARTERS = Path(start.__file__).parent / "files"
MADE = schemas()
EXAMPLES = [*(ROOT / "examples").rglob("*.yaml"), *(ROOT / "examples").rglob("*.json")]
HEADER = re.compile(r"(?:# yaml-language-server: \$schema=|\"\$schema\": \")([^\s\"]+)")


def refused(kind: str, value: JsonValue) -> bool:
    """Whether the schema refuses it."""
    return not VALIDATORS[kind].is_valid(value)


VALIDATORS = {kind: Draft7Validator(schema) for kind, schema in MADE.items()}


def parser_refuses(kind: str, value: JsonValue) -> bool:
    """Whether it has a problem or an unknown field."""
    try:
        if kind == "line":
            parse_line(value)
            return False
        beside = isinstance(value, dict) and isinstance(value.get("assistant"), str)
        if isinstance(value, dict) and kind == "attempt" and beside:
            value = {**value, "assistant": {}}  # what `agent.documents` puts there
        parsed = parse(Attempt, value) if kind == "attempt" else parse_assistant(value)
        return bool(parsed.problems or parsed.unknown)
    except InputInvalid:
        return True


def header(path: Path) -> str:
    """The schema a file refers to; empty: none."""
    found = HEADER.search(path.read_text())
    return found[1] if found else ""


def kind_of(path: Path) -> str:
    return Path(header(path)).name.removesuffix(ENDING) or "attempt"


DOCUMENTS = [
    *(pytest.param(kind_of(path), load(path), id=path.name) for path in sorted(EXAMPLES)),
    *(pytest.param("line", load(source(name)), id=f"{name} (shipped)") for name in shipped()),
    *(pytest.param(kind_of(path), load(path), id=f"{path.name} (init)") for path in sorted(STARTERS.rglob("*.yaml"))),
]


def test_the_files_are_made_from_the_models() -> None:
    written = {path.name: path.read_text() for path in DOCS.glob(f"*{ENDING}")}
    assert written == texts(), "make them anew: voice-worker schemas docs/schemas"


@pytest.mark.parametrize("kind", MADE)
def test_a_schema_is_one_of_draft_7(kind: str) -> None:
    Draft7Validator.check_schema(MADE[kind])
    assert MADE[kind]["$schema"] == "http://json-schema.org/draft-07/schema#"
    named = set(re.findall(r'"#/definitions/([^"]+)"', texts()[f"{kind}{ENDING}"]))
    assert named == set(MADE[kind]["definitions"])


def fields(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field a schema has, by where it stands."""
    if isinstance(schema, list):
        for each in schema:
            yield from fields(each, path)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties":
                yield from ((f"{path}.{name}", field) for name, field in value.items())
            if key not in ("if", "then", "else"):  # conditions
                yield from fields(value, f"{path}.{key}")


@pytest.mark.parametrize("kind", MADE)
def test_every_field_says_what_it_is_for(kind: str) -> None:
    # A reference alone shows what it leads to.
    mute = [place for place, field in fields(MADE[kind]) if "description" not in field and "$ref" not in field]
    assert mute == []


def test_a_description_has_the_range_and_the_default() -> None:
    assistant = MADE["assistant"]["definitions"]["Assistant"]["properties"]
    assert assistant["max_call_duration_secs"]["description"] == (
        "Seconds from the answer at which the call is over, the last sentence included. "
        "More than 0 and at most 86400. Default: 600."
    )
    voice = MADE["assistant"]["definitions"]["ElevenLabsVoice"]["properties"]["speed"]
    assert voice["description"].endswith("At least 0.7 and at most 1.2. Default: 1.")
    codec = MADE["line"]["definitions"]["Codec"]
    assert (
        dict(zip(codec["enum"], codec["enumDescriptions"], strict=True))["wide"] == "Nothing: 24 kHz from end to end."
    )


def test_what_does_nothing_yet_says_so() -> None:
    for model, names in PENDING.items():
        described = MADE["attempt"]["definitions"][model.__name__]["properties"]
        silent = {name for name, field in described.items() if not field["description"].endswith("nothing yet.")}
        assert set(names).isdisjoint(silent) and silent | set(names) == set(model.model_fields)


@pytest.mark.parametrize("path", sorted(EXAMPLES), ids=lambda path: path.name)
def test_an_example_refers_to_its_schema(path: Path) -> None:
    assert header(path), "expected the path of its schema in its first line"
    assert (path.parent / header(path)).resolve().parent == DOCS


@pytest.mark.parametrize(("kind", "document"), DOCUMENTS)
def test_what_is_shipped_is_valid(kind: str, document: JsonValue) -> None:
    assert [error.message for error in VALIDATORS[kind].iter_errors(document)] == []
    assert not parser_refuses(kind, document)


def places(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The way to every value within another."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        if key != "$schema":
            yield (*path, key)
            yield from places(entry, *path, key)


def kinds_of_places(document: Any) -> Iterator[tuple[str | int, ...]]:
    """One way to each kind of value: entries of a list are alike."""
    seen = set()
    for place in places(document):
        kind = tuple("*" if isinstance(key, int) else key for key in place)
        if kind not in seen:
            seen.add(kind)
            yield place


def changed(document: JsonValue, place: tuple[str | int, ...], change: Callable[[Any, Any], None]) -> JsonValue:
    """A copy in which `change` was done to the object or list around a place."""
    made = copy.deepcopy(document)
    around: Any = made
    for key in place[:-1]:
        around = around[key]
    change(around, place[-1])
    return made


def misspelt(around: Any, key: Any) -> None:
    around[f"{key}q"] = around.pop(key)


@pytest.mark.parametrize(("kind", "document"), DOCUMENTS)
def test_a_misspelt_key_is_refused_where_the_parser_refuses_it(kind: str, document: JsonValue) -> None:
    caught = 0
    for place in kinds_of_places(document):
        if isinstance(place[-1], str):
            made = changed(document, place, misspelt)
            assert refused(kind, made) == parser_refuses(kind, made), place
            caught += refused(kind, made)
    assert caught >= 5


@pytest.mark.parametrize("value", [None, {}, "x", -1], ids=str)
@pytest.mark.parametrize(("kind", "document"), DOCUMENTS)
def test_a_schema_refuses_nothing_that_the_parser_takes(kind: str, document: JsonValue, value: JsonValue) -> None:
    for place in kinds_of_places(document):
        made = changed(document, place, lambda around, key: around.__setitem__(key, value))
        assert not refused(kind, made) or parser_refuses(kind, made), place


BARE: dict[str, JsonValue] = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+12025550123", "assistant": {}}


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("attempt", {**BARE, "attempt_number": 0}),
        ("attempt", {**BARE, "to_phone_number": "112 please"}),
        ("attempt", {**BARE, "to_phone_number": None}),
        ("attempt", {**BARE, "language": "English"}),
        ("attempt", {**BARE, "sip": {"ringing_timeout_secs": 80}}),
        ("attempt", {**BARE, "callback": {"url": "ftp://x.example"}}),
        ("attempt", {**BARE, "callback": {"secret": "sk-live"}}),
        ("attempt", {name: value for name, value in BARE.items() if name != "assistant"}),
        ("attempt", {name: value for name, value in BARE.items() if name != "call_id"}),
        ("assistant", {"voice": {"provider": "elevenlabs", "id": "x", "speed": 1.4}}),
        ("assistant", {"voice": {"provider": "cartesia"}}),
        ("assistant", {"llm_model": {"type": "dedicated-instance", "name": "gpt-5"}}),
        ("assistant", {"first_sentence_mode": "dynamic"}),
        ("assistant", {"max_duration_end_message": "x" * 151}),
        ("assistant", {"custom_tools": [{"name": "end_call", "description": "x", "method": "GET", "url": "http://x"}]}),
        ("assistant", {"structured_output_config": [{"name": "x", "type": "enum"}]}),
        ("assistant", {"assistant": {"promt": "x"}}),
        ("assistant", []),
        ("line", {"noise": "strt"}),
        ("line", {"network": {"loss": 2}}),
        ("line", {"callee": [{"press": "hello"}]}),
        ("line", {"callee": [{"say": ""}]}),
        ("line", {"expect": {"end_reason": ["tool_end_call", "bored"]}}),
        ("line", {"expect": {"turns": "many"}}),
    ],
)
def test_what_is_wrong_by_itself_is_refused_by_both(kind: str, document: JsonValue) -> None:
    assert refused(kind, document) and parser_refuses(kind, document)


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("attempt", {"direction": "inbound", "assistant": {}}),
        ("attempt", {**BARE, "assistant": None, "assistant_url": "https://x.example"}),
        ("attempt", {**BARE, "$schema": "x.json", "metadata": {"any": [1, None]}, "prompt_variables": {"a": None}}),
        ("assistant", {"assistant": {"prompt": "x"}}),
        ("assistant", {"is_archived": True, "slack": {"x": 1}, "after_call_sms_outcomes": None}),
        ("line", {"$schema": "x.json", "noise": "street", "expect": {"calls": "end_call", "turns": 2, "says": ["a"]}}),
        ("line", {"noise": {"kind": "hum"}, "expect": {"calls": [{"tool": "a", "times": {"at_least": 1}}]}}),
        ("line", {"callee": [{"say": {"en": "Hi", "fr": "Salut"}, "voice": {"pitch": 3}}, {"play": "beep"}]}),
        ("line", {"otherwise": ["Hm?", {"de": "Wie?"}], "expect": {"answers_within": 2, "never_calls": ["x"]}}),
    ],
)
def test_other_ways_to_write_it_are_taken_by_both(kind: str, document: JsonValue) -> None:
    assert not refused(kind, document) and not parser_refuses(kind, document)


def test_in_a_file_the_assistant_can_be_a_path() -> None:
    assert not refused("attempt", {**BARE, "assistant": "assistant.yaml"})


def test_what_the_program_writes_is_valid() -> None:
    for end in range(1, len(CALL) + 1):
        report = json.loads(fold(CALL[:end]).model_dump_json())
        assert not refused("report", report)
    found = results(run("a", 1), run("a", 2, Came.ERROR, report=None), run("b", 1, Came.STOPPED))
    suite = json.loads(json.dumps(found.as_json()))
    assert [error.message for error in VALIDATORS["suite"].iter_errors(suite)] == []
    assert refused("suite", {**suite, "format": 2}) and refused("suite", {**suite, "runs": [{"line": "a"}]})


def test_they_can_be_written_anywhere(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "where"
    assert {path.name for path in write(folder)} == set(texts())
    assert (folder / f"line{ENDING}").read_text() == texts()[f"line{ENDING}"]
    with pytest.raises(InputInvalid, match="expected a folder that can be written: "):
        write(folder / f"line{ENDING}")
