from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent.rehearsal.script import Answer, Background, Codec, LineScript, Sound, Step
from agent.rehearsal.shipped import LineInvalid, parse_line


def test_a_line_without_anything_picks_up_and_says_nothing() -> None:
    script = parse_line({})
    assert (script.answer, script.callee, script.network.codec) == (Answer.PICKS_UP, (), Codec.PCMU)


def test_a_script_cannot_be_changed() -> None:
    script = parse_line({"name": "a"})
    with pytest.raises(ValidationError, match="frozen"):
        script.name = "b"


def test_sounds_and_backgrounds_have_a_short_form() -> None:
    script = parse_line({"noise": "office", "callee": [{"play": "beep"}, {"noise": "none"}]})
    play, noise = script.callee[0].play, script.callee[1].noise
    assert play is not None
    assert noise is not None
    assert (script.noise.kind, play.sound, noise.kind) == (Background.OFFICE, Sound.BEEP, Background.NONE)


def test_the_playout_buffer_is_as_deep_as_the_jitter_unless_it_is_set() -> None:
    assert parse_line({"network": {"jitter_ms": 30}}).network.depth_ms == 30
    assert parse_line({"network": {"jitter_ms": 30, "buffer_ms": 10}}).network.depth_ms == 10


def test_the_stand_ins_are_told_the_lines_language_else_the_attempts() -> None:
    assert parse_line({}).config("de").language == "de"
    assert parse_line({"language": "fr"}).config("de").language == "fr"


def test_the_stand_ins_get_their_part_of_the_file() -> None:
    config = parse_line(
        {"model": {"turns": 2}, "latency": {"llm_ms": 7}, "errors": {"words": 0.5}},
    ).config("en")
    assert (config.model.turns, config.latency.llm_ms, config.errors.words) == (2, 7, 0.5)


def problems(raw: Any) -> list[str]:
    with pytest.raises(LineInvalid) as caught:
        parse_line(raw)
    return list(caught.value.lines())


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ({"say": "a", "press": "1"}, "callee[0]: expected exactly one of: say, play, press, noise, hang_up"),
        ({}, "callee[0]: expected exactly one of: say, play, press, noise, hang_up"),
        ({"say": "a", "at": 1, "after": "answer"}, "callee[0]: expected none of after, when and wait beside at"),
        ({"say": "a", "at": 1, "wait": 1}, "callee[0]: expected none of after, when and wait beside at"),
        (
            {"say": "a", "when": "b", "after": "previous"},
            "callee[0]: expected no after beside when, or `after: agent-stops`",
        ),
        ({"say": "a", "when": "(b"}, "callee[0].when: expected a regular expression"),
        ({"say": "a", "after": "the agent"}, "callee[0].after: expected to be 'answer', 'agent-starts'"),
        ({"say": "a", "at": -1}, "callee[0].at: expected to be greater than or equal to 0"),
        ({"say": "a", "at": float("nan")}, "callee[0].at: expected to be"),
        ({"press": 12}, "callee[0].press: expected text, in quotes where it looks like a number"),
        ({"press": "1x"}, "callee[0].press: "),
        ({"hang_up": False}, "callee[0].hang_up: expected to be True"),
        ({"sya": "a"}, "callee[0].sya: unknown field; did you mean say?"),
        ({"play": {"sound": "beep", "second": 1}}, "callee[0].play.second: unknown field; did you mean seconds?"),
        ({"play": "bep"}, "callee[0].play.sound: expected to be 'beep', 'music', 'ringback' or 'busy'"),
    ],
)
def test_what_is_wrong_with_a_step_is_said_by_its_path(step: dict[str, Any], problem: str) -> None:
    assert any(line.startswith(problem) for line in problems({"callee": [step]}))


def test_times_must_rise() -> None:
    steps = [{"at": 5, "say": "a"}, {"at": 4, "say": "b"}]
    assert problems({"callee": steps}) == ["callee: expected the times of `at` to rise from step to step"]


def test_only_the_first_step_follows_the_answer() -> None:
    steps = [{"say": "a"}, {"after": "answer", "say": "b"}]
    assert problems({"callee": steps}) == ["callee: expected `after: answer` on the first step only"]


def test_everything_wrong_is_said_at_once() -> None:
    found = problems({"nmae": "a", "network": {"dealy_ms": 3, "loss": 7}, "callee": [{}]})
    assert sorted(line.split(":")[0] for line in found) == ["callee[0]", "network.dealy_ms", "network.loss", "nmae"]


def test_what_the_stand_ins_are_told_is_checked_too() -> None:
    raw = {"model": {"script": [{"when": "fine", "reply": "a"}, {"wehn": "b", "reply": "b"}]}, "latency": {"llm": 1}}
    assert sorted(problems(raw)) == [
        "latency.llm: unknown field; did you mean llm_ms?",
        "model.script[1].wehn: unknown field; did you mean when?",
    ]


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "Oui."), ("fr-CA", "Oui."), ("pt", "Sim."), ("PT-br", "Sim."), ("ja", "Yes.")]
)
def test_a_text_can_be_given_in_several_languages(language: str, text: str) -> None:
    say = parse_line({"callee": [{"say": {"en": "Yes.", "fr": "Oui.", "pt-BR": "Sim."}}]}).callee[0].say
    assert say is not None
    assert say.text(language) == text


@pytest.mark.parametrize(
    ("say", "problem"),
    [
        (1, "callee[0].say: expected text, in quotes where it looks like a number, or texts by language"),
        ({}, "callee[0].say: expected text, in quotes where it looks like a number, or texts by language"),
        ("", "callee[0].say: expected text that is not empty"),
        ({"en": ""}, "callee[0].say.en: expected text that is not empty"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(say: Any, problem: str) -> None:
    assert problems({"callee": [{"say": say}]}) == [problem]


@pytest.mark.parametrize(
    "raw",
    [
        {"name": {"SECRET": 1}},
        {"voice": {"pitch": "SECRET"}},
        {"callee": [{"press": "SECRET"}]},
        {"callee": [{"say": "a", "after": "SECRET"}]},
        {"callee": [{"say": "a", "when": "(SECRET"}]},
        {"answer": "SECRET"},
        {"network": "SECRET"},
        {"callee": "SECRET"},
        {"language": "SECRET" * 9},
    ],
)
def test_no_problem_quotes_a_value(raw: dict[str, Any]) -> None:
    assert not any("SECRET" in line for line in problems(raw))


@pytest.mark.parametrize("raw", [None, [], "person", 3])
def test_a_line_must_be_an_object(raw: Any) -> None:
    assert problems(raw) == ["expected an object"]


def test_every_field_of_the_models_is_documented_in_the_reference() -> None:
    text = (Path(__file__).parents[3] / "docs" / "lines.md").read_text()
    fields = {*LineScript.model_fields, *Step.model_fields}
    assert [name for name in sorted(fields) if f"`{name}" not in text] == []
