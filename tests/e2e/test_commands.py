"""`dial`, `calls`, `hangup` and `check --live` on a real LiveKit server, a real bridge and a real worker."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livekit import api

from agent import settings
from agent.live.run import check_live
from agent.problems import ErrorCode
from tests.e2e.callback import Callback
from tests.e2e.phone import Phone
from tests.e2e.script import Script
from tests.e2e.stack import Deployment, Stack
from tests.e2e.trunks import CALLER, nothing_left, rooms
from tests.e2e.worker import Worker

_ROOT = Path(__file__).resolve().parents[2]
CALLEE = "+33612345678"
LONGEST = 60.0


@asynccontextmanager
async def started(deployment: Deployment, folder: Path, *arguments: str, **variables: str) -> AsyncIterator[Process]:
    """A command under way; killed on exit if it still is."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(_ROOT),
        **deployment.environment,
        **variables,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent", *arguments, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(process: Process) -> tuple[int | None, str, str]:
    """Exit code, standard output, standard error."""
    out, err = await asyncio.wait_for(process.communicate(), LONGEST)
    return process.returncode, out.decode(), err.decode()


async def run(deployment: Deployment, folder: Path, *arguments: str, **variables: str) -> tuple[int | None, str, str]:
    async with started(deployment, folder, *arguments, **variables) as process:
        return await ended(process)


def attempt(trunk: str, attempt_id: str, **more: Any) -> dict[str, Any]:
    assistant = {"prompt": "You are Emma.", "first_sentence": "Hello there, this is Emma."}
    return {
        "call_id": "c-1",
        "attempt_id": attempt_id,
        "to_phone_number": CALLEE,
        "language": "en",
        "assistant": assistant,
        "sip": {"trunk_id": trunk, "ringing_timeout_secs": 10},
        **more,
    }


def written(folder: Path, given: Mapping[str, Any]) -> str:
    path = folder / f"{given['attempt_id']}.json"
    path.write_text(json.dumps(given))
    return str(path)


async def test_a_call_is_dialled_and_followed_to_its_report(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str, callback: Callback, worker: Worker, tmp_path: Path
) -> None:
    phone.script = Script(hang_up_after=3.0)
    file = written(tmp_path, attempt(trunk, "dialled", callback=callback.as_given))
    code, out, err = await run(stack.deployment, tmp_path, "dial", file, "--json")
    assert code == 0, err
    report = json.loads(out)
    assert (report["id"], report["status"], report["ended_by"]) == ("dialled", "completed", "user")
    told = callback.of("dialled")
    assert [event.type for event in told] == [
        "attempt.ringing",
        "attempt.ongoing",
        "attempt.completed",
        "attempt.analyzed",
    ]
    assert all(event.signed for event in told)
    assert told[-1].attempt == report
    assert "ringing" in err and "Hello there, this is Emma." in err and CALLEE not in err
    await nothing_left(stack, lk, phone)


async def test_that_nobody_answers_is_no_failure(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str, worker: Worker, tmp_path: Path
) -> None:
    phone.script = Script(final=486)
    code, out, err = await run(stack.deployment, tmp_path, "dial", written(tmp_path, attempt(trunk, "busy")))
    assert (code, out.splitlines()[1].split(maxsplit=1)) == (0, ["status", "error (busy)"]), err
    await nothing_left(stack, lk, phone)


async def test_ctrl_c_hangs_up_and_shows_the_end(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str, worker: Worker, tmp_path: Path
) -> None:
    file = written(tmp_path, attempt(trunk, "interrupted"))
    async with started(stack.deployment, tmp_path, "dial", file, "--json") as process:
        call = await phone.rung(within=20)
        await call.answered()
        await asyncio.sleep(1)
        process.send_signal(signal.SIGINT)
        code, out, err = await ended(process)
    assert code == 0, err
    report = json.loads(out)
    assert (report["status"], report["ended_by"], report["end_reason"]) == (
        "completed",
        "system",
        "participant_removed",
    )
    assert call.received("BYE") is not None
    await nothing_left(stack, lk, phone)


async def test_a_live_call_is_listed_and_ended(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str, callback: Callback, worker: Worker, tmp_path: Path
) -> None:
    given = attempt(trunk, "listed", callback=callback.as_given)
    request = api.CreateAgentDispatchRequest(agent_name="voice-worker", room="any-room", metadata=json.dumps(given))
    await lk.agent_dispatch.create_dispatch(request)
    call = await phone.rung()
    await callback.event("attempt.ongoing", 15, attempt_id="listed")
    code, out, err = await run(stack.deployment, tmp_path, "calls", "--json")
    assert code == 0, err
    [listed] = json.loads(out)
    assert {name: listed[name] for name in ("attempt_id", "room", "state", "phone_number")} == {
        "attempt_id": "listed",
        "room": "any-room",
        "state": "active",
        "phone_number": "…78",
    }
    assert (await run(stack.deployment, tmp_path, "hangup", "listed"))[0] == 0
    await call.over(within=2)
    final = await callback.event("attempt.analyzed", 15, attempt_id="listed")
    assert final.attempt["end_reason"] == "participant_removed"
    code, out, err = await run(stack.deployment, tmp_path, "hangup", "listed")
    assert (code, out, err) == (1, "", "there is no call of attempt listed to end\n")
    assert await run(stack.deployment, tmp_path, "calls") == (0, "no calls\n", "")
    await nothing_left(stack, lk, phone)


async def test_what_waits_for_a_worker_is_listed_and_can_be_called_off(
    stack: Stack, lk: api.LiveKitAPI, tmp_path: Path
) -> None:
    request = api.CreateAgentDispatchRequest(
        agent_name="nobody", room="attempt-waiting", metadata='{"attempt_id": "waiting"}'
    )
    await lk.agent_dispatch.create_dispatch(request)
    mine = {"VOICE_WORKER_AGENT_NAME": "nobody"}
    _, out, _ = await run(stack.deployment, tmp_path, "calls", "--json", **mine)
    assert [(call["attempt_id"], call["state"]) for call in json.loads(out)] == [("waiting", "waiting")]
    code, out, _ = await run(stack.deployment, tmp_path, "hangup", "waiting", **mine)
    assert (code, out) == (0, "ended waiting: room attempt-waiting is deleted\n")
    assert "attempt-waiting" not in await rooms(lk)


async def test_the_server_the_trunk_and_the_callers_number_are_checked(
    stack: Stack, lk: api.LiveKitAPI, trunk: str, tmp_path: Path
) -> None:
    async def said(given: dict[str, Any], deployment: Deployment = stack.deployment) -> tuple[list[str], list[str]]:
        """What is confirmed, and the places of the problems, those of missing keys apart."""
        files, environment = [Path(written(tmp_path, given))], settings.of(deployment.environment)
        [verdict] = await asyncio.to_thread(check_live, files, environment, datetime.now(UTC))
        others = [one for one in verdict.problems if one.code is not ErrorCode.MISSING_CREDENTIALS]
        return list(verdict.confirmed), [problem.path for problem in others]

    ours = attempt(trunk, "checked", from_phone_number=CALLER)
    entry = "LiveKit: the server answers and accepts the key"
    assert await said(ours) == ([entry, "SIP trunk: it is there and has the caller's number"], [])
    assert await said({**ours, "from_phone_number": "+33187654399"}) == ([entry], ["from_phone_number"])
    assert await said({**ours, "sip": {"trunk_id": "ST_nowhere"}}) == ([entry], ["sip.trunk_id"])
    deployment = stack.deployment
    assert await said(ours, replace(deployment, secret="f" * 40)) == ([], ["LIVEKIT_API_SECRET"])
    assert await said(ours, replace(deployment, key="nokey")) == ([], ["LIVEKIT_API_KEY"])
    assert await said(ours, replace(deployment, url="ws://127.0.0.1:9")) == ([], ["LIVEKIT_URL"])
    http = f"http://{deployment.bridge[0]}:{deployment.bridge[1]}"
    assert await said(ours, replace(deployment, url=http)) == ([], ["LIVEKIT_URL"])
    code, out, err = await run(deployment, tmp_path, "check", "--live", written(tmp_path, ours))
    assert (code, f"{entry}\n" in out, "OPENAI_API_KEY: expected to be set" in err) == (2, True, True)
    assert await rooms(lk) == []
