"""Whole calls with a callee whose words nobody wrote: both ways to end, and a real model's."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from agent import events as e
from agent.problems import InputInvalid
from agent.providers import parse_providers
from agent.rehearsal.mind import MindFailed
from agent.standins.config import CallConfig, ModelScript, Rule
from agent.standins.process import StandIns, running
from tests.calls import Conducted, attempt, conducted, in_turn, line
from tests.loopback import served

ASKS = {"reply": "And what would you like to know?", "repeat": True}
QUICK = {"voice": {"speed": 1.5}, "model": {"script": [ASKS]}}
PLAYED = ModelScript(
    opening="Bakery Miller?",
    script=(
        Rule(when="phone rings", reply="Bakery Miller?"),
        Rule(when="to know", reply="Wrong number. [hangs up]"),
        Rule(reply="(sighs) I am baking.", repeat=True),
    ),
)


@dataclass(frozen=True)
class Case:
    persona: str
    assistant: dict[str, Any] = field(default_factory=dict)
    providers: str = "stand-in"
    environment: dict[str, str] = field(default_factory=dict)


def unseen(event: e.Event) -> None:
    """These calls are not looked at as they go."""


async def call(stand_ins: StandIns, folder: Path, case: Case) -> Conducted:
    given = attempt(**{"first_sentence": "Hello, this is Emma.", **case.assistant})
    providers = parse_providers(case.providers)
    return await conducted(
        stand_ins, folder, given, line(persona=case.persona, **QUICK), unseen, providers, **case.environment
    )


def forgetful() -> web.Application:
    """A model that answers the phone and then forgets the key."""
    asked: list[str] = []

    async def complete(request: web.Request) -> web.Response:
        asked.append(request.path)
        hello = {"choices": [{"message": {"content": "Hello?"}}]}
        return web.json_response(hello if len(asked) == 1 else {}, status=200 if len(asked) == 1 else 401)

    application = web.Application()
    application.router.add_post("/chat/completions", complete)
    return application


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calls(stand_ins: StandIns, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Conducted]:
    async with running() as elsewhere, served(forgetful()) as port:
        played = await elsewhere.open_call(CallConfig(model=PLAYED))
        real = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": played.openai_url}
        cases = {
            "busy": Case("busy, asks for the price"),
            "again": Case("busy, asks for the price"),
            "endless": Case("never hangs up", {"max_call_duration_secs": 12}),
            "real": Case("a baker", {}, "persona=real", real),
            "failing": Case("a baker", {}, "persona=real", {**real, "OPENAI_BASE_URL": f"http://127.0.0.1:{port}"}),
        }
        done = await in_turn(call(stand_ins, tmp_path_factory.mktemp(name), case) for name, case in cases.items())
    return dict(zip(cases, done, strict=True))


@pytest.mark.asyncio(loop_scope="session")
async def test_a_persona_talks_as_it_is_and_hangs_up(calls: dict[str, Conducted]) -> None:
    report = calls["busy"].report
    assert (report.status, report.ended_by, report.end_reason) == ("completed", "user", "client_initiated")
    said = calls["busy"].said("user")
    assert "And what about the price?" in said
    assert said[-1] == "Sorry, I really have to go now. Goodbye."


@pytest.mark.asyncio(loop_scope="session")
async def test_the_same_seed_is_the_same_callee(calls: dict[str, Conducted]) -> None:
    again, busy = calls["again"].said("user"), calls["busy"].said("user")
    assert (again[:2], again[-1]) == (busy[:2], busy[-1])  # between them it may ask a slow agent whether it is there


@pytest.mark.asyncio(loop_scope="session")
async def test_one_who_never_hangs_up_is_ended_by_the_limit(calls: dict[str, Conducted]) -> None:
    report = calls["endless"].report
    assert (report.status, report.end_reason) == ("completed", "max_duration")
    assert len(calls["endless"].said("user")) >= 2


@pytest.mark.asyncio(loop_scope="session")
async def test_a_real_model_plays_the_persona(calls: dict[str, Conducted]) -> None:
    report = calls["real"].report
    assert (report.status, report.ended_by, report.end_reason) == ("completed", "user", "client_initiated")
    assert calls["real"].said("user")[-2:] == ["I am baking.", "Wrong number."]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_real_model_that_fails_ends_the_call_with_a_reason(calls: dict[str, Conducted]) -> None:
    error = calls["failing"].report.error
    assert error is not None
    assert (error.code, error.message) == (
        "provider_failed",
        "OPENAI_API_KEY: expected a key that the model which plays the callee accepts",
    )


@pytest.mark.asyncio(loop_scope="session")
async def test_a_real_model_that_is_not_there_keeps_the_call_from_beginning(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    nowhere = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": f"{stand_ins.base_url}/nowhere"}
    with pytest.raises(MindFailed, match=r"^VOICE_WORKER_PERSONA_MODEL: expected a model that there is"):
        await call(stand_ins, tmp_path, Case("a baker", {}, "persona=real", nowhere))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("providers", ["persona=real", "real,llm=stand-in,tts=stand-in,stt=stand-in"])
async def test_a_real_persona_needs_a_key(stand_ins: StandIns, tmp_path: Path, providers: str) -> None:
    with pytest.raises(InputInvalid, match=r"^OPENAI_API_KEY: expected to be set, as this line's persona"):
        await call(stand_ins, tmp_path, Case("a baker", {}, providers))
