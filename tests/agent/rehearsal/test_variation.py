from typing import Any

from agent.rehearsal.script import LineScript
from agent.rehearsal.shipped import parse_line
from agent.rehearsal.variation import AS_WRITTEN, varied

LINE: dict[str, Any] = {
    "name": "test",
    "callee": [
        {"say": "Hello?"},
        {"say": "Yes.", "wait": 2},
        {"when": "day", "say": "Monday."},
        {"after": "previous", "noise": {"kind": "street", "seed": 5}},
        {"at": 30, "hang_up": True},
    ],
    "noise": "office",
    "network": {"loss": 0.1, "seed": 3},
    "errors": {"words": 0.1, "seed": 4},
}


def waits(script: LineScript) -> list[float]:
    return [step.waits(index == 0) for index, step in enumerate(script.callee)]


def test_the_first_seed_is_the_line_as_it_is_written() -> None:
    script = parse_line(LINE)
    assert varied(script, AS_WRITTEN) is script


def test_another_seed_is_another_run_and_the_same_seed_the_same() -> None:
    script = parse_line(LINE)
    assert varied(script, 2) == varied(script, 2)
    runs = [varied(script, seed) for seed in range(1, 9)]
    assert len({run.voice.speed for run in runs}) == len({tuple(waits(run)) for run in runs}) == 8


def test_every_seed_in_the_file_is_shifted_alike() -> None:
    run = varied(parse_line(LINE), 7)
    noise = run.callee[3].noise
    assert noise is not None
    assert (run.noise.seed, noise.seed, run.network.seed, run.errors.seed) == (7, 11, 9, 10)


def test_pace_and_waits_differ_by_no_more_than_the_line_allows() -> None:
    script = parse_line({**LINE, "vary": 0.2})
    for seed in range(2, 200):
        run = varied(script, seed)
        assert 0.8 <= run.voice.speed <= 1.2
        for was, now in zip(waits(script), waits(run), strict=True):
            assert 0.8 * was - 0.001 <= now <= 1.2 * was + 0.001
        assert run.callee[2].wait == 0
        assert (run.callee[4].at, run.callee[4].wait) == (30, None)


def test_a_line_can_stay_the_same_but_for_its_draws() -> None:
    script = parse_line({**LINE, "vary": 0})
    assert waits(varied(script, 9)) == waits(script)
    assert varied(script, 9).voice == script.voice


def test_a_voice_stays_within_what_it_can_do() -> None:
    for speed in (0.5, 2.0):
        script = parse_line({"voice": {"speed": speed}, "vary": 0.5})
        assert all(0.5 <= varied(script, seed).voice.speed <= 2 for seed in range(2, 50))


def test_a_varied_line_is_still_a_valid_one() -> None:
    for seed in range(2, 20):
        run = varied(parse_line(LINE), seed)
        assert LineScript.model_validate(run.model_dump(exclude_defaults=True)) == run


def test_a_persona_has_the_seed_of_its_run() -> None:
    script = parse_line({"persona": {"who": "busy", "seed": 3}})
    persona = varied(script, 5).persona
    assert persona is not None
    assert (persona.who, persona.seed) == ("busy", 7)
