import os
import re
from pathlib import Path

import pytest

from agent.rehearsal.script import Answer
from agent.rehearsal.shipped import ALL, LineInvalid, LinesInvalid, is_folder, load_line, load_lines, shipped
from agent.rehearsal.verdicts import judge
from agent.report import fold
from agent.standins.dialogue import OfferedTool, Turn
from agent.standins.phrases import LANGUAGES
from agent.standins.script import respond
from tests.agent.rehearsal.paper import on_paper

EXAMPLES = Path(__file__).parents[3] / "examples" / "lines"


SCRIPTED = tuple(name for name in shipped() if load_line(name).model.script)


def test_the_promised_lines_are_shipped() -> None:
    promised = (
        "busy busy-person child code-switcher hangs-up hard-of-hearing interrupter manipulator no-answer noisy-car "
        "person puts-phone-down silent slow-talker speller wrong-number"
    )
    assert " ".join(shipped()) == promised


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_line_is_valid_and_has_the_name_of_its_file(name: str) -> None:
    script = load_line(name)
    assert script.name == name
    assert script.description
    assert script.expect.model_fields_set


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_line_has_all_its_texts_in_every_language_of_the_stand_in_model(name: str) -> None:
    script = load_line(name)
    said = [*(step.say for step in script.callee), *script.otherwise, *(rule.reply for rule in script.model.script)]
    assert {frozenset(wording.root) for wording in said if wording is not None} <= {LANGUAGES}


@pytest.mark.parametrize("greets", [True, False], ids=["agent first", "callee first"])
@pytest.mark.parametrize("language", [*sorted(LANGUAGES), "pt-BR", "ja"])
@pytest.mark.parametrize("name", SCRIPTED)
async def test_on_paper_a_line_tells_its_story_and_is_as_it_expects(name: str, language: str, greets: bool) -> None:
    script = load_line(name)
    call = await on_paper(script, language, greets=greets)
    events = call.run()
    assert call.callee.untold == ()
    verdicts = judge(script.expect, events, fold(events))
    assert [verdict.reason for verdict in verdicts if not verdict.passed] == []


def test_the_person_has_an_answer_for_any_number_of_turns() -> None:
    script = load_line("person")
    assert sum(step.say is not None for step in script.callee) >= 5
    assert script.otherwise


def test_only_two_shipped_lines_do_not_pick_up() -> None:
    refusing = {name: load_line(name).answer for name in shipped() if load_line(name).answer is not Answer.PICKS_UP}
    assert refusing == {"busy": Answer.BUSY, "no-answer": Answer.NO_ANSWER}


def test_a_line_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ncallee:\n  - say: no\n  - press: '1'\n")
    say = load_line(str(path)).callee[0].say
    assert say is not None
    assert say.text("en") == "no"


def test_a_mistyped_name_gets_the_nearest_one() -> None:
    with pytest.raises(LineInvalid) as caught:
        load_line("persn")
    assert "did you mean person?" in str(caught.value)


@pytest.mark.parametrize("text", ["callee: [", "- 1", "callee: [{sya: a}]", ""])
def test_what_is_wrong_with_a_file_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(LineInvalid) as caught:
        load_line(str(path))
    assert all(line.startswith(f"{path}: ") for line in caught.value.lines())


def test_a_folder_is_not_a_line(tmp_path: Path) -> None:
    with pytest.raises(LineInvalid, match="there is none"):
        load_line(str(tmp_path))


def test_a_name_too_long_for_a_file_is_none() -> None:
    for name in ("a" * 300, "a" * 300 + ".yaml"):
        assert not is_folder(name)
        with pytest.raises(LineInvalid, match="there is none"):
            load_line(name)


def test_a_line_may_come_from_a_pipe(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"name: piped")
        os.close(writing)
        assert load_line(f"/dev/fd/{reading}").name == "piped"
    finally:
        os.close(reading)


def test_a_link_in_a_folder_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("{}")
    (tmp_path / "z.yaml").symlink_to("none.yaml")
    with pytest.raises(LinesInvalid) as caught:
        load_lines([str(tmp_path)])
    assert caught.value.lines() == (f"{tmp_path / 'z.yaml'}: expected a file: there is none",)


def test_a_folder_stands_for_the_line_files_in_it(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", "notes.txt"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "d.yaml").mkdir()
    assert [line.name for line in load_lines([str(tmp_path), "busy"])] == ["a", "b", "c", "busy"]
    assert is_folder(str(tmp_path)) and not is_folder(str(tmp_path / "b.yaml")) and not is_folder("busy")


def test_one_word_stands_for_all_shipped_lines() -> None:
    assert tuple(line.name for line in load_lines([ALL])) == shipped()
    assert is_folder(ALL)


def test_a_folder_without_line_files_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(LineInvalid, match="expected a folder with line files"):
        load_lines([str(tmp_path)])


def test_what_is_wrong_with_several_files_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("answr: busy")
    (tmp_path / "b.yaml").write_text("answer: busy")
    (tmp_path / "c.yaml").write_text("callee: 1")
    with pytest.raises(LinesInvalid) as caught:
        load_lines([str(tmp_path), "nobody"])
    assert [line.partition(": ")[0] for line in caught.value.lines()] == [
        str(tmp_path / "a.yaml"),
        str(tmp_path / "c.yaml"),
        "nobody",
    ]


def test_two_lines_of_one_name_would_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "busy.yaml").write_text("answer: busy")
    with pytest.raises(LinesInvalid, match="another has this name"):
        load_lines(["busy", str(tmp_path)])


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_line_is_valid(path: Path) -> None:
    assert load_line(str(path)).name == path.stem


def test_the_example_of_an_appointment_is_a_conversation_with_one_tool_call_in_the_middle() -> None:
    """Callee and model answer each other; every phrase the callee waits for is one the model says."""
    script = load_line(str(EXAMPLES / "appointment.yaml"))
    tools = (OfferedTool("find_slots"), OfferedTool("end_call"))
    history: list[Turn] = []
    spoken, called = "", []
    for step in script.callee[1:]:
        assert step.when is None or re.search(step.when, spoken, re.IGNORECASE)
        assert step.say is not None
        history.append(Turn("callee", step.say.text("en")))
        reply = respond(history, script.config("en").model, "en", tools)
        spoken = reply.text
        if reply.call is not None:
            called.append((len(history), reply.call.tool))
            history.append(Turn("model", reply.text, calls=(reply.call.tool,)))
            history.append(Turn("tool", "{}", tool=reply.call.tool))
            reply = respond(history, script.config("en").model, "en", tools)
            spoken += " " + reply.text
        history.append(Turn("model", reply.text))
    assert [tool for _, tool in called] == ["find_slots", "end_call"]
    assert sum(turn.speaker == "callee" for turn in history) == 5


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("calee: []", "calee: unknown field; did you mean callee?"),
        ("delay_ms: 3", "delay_ms: unknown field; did you mean network.delay_ms?"),
        ("callee: [{hangup: true}]", "callee[0].hangup: unknown field; did you mean hang_up?"),
        ("expect: {calls: {tool: x, tims: 1}}", "expect.calls[0].tims: unknown field; did you mean times?"),
        ("expect: {answers_within: {eahc: 1}}", "expect.answers_within.eahc: unknown field; did you mean each?"),
        ("model: {script: [{replly: x}]}", "model.script[0].replly: unknown field; did you mean reply?"),
        ("zzz: 1", "zzz: unknown field"),
    ],
)
def test_an_unknown_field_gets_the_nearest_right_one(tmp_path: Path, text: str, near: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(LineInvalid) as caught:
        load_line(str(path))
    assert f"{path}: {near}" in caught.value.lines()


def test_what_tells_editors_the_schema_is_no_field(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"$schema": "line.schema.json", "name": "mine"}')
    assert load_line(str(path)).name == "mine"
