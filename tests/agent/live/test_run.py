import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from livekit import api

from agent import settings
from agent.check import Verdict
from agent.live.run import check_live
from tests.agent.dispatch.livekit import LiveKit, livekit
from tests.tools.server import ToolServer, serving

NOW = datetime(2026, 3, 9, tzinfo=UTC)
ATTEMPT: dict[str, Any] = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+33612345678", "assistant": {}}


async def provider(request: web.Request) -> web.Response:
    """All providers in one: it knows one key, and one assistant."""
    if request.path == "/assistant":
        return web.json_response({"assistant": {"prompt": "{{nobody}}"}})
    if "x-goog-api-key" in request.headers:
        refusal = {"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}}
        good = request.headers["x-goog-api-key"] == "good"
        return web.json_response({} if good else refusal, status=200 if good else 400)
    key = request.headers.get("X-API-Key") or request.headers["Authorization"].split()[-1]
    return web.Response(status=200 if key == "good" else 401)


def variables(server: LiveKit, providers: ToolServer) -> dict[str, str]:
    keys = dict.fromkeys(("OPENAI_API_KEY", "CARTESIA_API_KEY", "DEEPGRAM_API_KEY"), "good")
    bases = dict.fromkeys(("OPENAI_BASE_URL", "CARTESIA_BASE_URL"), providers.url)
    deepgram = {"DEEPGRAM_BASE_URL": f"{providers.url}/v1/listen"}
    return {**server.variables, **keys, **bases, **deepgram, "VOICE_WORKER_SIP_TRUNK_ID": "ST_1"}


async def checked(files: list[Path], given: dict[str, str]) -> list[Verdict]:
    return await asyncio.to_thread(check_live, files, settings.of(given), NOW)


def written(folder: Path, name: str, raw: dict[str, Any]) -> Path:
    path = folder / name
    path.write_text(json.dumps(raw))
    return path


async def test_everything_that_is_well_is_confirmed(tmp_path: Path) -> None:
    files = [written(tmp_path, "a.json", ATTEMPT), written(tmp_path, "b.json", ATTEMPT)]
    async with livekit() as server, serving(provider) as providers:
        server.trunks = [api.SIPOutboundTrunkInfo(sip_trunk_id="ST_1", numbers=["+33187654321"])]
        verdicts = await checked(files, variables(server, providers))
    for verdict in verdicts:
        assert verdict.valid, verdict.problems
        assert verdict.confirmed == (
            "LiveKit: the server answers and accepts the key",
            "SIP trunk: it is there; calls come from its own number",
            "OpenAI: the key works",
            "Cartesia: the key works, the voice is there",
            "Deepgram: the key works",
        )
    assert len(providers.asked) == 3


async def test_everything_that_is_wrong_is_a_problem_of_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "a.json", ATTEMPT)
    async with livekit() as server, serving(provider) as providers:
        given = {**variables(server, providers), "CARTESIA_API_KEY": "bad", "OPENAI_API_KEY": ""}
        [verdict] = await checked([file], given)
    assert not verdict.valid
    assert [problem.path for problem in verdict.problems] == [
        "OPENAI_API_KEY",
        "VOICE_WORKER_SIP_TRUNK_ID",
        "CARTESIA_API_KEY",
    ]
    assert "bad" not in "".join(verdict.lines())


@pytest.mark.parametrize("key", ["good", "bad"])
async def test_a_realtime_model_of_googles_is_asked_about_with_its_key(key: str, tmp_path: Path) -> None:
    model = {"type": "realtime", "provider": "google", "realtime_model_id": "gemini-live"}
    file = written(tmp_path, "a.json", {**ATTEMPT, "assistant": {"llm_model": model}})
    async with livekit() as server, serving(provider) as providers:
        server.trunks = [api.SIPOutboundTrunkInfo(sip_trunk_id="ST_1", numbers=["+33187654321"])]
        google = {"GOOGLE_API_KEY": key, "GOOGLE_BASE_URL": providers.url}
        [verdict] = await checked([file], {**variables(server, providers), **google})
    confirmed = ("Google: the key works, the model is there",) if key == "good" else ()
    assert verdict.confirmed[2:] == (*confirmed, "Deepgram: the key works")
    problems = [] if key == "good" else ["GOOGLE_API_KEY: expected a key that Google accepts"]
    assert [str(problem) for problem in verdict.problems] == problems
    assert sorted(providers.paths) == ["/v1/auth/token", "/v1beta/models/gemini-live"]


async def test_without_a_server_the_providers_are_asked_all_the_same(tmp_path: Path) -> None:
    file = written(tmp_path, "a.json", ATTEMPT)
    async with livekit() as server, serving(provider) as providers:
        given = {**variables(server, providers), "LIVEKIT_URL": "", "LIVEKIT_API_SECRET": ""}
        [verdict] = await checked([file], given)
    assert [str(problem) for problem in verdict.problems] == [
        "LIVEKIT_URL: expected to be set",
        "LIVEKIT_API_SECRET: expected to be set",
    ]
    assert len(verdict.confirmed) == 3


async def test_an_assistant_elsewhere_is_fetched_and_checked(tmp_path: Path) -> None:
    async with livekit() as server, serving(provider) as providers:
        elsewhere = {**ATTEMPT, "assistant": None, "assistant_url": f"{providers.url}/assistant"}
        file = written(tmp_path, "a.json", elsewhere)
        [verdict] = await checked([file], variables(server, providers))
        assert "assistant.prompt" in [problem.path for problem in verdict.problems]
        nowhere = {**elsewhere, "assistant_url": "http://127.0.0.1:9/"}
        [verdict] = await checked([written(tmp_path, "b.json", nowhere)], variables(server, providers))
    assert [str(problem) for problem in verdict.problems] == ["assistant_url: expected it to be reachable"]


async def test_a_file_that_cannot_be_read_is_no_reason_to_stop(tmp_path: Path) -> None:
    async with livekit() as server, serving(provider) as providers:
        [verdict] = await checked([tmp_path / "none.json"], variables(server, providers))
    assert [problem.message for problem in verdict.problems] == ["expected a file: there is none"]
    assert verdict.confirmed == ("LiveKit: the server answers and accepts the key",)
