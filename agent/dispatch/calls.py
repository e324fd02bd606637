"""The calls that are going on: rooms of attempts, and who is in them."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from livekit import api
from pydantic import BaseModel, ConfigDict, ValidationError

from agent.dispatch.server import Server, ServerFailed
from agent.documents import safe_name

PREFIX = "attempt-"
AT_ONCE = 8
"""Rooms that are looked into at the same time."""
WAITING = "waiting"
"""State of a call that no worker has taken yet."""
PREPARING = "preparing"
"""State of a call that a worker has taken and not dialled yet."""

_STATUS = "sip.callStatus"
_NUMBER = "sip.phoneNumber"
_CALL_ID = "sip.callID"
_KIND = api.ParticipantInfo.Kind


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One call."""

    attempt_id: str
    room: str
    state: str
    """`waiting`, `preparing`, or as the bridge has it: `dialing`, `ringing`, `automation`, `active`, `hangup`."""
    since: datetime
    """When the phone's participant joined, or the room was made; UTC."""
    phone_number: str | None
    """Its last two digits; None before it is dialled."""

    def as_json(self) -> dict[str, object]:
        """The same for a program to read."""
        return {
            "attempt_id": self.attempt_id,
            "room": self.room,
            "state": self.state,
            "since": self.since.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "phone_number": self.phone_number,
        }


def room_of(attempt_id: str) -> str:
    """The room an attempt is dispatched to; another one for every attempt, whatever is written in its id."""
    safe = safe_name(attempt_id)
    if safe == attempt_id:
        return f"{PREFIX}{safe}"
    return f"{PREFIX}{safe}-{hashlib.sha256(attempt_id.encode()).hexdigest()[:8]}"


async def live_calls(server: Server, agent: str, names: Iterable[str] = ()) -> list[LiveCall]:
    """The calls of the agent of that name, oldest first; with `names`, only those in rooms of these names.

    Raises what `Server` raises.
    """
    gate = asyncio.Semaphore(AT_ONCE)
    rooms = await server.rooms(names)
    found = await asyncio.gather(*(_looked_into(server, room, agent, gate) for room in rooms))
    return sorted((call for call in found if call is not None), key=lambda call: call.since)


async def find(server: Server, agent: str, attempt_id: str) -> list[LiveCall]:
    """The calls of an attempt: none or one, unless it was dispatched to several rooms. Raises what `Server` raises."""
    usual = dict.fromkeys((room_of(attempt_id), f"{PREFIX}{attempt_id}"))
    calls = await live_calls(server, agent, usual)
    if not any(call.attempt_id == attempt_id for call in calls):
        calls = await live_calls(server, agent)
    return [call for call in calls if call.attempt_id == attempt_id]


async def _looked_into(server: Server, room: api.Room, agent: str, gate: asyncio.Semaphore) -> LiveCall | None:
    async with gate:
        try:
            present = await server.participants(room.name)
            dispatches = await server.dispatches(room.name)
        except ServerFailed:
            # It may be gone by now, and the server has no one error for that.
            if await server.rooms([room.name]):
                raise
            return None
    return call_in(room, present, [one for one in dispatches if one.agent_name == agent])


def call_in(
    room: api.Room, present: Sequence[api.ParticipantInfo], dispatches: Sequence[api.AgentDispatch]
) -> LiveCall | None:
    """The call in a room, or None. `dispatches` are those of our agent."""
    if not dispatches and not room.name.startswith(PREFIX):
        return None
    phone = next((one for one in present if one.kind == _KIND.SIP), None)
    is_empty = phone is None and not any(one.kind == _KIND.AGENT for one in present)
    # An empty room waits for a worker, unless there was a job: then the call is over and the room about to close.
    if is_empty and (not dispatches or any(one.state.jobs for one in dispatches)):
        return None
    attributes = dict(phone.attributes) if phone is not None else {}
    return LiveCall(
        attempt_id=_attempt_id(room, attributes, dispatches),
        room=room.name,
        state=_state(phone, attributes, present),
        since=datetime.fromtimestamp(phone.joined_at if phone is not None else room.creation_time, UTC),
        phone_number=f"…{attributes[_NUMBER][-2:]}" if attributes.get(_NUMBER) else None,
    )


def _state(
    phone: api.ParticipantInfo | None, attributes: dict[str, str], present: Sequence[api.ParticipantInfo]
) -> str:
    if phone is not None:
        return attributes.get(_STATUS) or "dialing"
    return PREPARING if present else WAITING


class _Metadata(BaseModel):
    """What of a dispatched attempt is looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    attempt_id: str


def _attempt_id(room: api.Room, attributes: dict[str, str], dispatches: Sequence[api.AgentDispatch]) -> str:
    """As dispatched; an inbound call's is its SIP call id; else what the room's name says."""
    for dispatch in dispatches:
        try:
            return _Metadata.model_validate_json(dispatch.metadata).attempt_id
        except ValidationError:
            continue
    return attributes.get(_CALL_ID) or room.name.removeprefix(PREFIX)
