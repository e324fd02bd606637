"""The commands as an operator runs them: processes of their own, against a server and a worker on loopback."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from livekit import api

from agent import events as e
from agent.dispatch.calls import LiveCall
from agent.dispatch.run import table
from agent.worker.webhook import EventType
from tests.agent.dispatch.livekit import AGENT, JOINED, PHONE, LiveKit, livekit, person
from tests.agent.dispatch.worker import report
from tests.agent.worker.attempts import ANSWERED_CALL, REFUSED_CALL, REPORTED, accepted
from tests.agent.worker.test_courier import Receiver
from tests.tools.server import serving

ROOT = Path(__file__).parents[3]
ATTEMPT: dict[str, Any] = {
    "call_id": "call-1",
    "attempt_id": "attempt-1",
    "to_phone_number": "+33612345678",
    "assistant": {"prompt": "x"},
}


async def started(server: LiveKit, folder: Path, *arguments: str) -> Process:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **server.variables}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent", *arguments, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE
    )


async def run(server: LiveKit, folder: Path, *arguments: str) -> tuple[int | None, str, str]:
    process = await started(server, folder, *arguments)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode(), err.decode()


def written(folder: Path, **more: object) -> str:
    path = folder / "attempt.json"
    path.write_text(json.dumps({**ATTEMPT, **more}))
    return str(path)


async def test_dial_prints_the_report_and_shows_the_call(tmp_path: Path) -> None:
    async with livekit() as server, serving(Receiver([204])) as scheduler:

        async def work(asked: api.CreateAgentDispatchRequest) -> None:
            await report(asked, ANSWERED_CALL)

        server.on_dispatch = work
        callback = {"url": scheduler.url, "secret": "whsec_b3du"}
        code, out, err = await run(server, tmp_path, "dial", written(tmp_path, callback=callback), "--json")
    assert code == 0, err
    printed = json.loads(out)
    assert (printed["id"], printed["status"], printed["ended_by"]) == ("attempt-1", "completed", "user")
    shown = [line.split(maxsplit=2)[-1] for line in err.splitlines()]
    assert [line for line in shown if line in ("ringing", "answered")] == ["ringing", "answered"]
    assert "ended by user: client_initiated" in err
    assert [json.loads(asked.body)["type"] for asked in scheduler.asked] == [
        EventType.RINGING,
        EventType.ONGOING,
        EventType.COMPLETED,
        EventType.ANALYZED,
    ]
    assert "+33612345678" not in err


async def test_that_nobody_answered_is_no_failure_and_an_error_is_one(tmp_path: Path) -> None:
    fault = e.Ended(at=15.0, ended_by="system", end_reason=None, error_code="internal_error", error_message="x")
    async with livekit() as server:

        async def work(asked: api.CreateAgentDispatchRequest) -> None:
            await report(asked, journal)

        server.on_dispatch = work
        journal: tuple[e.Event, ...] = REFUSED_CALL
        code, out, _ = await run(server, tmp_path, "dial", written(tmp_path))
        assert (code, out.splitlines()[1].split(maxsplit=1)) == (0, ["status", "error (busy)"])
        journal = (accepted(), fault, REPORTED)
        code, out, _ = await run(server, tmp_path, "dial", written(tmp_path))
        assert code == 1


async def test_ctrl_c_hangs_up_and_still_shows_the_end(tmp_path: Path) -> None:
    async with livekit() as server:
        asked: list[api.CreateAgentDispatchRequest] = []

        async def work(request: api.CreateAgentDispatchRequest) -> None:
            asked.append(request)
            await report(request, ANSWERED_CALL[:4])
            process.send_signal(signal.SIGINT)

        async def end(room: str) -> None:
            await report(asked[0], ANSWERED_CALL)

        server.on_dispatch, server.on_delete = work, end
        process = await started(server, tmp_path, "dial", written(tmp_path))
        out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, err
    assert b"hanging up" in err
    assert out.startswith(b"attempt         attempt-1\nstatus          completed\n")


async def test_bad_input_is_exit_2_and_dispatches_nothing(tmp_path: Path) -> None:
    async with livekit() as server:
        file = written(tmp_path, to_phone_number="12", attempt_number=0)
        code, out, err = await run(server, tmp_path, "dial", file)
    assert (code, out) == (2, "")
    assert [line.split(": ")[1] for line in err.splitlines() if "expected to be set" not in line] == [
        "attempt_number",
        "to_phone_number",
    ]
    assert server.asked == []


async def test_calls_are_listed_and_one_is_ended(tmp_path: Path) -> None:
    async with livekit() as server:
        phone = person(PHONE, callStatus="active", phoneNumber="+33612345678")
        server.room("attempt-attempt-1", person(AGENT), phone, metadata='{"attempt_id": "attempt-1"}', jobs=1)
        code, out, _ = await run(server, tmp_path, "calls", "--json")
        assert code == 0
        assert [call["attempt_id"] for call in json.loads(out)] == ["attempt-1"]
        assert "3361234" not in out
        assert await run(server, tmp_path, "hangup", "attempt-1") == (
            0,
            "ended attempt-1: room attempt-attempt-1 is deleted\n",
            "",
        )
        assert await run(server, tmp_path, "hangup", "attempt-1") == (
            1,
            "",
            "there is no call of attempt attempt-1 to end\n",
        )
        assert await run(server, tmp_path, "calls") == (0, "no calls\n", "")


def test_the_table_has_a_line_for_each_call() -> None:
    since = datetime.fromtimestamp(JOINED, UTC)
    calls = [LiveCall("a\x1b[1m", "attempt-a", "active", since, "…78"), LiveCall("b", "x", "waiting", since, None)]
    assert table(calls, since + timedelta(seconds=65)) == (
        "attempt  state    since             number  room\n"
        "a?[1m    active   13:00:00Z (1:05)  …78     attempt-a\n"
        "b        waiting  13:00:00Z (1:05)  -       x\n"
    )
