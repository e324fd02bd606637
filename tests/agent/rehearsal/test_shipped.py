import re
from pathlib import Path

import pytest

from agent.rehearsal.script import Answer
from agent.rehearsal.shipped import LineInvalid, load_line, shipped
from agent.standins.dialogue import OfferedTool, Turn
from agent.standins.script import respond

EXAMPLES = Path(__file__).parents[3] / "examples" / "lines"


def test_the_promised_lines_are_shipped() -> None:
    assert shipped() == ("busy", "hangs-up", "interrupter", "no-answer", "person", "silent")


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_line_is_valid_and_has_the_name_of_its_file(name: str) -> None:
    script = load_line(name)
    assert script.name == name
    assert script.description


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
        reply = respond(history, script.model, "en", tools)
        spoken = reply.text
        if reply.call is not None:
            called.append((len(history), reply.call.tool))
            history.append(Turn("model", reply.text, calls=(reply.call.tool,)))
            history.append(Turn("tool", "{}", tool=reply.call.tool))
            reply = respond(history, script.model, "en", tools)
            spoken += " " + reply.text
        history.append(Turn("model", reply.text))
    assert [tool for _, tool in called] == ["find_slots", "end_call"]
    assert sum(turn.speaker == "callee" for turn in history) == 5
