"""Sounds under whole calls on the simulated line, with models that write and models that speak."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from agent import events as e
from agent.ambience import path_of
from agent.standins.process import StandIns
from audio.beds import FADE
from audio.frames import FRAME, RATE, dbfs, samples
from audio.loops import loop_of
from audio.loudness import integrated
from audio.recording import read_ogg
from tests.calls import SLOTS, Conducted, attempt, conducted, line

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFICE, CROWD = "audio/office.ogg", "audio/crowded-room.ogg"
GREETED: dict[str, Any] = {"first_sentence": "Hello there.", "end_of_call_sentence": "Goodbye."}
SOUNDS: dict[str, Any] = {
    "background_sound": OFFICE,
    "background_sound_volume": 1.0,
    "thinking_sound": CROWD,
    "thinking_sound_volume": 1.0,
}
OPENAI = {"type": "realtime", "provider": "openai", "realtime_model_id": "gpt-realtime", "realtime_voice_id": "marin"}
GOOGLE = {"type": "realtime", "provider": "google", "realtime_model_id": "gemini-3.1-flash-live-preview"}
FAINT = 3
"""Highest sample of what is left of silence when the background is taken away again."""

Sound = npt.NDArray[np.int32]


def rest(call: Conducted) -> Sound:
    """What the agent sent without the background: its voice, and the thinking sound."""
    sent = call.line.said.agent.astype(np.int32)
    background = np.resize(loop_of(path_of(OFFICE)), len(sent)).astype(np.int32)
    background[:FADE] = sent[:FADE]  # it fades in
    return sent - background


def sample(call: Conducted, at: float) -> int:
    return round((at - call.one(e.Answered).at) * RATE)


def thinking(sound: Sound, start: int, stop: int) -> bool:
    """Whether the thinking sound is there all the time, its fades aside."""
    blocks = sound[start + FADE + FRAME : stop - FRAME]
    blocks = blocks[: len(blocks) // FRAME * FRAME].reshape(-1, FRAME)
    return len(blocks) > 0 and bool(np.all(np.max(np.abs(blocks), axis=1) > 10 * FAINT))


LATE = samples(0.1)
"""What the line may be behind the host's clock, by which events are timed."""


def silent(sound: Sound, start: int, stop: int) -> bool:
    return bool(np.max(np.abs(sound[start:stop]), initial=0) <= FAINT)


def pauses(sound: Sound, start: int, stop: int) -> int:
    """Stretches of 10 ms in which nobody speaks and nothing else is heard either."""
    blocks = sound[start:stop]
    return sum(silent(block, 0, len(block)) for block in np.array_split(blocks, len(blocks) // 240))


async def test_a_call_with_sounds_under_it(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, **SOUNDS, custom_tools=[SLOTS]),
        line(
            {"after": "agent-stops", "say": "Is Tuesday free?"},
            {"when": "ten", "after": "agent-stops", "wait": 0.8, "say": "I see. Goodbye."},
            model={
                "script": [
                    {
                        "when": "tuesday",
                        "reply": "Wait. I will look.",
                        "call": {"tool": "find_slots", "arguments": {"day": "2026-03-10"}},
                    },
                    {"after_tool": "find_slots", "reply": "Ten. That is free."},
                    {"when": "goodbye", "call": {"tool": "end_call"}},
                ]
            },
            latency={"llm_ms": 500, "tool_ms": 1800},
        ),
    )
    assert call.said("assistant") == ["Hello there.", "Wait. I will look.", "Ten. That is free.", "Goodbye."]
    assert call.report.details.warnings == ()
    sound, said = rest(call), call.all(e.AgentStopped)
    opening, preamble, answer, goodbye = said
    taken, ended = (sample(call, turn.at) for turn in call.all(e.TurnTaken))

    # Nothing but the background, from the answer to the hang-up, wherever nobody speaks and no reply is made.
    assert silent(sound, FADE, opening.start)
    assert silent(sound, opening.stop + FRAME, taken - LATE)
    assert silent(sound, answer.stop + FRAME, ended - LATE)
    assert silent(sound, goodbye.stop + FRAME, goodbye.stop + samples(0.18))

    # Thinking while the reply is made and while the tool runs; gone 100 ms into what is said.
    assert thinking(sound, taken, preamble.start)
    assert thinking(sound, preamble.stop, answer.start)
    for one in (preamble, answer):
        assert pauses(sound, one.start + samples(0.2), one.stop) > 5

    # The callee answers the voice and not what lies under it; the report knows only the voice.
    first, second = call.speech("user")
    assert first.started_speaking_at_ms == pytest.approx(opening.stop / 24 + 800, abs=150)
    assert second.started_speaking_at_ms == pytest.approx(answer.stop / 24 + 800, abs=150)
    assert [event.started_speaking_at_ms for event in call.speech("agent")] == [round(one.start / 24) for one in said]

    # The recording has it all.
    _, recorded = read_ogg(call.folder / "audio.ogg")
    assert integrated(recorded[FADE : opening.start]) == pytest.approx(
        integrated(loop_of(path_of(OFFICE))[FADE : opening.start]), abs=1.0
    )


@pytest.mark.filterwarnings("ignore:Setting `LiveConnectConfig:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
@pytest.mark.parametrize("model", [OPENAI, GOOGLE], ids=lambda model: str(model["provider"]))
async def test_a_realtime_model_thinks_aloud(model: dict[str, Any], stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, **SOUNDS, llm_model=model),
        line(
            {"after": "agent-stops", "say": "Who is this?"},
            {"after": "agent-stops", "say": "Goodbye."},
            model={
                "script": [{"when": "who", "reply": "It is Emma."}, {"when": "goodbye", "call": {"tool": "end_call"}}]
            },
            latency={"realtime_ms": 700},
        ),
    )
    assert call.said("assistant") == ["Hello there.", "It is Emma.", "Goodbye."]
    sound = rest(call)
    opening, answer, goodbye = call.all(e.AgentStopped)
    first, last = (sample(call, stopped.at) for stopped in call.all(e.CalleeStopped))
    assert silent(sound, opening.stop + FRAME, first - LATE)
    assert thinking(sound, first + LATE, answer.start)
    assert silent(sound, answer.stop + FRAME, last - LATE)
    assert thinking(sound, last + LATE, sample(call, call.one(e.GoodbyeAsked).at))
    assert dbfs(call.line.said.agent[goodbye.stop : goodbye.stop + samples(0.18)]) > -40


async def test_a_clip_that_is_missing_is_a_warning_and_the_call_goes_on(
    stand_ins: StandIns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.ambience.OFFICE", tmp_path / "office.ogg")
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, background_sound=OFFICE),
        line({"after": "agent-stops", "hang_up": True}),
    )
    assert call.report.details.warnings == ("a sound under the call could not be read",)
    assert call.report.end_reason == "client_initiated"
    assert call.said("assistant") == ["Hello there."]
