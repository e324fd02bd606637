"""Trunks to and from scripted phones, and the proof that nothing is left of a call."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from livekit import api

from tests.e2e.phone import Phone
from tests.e2e.stack import Stack

CALLER = "+33187654321"
"""The number outbound trunks call from."""


@asynccontextmanager
async def outbound(
    lk: api.LiveKitAPI, phone: Phone, *, numbers: tuple[str, ...] = (CALLER,), login: tuple[str, str] | None = None
) -> AsyncIterator[str]:
    """The id of a trunk that leads to the phone, deleted on exit; `login` is a name and a password."""
    trunk = api.SIPOutboundTrunkInfo(
        name="a test phone",
        address=f"{phone.host}:{phone.port}",
        numbers=numbers,
        transport=api.SIPTransport.SIP_TRANSPORT_UDP,
    )
    if login is not None:
        trunk.auth_username, trunk.auth_password = login
    made = await lk.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=trunk))
    try:
        yield made.sip_trunk_id
    finally:
        await lk.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=made.sip_trunk_id))


@asynccontextmanager
async def inbound(
    lk: api.LiveKitAPI, number: str, *, agent: str | None = None, metadata: str = "", prefix: str = "inbound"
) -> AsyncIterator[str]:
    """The id of a trunk that takes calls to a number, each into a room of its own; deleted on exit with its rule.

    `agent` is the name of the worker that is dispatched to the room, with `metadata`.
    """
    trunk = api.SIPInboundTrunkInfo(name="from test phones", numbers=[number])
    made = await lk.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=trunk))
    individual = api.SIPDispatchRule(dispatch_rule_individual=api.SIPDispatchRuleIndividual(room_prefix=prefix))
    rule = api.SIPDispatchRuleInfo(name=f"calls to {number}", rule=individual, trunk_ids=[made.sip_trunk_id])
    if agent is not None:
        rule.room_config.agents.add(agent_name=agent, metadata=metadata)
    ruled = await lk.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=rule))
    try:
        yield made.sip_trunk_id
    finally:
        gone = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=ruled.sip_dispatch_rule_id)
        await lk.sip.delete_dispatch_rule(gone)
        await lk.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=made.sip_trunk_id))


async def rooms(lk: api.LiveKitAPI) -> list[str]:
    """The names of all rooms there are."""
    return [room.name for room in (await lk.room.list_rooms(api.ListRoomsRequest())).rooms]


async def nothing_left(stack: Stack, lk: api.LiveKitAPI, *phones: Phone, within: float = 5.0) -> None:
    """Wait until there is no room, no call at the bridge and no call at the phones.

    Raises AssertionError, which says what was left, after so many seconds. A deployment may have other rooms and
    calls: there only the phones are looked at.
    """
    give_up = time.monotonic() + within
    while left := await _left(stack, lk, *phones):
        if time.monotonic() > give_up:
            raise AssertionError(f"left after {within:g} s: {', '.join(left)}")
        await asyncio.sleep(0.05)


async def _left(stack: Stack, lk: api.LiveKitAPI, *phones: Phone) -> list[str]:
    left = [f"call to {call.number} at a phone" for phone in phones for call in phone.left]
    if stack.is_private:
        left += [f"room {name}" for name in await rooms(lk)]
        bridged = await stack.bridged()
        left += [f"{bridged} calls at the bridge"] if bridged else []
    return left
