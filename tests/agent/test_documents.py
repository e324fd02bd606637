import os
from pathlib import Path

import pytest
from pydantic import JsonValue

from agent.documents import (
    DEEPEST,
    files_of,
    load,
    load_attempt,
    loads,
    parse_assistant,
    read,
    read_attempt,
    safe_name,
    there,
)
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.problems import InputInvalid

ATTEMPT = '{"call_id": "c", "attempt_id": "a", "to_phone_number": "+33612345678", "assistant": {"prompt": "x"}}'

ATTEMPT_VALUES = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+12025550123"}


def loaded(folder: Path, name: str, text: str) -> JsonValue:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load(path)


def complaint(folder: Path, name: str, text: str) -> str:
    with pytest.raises(InputInvalid) as raised:
        loaded(folder, name, text)
    (line,) = raised.value.lines()
    return line


def test_yaml_has_the_scalars_of_json(tmp_path: Path) -> None:
    text = "a: no\nb: 2026-01-02\nc: +33612345678\nd: 12:30\ne: 007\nf: 1.5\ng: ~\nh: null\ni: true\n"
    text += "j:\nk: 1e3\nl: -4\nm: yes"
    assert loaded(tmp_path, "x.yaml", text) == {
        "a": "no",
        "b": "2026-01-02",
        "c": "+33612345678",
        "d": "12:30",
        "e": "007",
        "f": 1.5,
        "g": None,
        "h": None,
        "i": True,
        "j": None,
        "k": 1000.0,
        "l": -4,
        "m": "yes",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1,}', "line 1, column 9: expected JSON: "),
        ('{\n  "key" "sk-secret"\n}', "line 2, column 9: expected JSON: "),
        ("", "line 1, column 1: expected JSON: "),
        ('{"a": NaN}', "expected JSON "),
        ('{"a": 1e999}', "a: expected a finite number"),
        ('{"a": ["\\ud800"]}', "a[0]: expected text without half characters"),
        ("[" * 100_000, f"expected at most {DEEPEST} levels"),
        ('{"a":' * 70 + "1" + "}" * 70, "expected at most "),
        ('{"a": 1, "a": "sk-secret"}', "a: expected this key once"),
        ('{"a": [{"b": 1, "c": 2, "b": 3}]}', "a[0].b: expected this key once"),
    ],
)
def test_what_is_no_json_is_a_sentence_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    line = complaint(tmp_path, "x.json", text)
    assert line.startswith(said)
    assert "secret" not in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: sk-secret", "line 1, column 5: expected YAML: "),
        ("a:\n\t- sk-secret", "line 2, column 1: expected YAML: "),
        ("a: *sk-secret", "line 1, column 4: expected YAML: one document, whose aliases all have an anchor"),
        ("a: !!python/object:sk.secret {}", "line 1, column 4: expected YAML: plain values and plain keys"),
        ("a: \x01", "expected YAML of printable characters and plain values"),
        ("1: sk-secret", "expected keys that are text"),
        ("a: &a [*a]", "expected at most "),
        ("--- a\n--- b", "line 2, column 1: expected YAML: one document"),
        ("a: 1\nb: 2\n'a': sk-secret", "line 3, column 1: expected this key once"),
        ("a: [{b: 1, c: {d: 1, d: 2}}]", "line 1, column 22: expected this key once"),
    ],
)
def test_what_is_no_yaml_is_a_sentence_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    line = complaint(tmp_path, "x.yaml", text)
    assert line.startswith(said)
    assert "secret" not in line


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{a: "])
def test_yaml_may_be_as_deep_as_json_and_no_deeper(tmp_path: Path, opening: str) -> None:
    assert complaint(tmp_path, "x.yaml", opening * 100_000) == f"expected at most {DEEPEST} levels"
    for levels in (DEEPEST + 1, DEEPEST + 2):
        text, accepted = "[" * levels + "]" * levels, []
        for name in ("x.json", "x.yaml"):
            try:
                accepted.append(loaded(tmp_path, name, text))
            except InputInvalid:
                continue
        assert len(accepted) == (2 if levels == DEEPEST + 1 else 0)


def test_a_key_may_stand_in_several_objects(tmp_path: Path) -> None:
    assert loaded(tmp_path, "x.json", '{"a": {"a": 1}, "b": {"a": 2}}') == {"a": {"a": 1}, "b": {"a": 2}}
    text = "a: &a {x: 1, y: 2}\nb: &b {!!merge <<: *a, x: 3}\nc: {d: {!!merge <<: *b, y: 4}, e: *b}"
    b = {"x": 3, "y": 2}
    assert loaded(tmp_path, "x.yaml", text) == {"a": {"x": 1, "y": 2}, "b": b, "c": {"d": {"x": 3, "y": 4}, "e": b}}


def test_aliases_cannot_make_a_small_file_large(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert complaint(tmp_path, "x.yaml", "\n".join(lines)).startswith("expected at most ")
    long = f"a: &a {'x' * 1_000_000}\nb: [{', '.join(['*a'] * 50)}]"
    assert complaint(tmp_path, "x.yaml", long).startswith("expected at most ")


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe{}")
    for path in (tmp_path / "binary.json", tmp_path, tmp_path / "none.json", Path("a\0b")):
        with pytest.raises(InputInvalid) as raised:
            load(path)
        assert str(raised.value).startswith("expected ")


def test_what_has_no_end_is_too_large() -> None:
    with pytest.raises(InputInvalid, match="expected at most 8 MB"):
        load(Path("/dev/zero"))


def test_a_pipe_is_read_but_its_writer_is_not_waited_for(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"a: 1")
        os.close(writing)
        assert load(Path(f"/dev/fd/{reading}")) == {"a": 1}
    finally:
        os.close(reading)
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(InputInvalid, match="expected JSON"):
        load(tmp_path / "pipe.json")


def test_nothing_is_there_where_no_name_is_that_long(tmp_path: Path) -> None:
    assert there(tmp_path.exists)
    assert not there((tmp_path / ("a" * 300)).exists)


@pytest.mark.parametrize("text", ["callee: [{say: x}]", "language: fr\nexpect: {}", "persona: x", "ring: 1"])
def test_a_line_file_is_told_where_it_belongs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "line.yaml"
    path.write_text(text)
    with pytest.raises(InputInvalid) as raised:
        read(path)
    assert raised.value.lines() == (f"{path}: this is a line file: give it to `rehearse --line`",)
    path.write_text(f"{text}\nprompt: x")
    assert "this is a line file" not in str(read(path).problems)


def test_attempts_and_assistants_are_told_apart(tmp_path: Path) -> None:
    texts = {
        "attempt": ATTEMPT,
        "attempt-by-url": '{"assistant_url": "https://x.example"}',
        "bare": '{"prompt": "x"}',
        "wrapped": '{"assistant": {"prompt": "x"}}',
    }
    for name, text in texts.items():
        path = tmp_path / f"{name}.json"
        path.write_text(text)
        assert isinstance(read(path).model, Attempt if name.startswith("attempt") else Assistant)


def test_a_wrapped_assistant_keeps_its_path() -> None:
    assert parse_assistant({"assistant": {"prompt": 1}}).problems[0].path == "assistant.prompt"
    assert parse_assistant({"prompt": 1}).problems[0].path == "prompt"


def test_an_invalid_attempt_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    path.write_text(ATTEMPT)
    assert read_attempt(path).model.attempt_id == "a"
    path.write_text(ATTEMPT.replace('"a"', "7"))
    with pytest.raises(InputInvalid) as raised:
        read_attempt(path)
    assert raised.value.lines() == (f"{path}: attempt_id: expected a string",)


def with_assistant(folder: Path, text: str, name: str = "who.yaml") -> Path:
    """An attempt that names a file as its assistant."""
    (folder / name).write_text(text)
    path = folder / "call.yaml"
    path.write_text(f"call_id: c\nattempt_id: a\nto_phone_number: '+12025550123'\nassistant: {name}\n")
    return path


@pytest.mark.parametrize("text", ["prompt: x", "assistant: {prompt: x}"], ids=["bare", "wrapped"])
def test_an_attempt_may_name_the_file_of_its_assistant(tmp_path: Path, text: str) -> None:
    path = with_assistant(tmp_path, text)
    for parsed in (read_attempt(path), read(path)):
        model = parsed.model
        assert isinstance(model, Attempt) and model.assistant is not None and model.assistant.prompt == "x"
    assert load_attempt(path) == {**ATTEMPT_VALUES, "assistant": {"prompt": "x"}}
    assert files_of(path) == (path, tmp_path / "who.yaml")


def test_what_is_wrong_in_that_file_is_said_of_the_attempt(tmp_path: Path) -> None:
    path = with_assistant(tmp_path, "promt: x\nvoice: 1")
    assert [str(unknown) for unknown in read(path).unknown] == ["assistant.promt: unknown field; did you mean prompt?"]
    with pytest.raises(InputInvalid) as raised:
        read_attempt(path)
    assert raised.value.lines() == (f"{path}: assistant.voice: expected an object",)
    path = with_assistant(tmp_path, "prompt: [")
    with pytest.raises(InputInvalid) as raised:
        read_attempt(path)
    expected = "assistant: expected an object, or the path of an assistant's file: there, line "
    assert raised.value.lines()[0].startswith(f"{path}: {expected}")


@pytest.mark.parametrize("given", ["none.yaml", "sk-secret", '"a\\0b"', "''", ".", "https://sk-secret.example"])
def test_a_path_that_leads_nowhere_is_not_quoted(tmp_path: Path, given: str) -> None:
    path = tmp_path / "call.yaml"
    path.write_text(f"attempt_id: a\nassistant: {given}\n")
    with pytest.raises(InputInvalid) as raised:
        read_attempt(path)
    assert "assistant: expected an object, or the path of an assistant's file" in raised.value.lines()[0]
    assert "secret" not in str(raised.value)


def test_the_files_of_what_cannot_be_read_are_itself(tmp_path: Path) -> None:
    path = tmp_path / "call.yaml"
    assert files_of(path) == (path,)
    path.write_text("assistant: who.yaml")  # a wrapped assistant, and not a valid one
    assert files_of(path) == (path,)


def test_json_may_come_as_bytes() -> None:
    assert loads(b'{"a": [1]}') == {"a": [1]}
    with pytest.raises(InputInvalid):
        loads(b"\xff")


@pytest.mark.parametrize(
    ("attempt_id", "name"),
    [
        ("attempt-1", "attempt-1"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "_"),
        ("a/b\\c", "a_b_c"),
        ("a\nb\x1b[31mc", "a_b_31mc"),
        ("日本", "_"),
        ("x" * 300, "x" * 100),
    ],
)
def test_the_name_of_a_folder_stays_within_its_parent(attempt_id: str, name: str) -> None:
    assert safe_name(attempt_id) == name
