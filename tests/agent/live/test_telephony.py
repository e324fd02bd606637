import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from livekit import api

from agent.check import check
from agent.dispatch.server import connected
from agent.live.finding import Findings, well, wrong
from agent.live.telephony import introduced, rung_by
from tests.agent.dispatch.livekit import LiveKit, livekit, twirp

SETTING = "VOICE_WORKER_SIP_TRUNK_ID"
ATTEMPT: dict[str, Any] = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+33612345678", "assistant": {}}
OURS, THEIRS = "+33187654321", "+33187654322"


async def rung(server: LiveKit, folder: Path, raw: dict[str, Any], **variables: str) -> Findings:
    path = folder / "x.json"
    path.write_text(json.dumps(raw))
    given = server.settings(**variables)
    [verdict] = check([path], given, datetime(2026, 3, 9, tzinfo=UTC))
    async with connected(given) as asked:
        return await rung_by(asked, verdict, given)


def trunk(*numbers: str) -> api.SIPOutboundTrunkInfo:
    return api.SIPOutboundTrunkInfo(sip_trunk_id="ST_1", numbers=numbers)


@pytest.mark.parametrize(
    ("numbers", "given", "expected"),
    [
        ((OURS,), {}, well("SIP trunk: it is there; calls come from its own number")),
        ((THEIRS, OURS), {"from_phone_number": OURS}, well("SIP trunk: it is there and has the caller's number")),
        (("*",), {"from_phone_number": OURS}, well("SIP trunk: it is there and has the caller's number")),
        (
            (OURS,),
            {"from_phone_number": THEIRS},
            wrong("from_phone_number", "expected one of the numbers of the SIP trunk"),
        ),
        (
            (OURS,),
            {"assistant": {"from_phone_number": THEIRS}},
            wrong("assistant.from_phone_number", "expected one of the numbers of the SIP trunk"),
        ),
        ((), {}, wrong(SETTING, "expected a trunk with numbers: no call can be made without one")),
    ],
)
async def test_the_callers_number_belongs_to_the_trunk(
    numbers: tuple[str, ...], given: dict[str, Any], expected: Findings, tmp_path: Path
) -> None:
    async with livekit() as server:
        server.trunks = [trunk(*numbers)]
        assert await rung(server, tmp_path, {**ATTEMPT, **given}, VOICE_WORKER_SIP_TRUNK_ID="ST_1") == expected


async def test_a_trunk_must_be_named_and_be_there(tmp_path: Path) -> None:
    async with livekit() as server:
        server.trunks = [trunk(OURS)]
        missing = wrong(SETTING, "expected to be set, as the attempt names no sip.trunk_id")
        assert await rung(server, tmp_path, ATTEMPT) == missing
        unknown = "expected the id of an outbound trunk that the LiveKit server has"
        assert await rung(server, tmp_path, ATTEMPT, VOICE_WORKER_SIP_TRUNK_ID="ST_2") == wrong(SETTING, unknown)
        named = {**ATTEMPT, "sip": {"trunk_id": "ST_2"}}
        assert await rung(server, tmp_path, named, VOICE_WORKER_SIP_TRUNK_ID="ST_1") == wrong("sip.trunk_id", unknown)


async def test_without_telephony_that_is_said(tmp_path: Path) -> None:
    async with livekit() as server:
        server.failing["ListSIPOutboundTrunk"] = twirp("internal", "sip not connected (redis required)", 500)
        said = await rung(server, tmp_path, ATTEMPT, VOICE_WORKER_SIP_TRUNK_ID="ST_1")
    assert str(said.problems[0]).endswith("the LiveKit server has no telephony: it needs Redis and the SIP bridge")


async def test_an_inbound_call_and_an_assistant_alone_need_no_trunk(tmp_path: Path) -> None:
    async with livekit() as server:
        assert await rung(server, tmp_path, {"direction": "inbound", "assistant": {}}) == Findings()
        assert await rung(server, tmp_path, {"prompt": "x"}) == Findings()
        server.trunks = [trunk(OURS)]
        said = await rung(server, tmp_path, {"from_phone_number": THEIRS}, VOICE_WORKER_SIP_TRUNK_ID="ST_1")
    assert said.problems[0].path == "from_phone_number"


async def test_a_server_that_lets_us_in_is_confirmed() -> None:
    async with livekit() as server, connected(server.settings()) as asked:
        assert await introduced(asked) == well("LiveKit: the server answers and accepts the key")
        server.failing["ListRooms"] = twirp("internal", "x", 500)
        assert (await introduced(asked)).problems[0].path == "LIVEKIT_URL"
    async with livekit() as server, connected(server.settings(LIVEKIT_API_KEY="other")) as asked:
        assert (await introduced(asked)).problems[0].path == "LIVEKIT_API_KEY"
