import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent.rehearsal.expectations import Answers, Count, Expectations, ToolCalls
from agent.rehearsal.script import (
    After,
    Answer,
    Background,
    CalleeVoice,
    Codec,
    LineScript,
    Network,
    Persona,
    Sound,
    Step,
)
from agent.rehearsal.shipped import LineInvalid, load_line, parse_line


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


def test_the_stand_in_model_speaks_the_callees_language() -> None:
    script = parse_line(
        {
            "model": {
                "opening": {"en": "Hello.", "fr": "Bonjour."},
                "script": [
                    {"when": "a", "reply": {"en": "Yes.", "fr": "Oui."}},
                    {"after_tool": "t", "reply": "OK.", "repeat": True},
                    {"call": {"tool": "t", "arguments": {"a": 1}}},
                    {"silent": True},
                ],
            }
        }
    )
    told = script.config("fr-CA").model
    assert (told.opening, [rule.reply for rule in told.script]) == ("Bonjour.", ["Oui.", "OK.", None, None])
    assert [(rule.when, rule.after_tool, rule.repeat, rule.silent) for rule in told.script] == [
        ("a", None, False, False),
        (None, "t", True, False),
        (None, None, False, False),
        (None, None, False, True),
    ]
    assert told.script[2].call is not None and told.script[2].call.arguments == {"a": 1}
    assert script.config("de").model.opening == "Hello."


@pytest.mark.parametrize("rule", [{}, {"when": "a"}, {"silent": True, "reply": "a"}])
def test_a_rule_of_the_model_does_one_thing(rule: dict[str, Any]) -> None:
    assert problems({"model": {"script": [rule]}}) == ["model.script[0]: expected reply, call or both, or else silent"]


@pytest.mark.parametrize(
    ("step", "trigger", "wait"),
    [
        ({}, After.AGENT_STOPS, 0.8),
        ({"wait": 3}, After.AGENT_STOPS, 3),
        ({"after": "agent-starts"}, After.AGENT_STARTS, 1.0),
        ({"after": "previous"}, After.PREVIOUS, 0.5),
        ({"when": "a"}, None, 0.0),
        ({"when": "a", "after": "agent-stops"}, After.AGENT_STOPS, 0.8),
        ({"at": 4}, None, 0.0),
    ],
)
def test_a_step_has_a_trigger_and_a_wait_also_where_they_are_not_given(
    step: dict[str, Any], trigger: After | None, wait: float
) -> None:
    given = parse_line({"callee": [{"say": "a"}, {**step, "say": "b"}]}).callee[1]
    assert (given.trigger(False), given.waits(False)) == (trigger, wait)


def test_the_first_step_follows_the_answer_unless_it_says_otherwise() -> None:
    first, later = parse_line({"callee": [{"say": "a"}, {"say": "b"}]}).callee
    assert (first.trigger(True), first.waits(True)) == (After.ANSWER, 0.5)
    assert later.trigger(False) is After.AGENT_STOPS


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
        ({"press": "1", "language": "fr"}, "callee[0]: expected language and voice beside say only"),
        ({"hang_up": True, "voice": {"pitch": 1}}, "callee[0]: expected language and voice beside say only"),
        ({"say": "a", "voice": {"pich": 1}}, "callee[0].voice.pich: unknown field; did you mean pitch?"),
        ({"say": "a", "languag": "fr"}, "callee[0].languag: unknown field; did you mean language?"),
        ({"sya": "a"}, "callee[0].sya: unknown field; did you mean say?"),
        ({"play": {"sound": "beep", "second": 1}}, "callee[0].play.second: unknown field; did you mean seconds?"),
        (
            {"play": "bep"},
            "callee[0].play.sound: expected to be 'beep', 'music', 'ringback', 'busy', 'cough' or 'door'",
        ),
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
        {"persona": {"who": "SECRET" * 500}},
        {"language": "SECRET" * 9},
    ],
)
def test_no_problem_quotes_a_value(raw: dict[str, Any]) -> None:
    assert not any("SECRET" in line for line in problems(raw))


@pytest.mark.parametrize("raw", [None, [], "person", 3])
def test_a_line_must_be_an_object(raw: Any) -> None:
    assert problems(raw) == ["expected an object"]


def test_a_persona_has_a_short_form() -> None:
    assert parse_line({"persona": " busy "}).persona == Persona(who="busy")
    assert parse_line({"persona": {"who": "busy", "seed": 4, "temperature": 0}}).persona == Persona(
        who="busy", seed=4, temperature=0
    )


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"persona": "a", "callee": [{"say": "b"}]}, "expected no contradiction, but persona and callee contradict"),
        ({"persona": "a", "otherwise": ["b"]}, "expected no contradiction, but persona and otherwise contradict"),
        ({"persona": ""}, "persona.who: expected text that is not empty"),
        ({"persona": "  "}, "persona.who: expected text that is not empty"),
        ({"persona": ["a"]}, "persona: expected an object"),
        ({"persona": {"seed": 2}}, "persona.who: expected a value: this field is required"),
        ({"persona": {"who": "a", "seeds": 2}}, "persona.seeds: unknown field; did you mean seed?"),
        ({"persona": {"who": "a", "temperature": 3}}, "persona.temperature: expected to be less than or equal to 2"),
        ({"persna": "a"}, "persna: unknown field; did you mean persona?"),
    ],
)
def test_what_is_wrong_with_a_persona_is_said(raw: dict[str, Any], problem: str) -> None:
    [found] = problems(raw)
    assert found.startswith(problem)


def test_every_field_of_the_models_is_documented_in_the_reference() -> None:
    text = (Path(__file__).parents[3] / "docs" / "lines.md").read_text()
    models = (LineScript, Step, Expectations, ToolCalls, Answers, Count, CalleeVoice, Network, Persona)
    fields = {name for model in models for name in model.model_fields}
    assert [name for name in sorted(fields) if f"`{name}" not in text] == []


def test_the_example_of_the_reference_is_a_line(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "lines.md").read_text()
    (example, *_) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "example.yaml").write_text(example)
    script = load_line(str(tmp_path / "example.yaml"))
    assert script.name == "late-for-work"
    assert script.expect.never_says == ("discount", r"/\d+ ?%/")
