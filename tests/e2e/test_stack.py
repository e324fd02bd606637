"""The harness itself: what the other tests of this folder take for granted."""

import asyncio
import time
from dataclasses import replace

import numpy as np
import pytest
from google.protobuf.duration_pb2 import Duration
from livekit import api

from audio.frames import RATE, silence
from tests.e2e import rtp
from tests.e2e.hearing import chirp, find_chirp, first_sound, level, tone
from tests.e2e.participant import joined
from tests.e2e.phone import Phone
from tests.e2e.rtp import Media, until
from tests.e2e.script import Referral, Script
from tests.e2e.stack import Program, Stack
from tests.e2e.trunks import inbound, nothing_left, rooms

CALLEE = "+33612345678"


def dial(trunk: str, room: str, *, to: str = CALLEE, ring: float = 10.0) -> api.CreateSIPParticipantRequest:
    timeout = Duration()
    timeout.FromNanoseconds(int(ring * 1e9))
    return api.CreateSIPParticipantRequest(
        sip_trunk_id=trunk,
        sip_call_to=to,
        room_name=room,
        participant_identity="callee",
        ringing_timeout=timeout,
        wait_until_answered=True,
    )


async def hang_up(lk: api.LiveKitAPI, room: str) -> None:
    await lk.room.delete_room(api.DeleteRoomRequest(room=room))


async def test_a_call_carries_sound_and_keys_both_ways(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str
) -> None:
    phone.script = Script(play=tone(600, 6, rate=rtp.RATE))
    async with joined(stack.deployment, "both") as agent:
        await agent.publish()
        await lk.sip.create_sip_participant(dial(trunk, "both"))
        call = await phone.rung()
        assert call.number == CALLEE
        await agent.active()
        agent.say(tone(1000, 3))
        await asyncio.sleep(2)
        assert level(call.stream.heard.pcm(RATE)[-RATE:], 1000) == pytest.approx(-15, abs=3)
        assert level(agent.heard[-RATE:], 600) == pytest.approx(-15, abs=3)
        # Not before: the bridge loses some of what is pressed within the first second.
        await agent.press("12#")
        call.stream.press("90*")
        await until(lambda: call.keys == "12#" and agent.keys == "90*", 5, "the keys had come")
        assert call.stream.heard.missing == 0
        await hang_up(lk, "both")
        await call.over(within=2)
    assert call.received("BYE") is not None
    await nothing_left(stack, lk, phone)


async def test_the_beginning_of_a_sound_is_found_in_what_the_phone_heard(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str
) -> None:
    async with joined(stack.deployment, "chirp") as agent:
        await agent.publish()
        await lk.sip.create_sip_participant(dial(trunk, "chirp"))
        call = await phone.rung()
        await until(lambda: bool(call.stream.heard.packets), 5, "sound had come")
        await asyncio.sleep(0.5)
        said = time.monotonic()
        agent.say(np.concatenate([chirp(), silence(RATE // 2)]))
        await asyncio.sleep(1)
        await hang_up(lk, "chirp")
        await call.over(within=2)
    heard = call.stream.heard
    found = find_chirp(heard.pcm(RATE), chirp())
    assert found.whole, found
    first = first_sound(heard)
    assert first is not None
    assert heard.began + found.sample / RATE == pytest.approx(first, abs=0.004)
    assert 0 < first - said < 0.5


async def test_a_caller_rings_until_somebody_in_the_room_is_heard(stack: Stack, lk: api.LiveKitAPI) -> None:
    number = "+33187650001"
    async with Phone.open() as caller, inbound(lk, number, prefix="in"):
        call = await caller.call(stack.deployment.bridge, number, CALLEE)
        await until(lambda: call.received("180 INVITE") is not None, 5, "it rang")
        await asyncio.sleep(0.3)
        assert call.received("200 INVITE") is None
        [room] = await rooms(lk)
        async with joined(stack.deployment, room) as agent:
            await agent.publish()
            await call.answered()
            agent.say(tone(1000, 1))
            await asyncio.sleep(0.5)
            call.hang_up()
            # The status comes within milliseconds; that they left, up to 3 s later where the call was a short one.
            await until(lambda: agent.status == "hangup", 1, "the call was hung up")
            await until(lambda: bool(agent.left), 5, "the caller had left")
        assert first_sound(call.stream.heard) is not None
        await hang_up(lk, room)
        await nothing_left(stack, lk, caller)


@pytest.mark.parametrize("status", [404, 486, 603])
async def test_a_refusal_comes_with_its_status(
    status: int, stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str
) -> None:
    phone.script = Script(final=status, after=0)
    with pytest.raises(api.SipCallError) as raised:
        await lk.sip.create_sip_participant(dial(trunk, "refused"))
    assert raised.value.sip_status_code == status
    await hang_up(lk, "refused")
    await nothing_left(stack, lk, phone)


async def test_a_deleted_room_cancels_what_rings(stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str) -> None:
    phone.script = Script(final=None, early=True)
    dialling = asyncio.create_task(lk.sip.create_sip_participant(dial(trunk, "cancelled")))
    call = await phone.rung()
    await until(lambda: call.sent("183 INVITE") is not None, 2, "it rang")
    await asyncio.sleep(0.3)
    await hang_up(lk, "cancelled")
    await call.over(within=2)
    assert call.received("CANCEL") is not None
    with pytest.raises(api.ServerError):
        await dialling
    await nothing_left(stack, lk, phone)


async def test_an_answer_comes_at_its_moment(stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str) -> None:
    moment = time.monotonic() + 2
    phone.script = Script(at=moment, hang_up_after=0)
    await lk.sip.create_sip_participant(dial(trunk, "moment"))
    call = await phone.rung()
    assert call.answered_at == pytest.approx(moment, abs=0.02)
    await call.over()
    assert call.sent("BYE") is not None
    await hang_up(lk, "moment")
    await nothing_left(stack, lk, phone)


@pytest.mark.parametrize(
    "script",
    [
        Script(media=Media.GARBAGE, hang_up_after=0.5),
        Script(media=Media.NONE, reinvite_after=0.2, hang_up_after=0.3),
        Script(bye_before_ack=True),
        Script(described=False, hang_up_after=0.3),
        Script(final=407, after=0),
    ],
    ids=["garbage", "re-INVITE", "BYE before ACK", "no description", "credentials"],
)
async def test_what_is_odd_leaves_nothing(
    script: Script, stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str
) -> None:
    phone.script = script
    try:
        await lk.sip.create_sip_participant(dial(trunk, "odd", ring=2))
    except api.ServerError:
        pass
    else:
        await (await phone.rung()).over()
    await hang_up(lk, "odd")
    await nothing_left(stack, lk, phone)


@pytest.mark.parametrize(
    ("referral", "succeeds"),
    [
        (Referral(), True),
        (Referral(outcome=486), False),
        (Referral(outcome=603), False),
        (Referral(status=403), False),
    ],
)
async def test_a_referral_comes_to_what_the_phone_says(
    referral: Referral, succeeds: bool, stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str
) -> None:
    phone.script = Script(referral=replace(referral, after=0.05), after=0)
    async with joined(stack.deployment, "referred"):
        await lk.sip.create_sip_participant(dial(trunk, "referred"))
        call = await phone.rung()
        transfer = api.TransferSIPParticipantRequest(
            room_name="referred", participant_identity="callee", transfer_to="tel:+33187650002"
        )
        try:
            await lk.sip.transfer_sip_participant(transfer)
        except api.ServerError:
            assert not succeeds
        else:
            assert succeeds
        assert call.referred_to == ["tel:+33187650002"]
    await hang_up(lk, "referred")
    await nothing_left(stack, lk, phone)


async def test_a_killed_bridge_and_a_killed_server_come_back(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str
) -> None:
    if not stack.is_private:
        pytest.skip("the deployment is not ours to kill")
    phone.script = Script(final=486, after=0)
    for program in (Program.BRIDGE, Program.SERVER):
        before = stack.pid(program)
        stack.kill(program)
        await stack.start(program)
        assert stack.pid(program) != before
        if program is Program.BRIDGE:  # after the server's return the first dial takes 7 s
            with pytest.raises(api.SipCallError):
                await lk.sip.create_sip_participant(dial(trunk, "again"))
            await hang_up(lk, "again")
    await nothing_left(stack, lk, phone)
