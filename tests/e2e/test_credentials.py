"""Carriers that ask for credentials: with the right ones the phone rings, with others it does not."""

import asyncio
import secrets

import pytest
from livekit import api

from tests.e2e import trunks
from tests.e2e.attempts import Gist, Placed, Scheduler
from tests.e2e.digest import digest
from tests.e2e.phone import Phone
from tests.e2e.script import Gate, Script
from tests.e2e.worker import Worker

CALLEE: Gist = ("completed", "user", "client_initiated", None)
FAILED: Gist = ("error", "system", None, "dial_error")

LOGIN = ("acme", secrets.token_urlsafe(12))


def invites(phone: Phone, one: Placed) -> int:
    """How many the phone was sent for an attempt, whatever became of them."""
    [call] = one.calls
    return sum(entry.call_id == call.dialog.call_id and entry.what == "INVITE" for entry in phone.log)


async def test_a_call_is_put_through_with_the_trunks_credentials(
    scheduler: Scheduler, worker: Worker, phone: Phone, lk: api.LiveKitAPI
) -> None:
    gates = [Gate(LOGIN, status, qop) for status in (401, 407) for qop in (False, True)]
    async with trunks.outbound(lk, phone, numbers=("+33187000001",), login=LOGIN) as trunk:
        scripts = [Script(gate=gate, after=2, hang_up_after=1.5) for gate in gates]
        placed = [await scheduler.dispatch(script, sip={"trunk_id": trunk}) for script in scripts]
        for one, gate in zip(placed, gates, strict=True):
            assert (await one.ended(20)).gist == CALLEE
            call = one.calls[0]
            asked, rang = call.sent(f"{gate.status} INVITE"), call.sent("180 INVITE")
            assert asked is not None and rang is not None and asked < rang
            assert invites(phone, one) == 2
            assert one.told == ["ringing", "ongoing", "completed", "analyzed"]
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)
    assert LOGIN[1] not in worker.log


async def test_a_call_with_the_wrong_credentials_rings_nobody(
    scheduler: Scheduler, worker: Worker, phone: Phone, lk: api.LiveKitAPI
) -> None:
    script = Script(gate=Gate(LOGIN))
    async with (
        trunks.outbound(lk, phone, numbers=("+33187000002",), login=(LOGIN[0], "guessed")) as password,
        trunks.outbound(lk, phone, numbers=("+33187000003",), login=("someone", LOGIN[1])) as name,
    ):
        ways = [password, name, scheduler.trunk]
        placed = [await scheduler.dispatch(script, sip={"trunk_id": trunk}) for trunk in ways]
        ended = await asyncio.gather(*(one.ended(20) for one in placed))
    assert [(ending.gist, ending.dial_error) for ending in ended] == [(FAILED, "precondition_failed")] * 3
    assert not any(call.sent("180 INVITE") for call in phone.calls)
    assert [one.told for one in placed] == [["error", "analyzed"]] * 3
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


@pytest.mark.parametrize(
    ("counted", "answer"),
    [
        ("00000001:0a4f113b:auth", "6629fae49393a05397450978507c4ef1"),
        ("", "670fd8c2df070c60b045671b8b24ff02"),
    ],
)
def test_the_phone_reckons_digests_as_the_rfc_does(counted: str, answer: str) -> None:
    """The example of RFC 2617, 3.5; the second answer is the same without `qop`."""
    login, nonce = ("Mufasa", "Circle Of Life"), "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    assert digest(login, "testrealm@host.com", "GET:/dir/index.html", nonce, counted) == answer
