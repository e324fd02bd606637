"""Some providers real, the rest stand-ins: each kind in a whole call, "real" being a second server of its own."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agent import events as e
from agent import settings
from agent.problems import ErrorCode, InputInvalid
from agent.providers import STAND_INS, parse_providers
from agent.rehearsal.script import LineScript
from agent.rehearse import make_ready
from agent.standins.config import CallConfig, Latencies, ModelScript, Rule, ToolUse
from agent.standins.process import StandInCall, StandIns, running
from tests.calls import Conducted, attempt, conducted, in_turn, line

END = {"call": {"tool": "end_call"}}
LOCAL = {"script": [{"reply": "The stand-in speaks. Goodbye.", **END}]}
"""What the line's own model says."""
REMOTE = ModelScript(script=(Rule(reply="The real one speaks. Goodbye.", call=ToolUse(tool="end_call")),))
SLOW = 900
"""Milliseconds that the real providers take, by which they are told from the stand-ins."""


@dataclass(frozen=True)
class Case:
    """Which providers are real, where they are, and what of the assistant matters."""

    providers: str
    environment: dict[str, str] = field(default_factory=dict)
    assistant: dict[str, Any] = field(default_factory=dict)


def cases(real: StandInCall) -> dict[str, Case]:
    model = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": real.openai_url}
    cartesia = {"CARTESIA_API_KEY": "k", "CARTESIA_BASE_URL": real.cartesia_url}
    gradium = {"GRADIUM_API_KEY": "k", "GRADIUM_BASE_URL": real.gradium_url}
    deepgram = {"DEEPGRAM_API_KEY": "k", "DEEPGRAM_BASE_URL": real.deepgram_url}
    soniox = {"SONIOX_API_KEY": "k", "SONIOX_BASE_URL": real.soniox_url}
    return {
        "model": Case("llm=real", model),
        "cartesia": Case("tts=real", cartesia, {"voice": {"provider": "cartesia", "id": "v"}}),
        "gradium": Case("tts=real", gradium, {"voice": {"provider": "gradium", "id": "v"}}),
        "deepgram": Case("stt=real", deepgram),
        "soniox": Case("stt=real", soniox, {"stt_model": "stt-rt-v5"}),
        "judge": Case("turns=real"),
        "all": Case("real", {**model, **gradium, **deepgram}, {"voice": {"provider": "gradium", "id": "v"}}),
        "absent": Case("llm=real", {**model, "OPENAI_BASE_URL": f"{real.openai_url}/nowhere"}),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calls(stand_ins: StandIns, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Conducted]:
    """Every case: a callee answers the first sentence, then the model says something and ends the call."""

    async def call(name: str, case: Case) -> Conducted:
        given = attempt(first_sentence="Hello, is this a good moment?", **case.assistant)
        callee = line({"after": "agent-stops", "say": "Yes, it is a good moment."}, model=LOCAL)
        folder, providers = tmp_path_factory.mktemp(name), parse_providers(case.providers)
        return await conducted(stand_ins, folder, given, callee, _unseen, providers, **case.environment)

    # It knows nothing of the rehearsals.
    async with running() as elsewhere:
        config = CallConfig(unscripted=True, model=REMOTE, latency=Latencies(tts_ms=SLOW))
        given = cases(await elsewhere.open_call(config))
        conducted_calls = await in_turn(call(name, case) for name, case in given.items())
    return dict(zip(given, conducted_calls, strict=True))


def _unseen(event: e.Event) -> None:
    """These calls are not looked at as they go."""


def ended_well(call: Conducted) -> bool:
    return (call.report.status, call.report.end_reason) == ("completed", "tool_end_call")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_real_model_talks_to_the_simulated_callee(calls: dict[str, Conducted]) -> None:
    call = calls["model"]
    assert ended_well(call)
    assert call.said("assistant")[1] == "The real one speaks. Goodbye."
    assert call.said("user") == ["Yes, it is a good moment."]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("voice", ["cartesia", "gradium"])
async def test_a_real_voice_speaks(calls: dict[str, Conducted], voice: str) -> None:
    call = calls[voice]
    assert ended_well(call)
    assert call.said("assistant")[1] == "The stand-in speaks. Goodbye."
    delay = call.speech("agent")[1].tts_ttfb_ms
    assert delay is not None
    assert delay >= 0.9 * SLOW


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("recogniser", ["deepgram", "soniox"])
async def test_a_real_recogniser_hears(calls: dict[str, Conducted], recogniser: str) -> None:
    call = calls[recogniser]
    assert ended_well(call)
    # Nobody tells it what the callee says, so it makes something up.
    assert call.said("user") == ["Yes, all right."]
    assert call.said("assistant")[1] == "The stand-in speaks. Goodbye."


@pytest.mark.asyncio(loop_scope="session")
async def test_the_real_judge_of_turn_ends_needs_no_key(calls: dict[str, Conducted]) -> None:
    call = calls["judge"]
    assert ended_well(call)
    assert call.said("user") == ["Yes, it is a good moment."]
    assert call.said("assistant")[1] == "The stand-in speaks. Goodbye."


@pytest.mark.asyncio(loop_scope="session")
async def test_where_all_are_real_only_the_callee_is_simulated(calls: dict[str, Conducted]) -> None:
    call = calls["all"]
    assert ended_well(call)
    assert call.said("user") == ["Yes, all right."]
    assert call.said("assistant")[1] == "The real one speaks. Goodbye."


@pytest.mark.asyncio(loop_scope="session")
async def test_a_real_model_that_is_not_there_ends_the_call_with_a_reason(calls: dict[str, Conducted]) -> None:
    report = calls["absent"].report
    assert report.status == "error"
    assert report.error is not None
    assert report.error.code == "provider_failed"
    assert report.error.message == "the model's provider does not know this model"


def problems(folder: Path, providers: str, **assistant: Any) -> list[str]:
    source = folder / "attempt-in.json"
    source.write_text(json.dumps(attempt(**assistant)))
    with pytest.raises(InputInvalid) as raised:
        make_ready(source, LineScript(), parse_providers(providers), settings.of({}), folder / "out", datetime.now(UTC))
    assert {problem.code for problem in raised.value.problems} == {ErrorCode.MISSING_CREDENTIALS}
    assert raised.value.lines()[0].startswith(f"{source}: ")
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        ("llm=real", ["OPENAI_API_KEY: expected to be set, as this call's model is OpenAI's"]),
        ("tts=real", ["CARTESIA_API_KEY: expected to be set, as this call's voice is Cartesia's"]),
        ("stt=real,turns=real", ["DEEPGRAM_API_KEY: expected to be set, as this call's recogniser is Deepgram"]),
        ("real,llm=stand-in", ["CARTESIA_API_KEY", "DEEPGRAM_API_KEY"]),
    ],
)
def test_only_the_real_parts_need_a_key(tmp_path: Path, providers: str, expected: list[str]) -> None:
    found = problems(tmp_path, providers)
    assert len(found) == len(expected)
    assert all(one.startswith(begin) for one, begin in zip(found, expected, strict=True))


def test_the_key_that_is_missing_is_that_of_the_voice_in_use(tmp_path: Path) -> None:
    found = problems(tmp_path, "tts=real", voice={"provider": "gradium", "id": "v"}, stt_model="stt-rt-v4")
    assert found == ["GRADIUM_API_KEY: expected to be set, as this call's voice is Gradium's"]


def test_stand_ins_need_none(tmp_path: Path) -> None:
    source = tmp_path / "attempt-in.json"
    source.write_text(json.dumps(attempt(voice={"provider": "gradium", "id": "v"}, stt_model="stt-rt-v4")))
    ready, _ = make_ready(source, LineScript(), STAND_INS, settings.of({}), tmp_path / "out", datetime.now(UTC))
    assert (ready.plan.voice.provider, ready.plan.recogniser.provider) == ("gradium", "soniox")
    assert ready.plan.warnings == ()
