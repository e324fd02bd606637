"""Calls on disk: a journal, its report, and a recording in which a tone stands where somebody speaks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from agent import events as e
from agent.journal import encode
from agent.models.report import Attempt
from agent.report import fold
from audio.frames import FRAME, RATE, Pcm
from audio.recording import Recorder
from tests.agent.recorded import CALL, PICKED_UP, agent, at, callee


def written(folder: Path, events: Sequence[e.Event] = CALL, *, seconds: float | None = 11.2) -> Path:
    """Write a call's folder; without `seconds` of sound there is no recording."""
    folder.mkdir(parents=True, exist_ok=True)
    report = fold(events)
    (folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in events), encoding="utf-8")
    (folder / "attempt.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if seconds is not None:
        recorded(folder / "audio.ogg", *sides(report, seconds))
    return folder


def sides(report: Attempt, seconds: float) -> tuple[Pcm, Pcm]:
    """Callee and agent: tones of 300 and 200 Hz while they speak, faint noise otherwise."""
    noise = np.random.default_rng(5)
    both = []
    for speaker, pitch in (("user", 300), ("agent", 200)):
        sound = noise.normal(0, 20, round(seconds * RATE))
        for event in report.speech_events:
            if event.speaker == speaker:
                stop = round(seconds * 1000) if event.stopped_speaking_at_ms is None else event.stopped_speaking_at_ms
                start, stop = event.started_speaking_at_ms * 24, min(stop * 24, len(sound))
                sound[start:stop] += 9000 * np.sin(2 * np.pi * pitch * np.arange(stop - start) / RATE)
        both.append(sound.astype(np.int16))
    return both[0], both[1]


def recorded(path: Path, callee_side: Pcm, agent_side: Pcm) -> Path:
    """Write a recording as calls do."""
    with Recorder(path) as recorder:
        for start in range(0, len(callee_side), FRAME):
            recorder.append(callee_side[start : start + FRAME], agent_side[start : start + FRAME])
    return path


def long_call(seconds: float) -> tuple[e.Event, ...]:
    """A call in which the two take turns every few seconds, with a look-up now and then."""
    goodbye = seconds - 3
    return (
        *PICKED_UP,
        *agent("a0", "opening", 0.5, 3.0, "Hello, this is Emma from Bright Dental. Is this a good moment?"),
        *_turns(goodbye),
        e.GoodbyeAsked(at=at(goodbye)),
        *agent("bye", "goodbye", goodbye + 0.1, goodbye + 2, "Thank you for your time. Goodbye!"),
        e.Ended(at=at(seconds), ended_by="agent", end_reason="tool_end_call"),
        e.LineFreed(at=at(seconds)),
        e.Reported(at=at(seconds)),
    )


def _turns(until: float) -> Iterator[e.Event]:
    start, number = 4.0, 1
    while start + 9 < until:
        yield from callee(start, start + 2.2, f"That is turn number {number}, and there is something I want to ask.")
        yield e.TurnTaken(at=at(start + 2.6))
        heard = start + 2.9 + (number % 5) * 0.15
        if number % 4 == 0:
            used = f"t{number}"
            yield e.ToolCalled(at=at(start + 2.8), id=used, name="find_slots", arguments='{"day": "2026-03-09"}')
            failed = number % 8 == 0
            yield e.ToolReturned(at=at(heard - 0.1), id=used, name="find_slots", output="{}", is_error=failed)
        yield from agent(f"a{number}", "reply", heard, heard + 3.5, f"My answer to turn {number} is a sentence or two.")
        figures = {"llm_ttft": 0.2 + number % 3 / 10, "tts_ttfb": 0.09}
        yield e.ReplyMeasured(at=at(heard + 3.6), utterances=(f"a{number}",), model="gpt-4.1", **figures)
        start, number = start + 7.5, number + 1
