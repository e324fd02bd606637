from datetime import UTC, datetime

import pytest

from agent.dispatch.calls import LiveCall, find, live_calls, room_of
from agent.dispatch.server import connected
from tests.agent.dispatch.livekit import AGENT, JOINED, PHONE, LiveKit, livekit, person

SINCE = datetime.fromtimestamp(JOINED, UTC)


async def calls(server: LiveKit) -> list[LiveCall]:
    async with connected(server.settings()) as asked:
        return await live_calls(asked, "voice-worker")


def test_every_attempt_has_a_room_of_its_own() -> None:
    assert room_of("a-1") == "attempt-a-1"
    names = {room_of(name) for name in ("a b", "a_b", "a/b", "é", "x" * 101, "x" * 102)}
    assert len(names) == 6
    assert all(name.startswith("attempt-") and name.isascii() and len(name) < 128 for name in names)


async def test_a_call_is_listed_with_its_state_and_two_digits_of_its_number() -> None:
    async with livekit() as server:
        phone = person(PHONE, callStatus="active", phoneNumber="+33612345678")
        server.room(
            "attempt-a", person(AGENT), phone, metadata='{"attempt_id": "a", "to_phone_number": "+3361"}', jobs=1
        )
        [call] = await calls(server)
    assert call == LiveCall("a", "attempt-a", "active", SINCE, "…78")
    assert call.as_json() == {
        "attempt_id": "a",
        "room": "attempt-a",
        "state": "active",
        "since": "2026-03-09T13:00:00Z",
        "phone_number": "…78",
    }


async def test_a_call_is_known_by_its_dispatch_whatever_its_room_is_called() -> None:
    async with livekit() as server:
        server.room("elsewhere", person(AGENT), metadata='{"attempt_id": "b"}', jobs=1)
        server.room("attempt-not_a", metadata='{"attempt_id": "c"}')
        found = {call.attempt_id: call.state for call in await calls(server)}
    assert found == {"b": "preparing", "c": "waiting"}


async def test_an_inbound_call_goes_by_its_sip_call_id() -> None:
    async with livekit() as server:
        phone = person(PHONE, callStatus="ringing", callID="SCL_1")
        server.room("inbound_1", phone, metadata='{"direction": "inbound"}')
        [call] = await calls(server)
    assert (call.attempt_id, call.state, call.phone_number) == ("SCL_1", "ringing", None)


async def test_what_is_no_call_of_ours_is_not_listed() -> None:
    async with livekit() as server:
        server.room("meeting", person(PHONE), person(AGENT))
        server.room("theirs", person(AGENT), metadata='{"attempt_id": "x"}', agent="another")
        server.room("attempt-over", metadata='{"attempt_id": "over"}', jobs=1)
        server.room("attempt-empty")
        assert await calls(server) == []


async def test_a_room_that_goes_meanwhile_is_left_out() -> None:
    async with livekit() as server:
        server.room("attempt-a", person(AGENT), metadata='{"attempt_id": "a"}')
        server.room("attempt-b", person(AGENT), metadata='{"attempt_id": "b"}')
        server.vanishing.add("attempt-a")
        assert [call.attempt_id for call in await calls(server)] == ["b"]


@pytest.mark.parametrize("room", ["attempt-a", "anywhere"])
async def test_a_call_is_found_by_its_attempt(room: str) -> None:
    async with livekit() as server, connected(server.settings()) as asked:
        server.room(room, person(AGENT), metadata='{"attempt_id": "a"}')
        server.room("attempt-b", person(AGENT), metadata='{"attempt_id": "b"}')
        assert [call.room for call in await find(asked, "voice-worker", "a")] == [room]
        assert await find(asked, "voice-worker", "c") == []


async def test_a_room_is_not_taken_for_an_attempt_only_by_its_name() -> None:
    async with livekit() as server, connected(server.settings()) as asked:
        server.room("attempt-a", person(AGENT), metadata='{"attempt_id": "somebody else"}')
        assert await find(asked, "voice-worker", "a") == []
