"""The far end: losing the connection and getting it back."""

import asyncio
from collections.abc import Callable

import pytest
from livekit import rtc

from agent.worker.dialing import Departure
from agent.worker.farend import GRACE, STAYS, FarEnd, Gone
from tests.agent.hurry import hurried, now
from tests.agent.worker.rooms import CALLEE, FakeRemotePublication, FakeRoom

Act = Callable[[FakeRoom], object]


def lost(*acts: tuple[float, Act], until: float = 60.0) -> tuple[Gone | None, int]:
    """What becomes of a call when this happens, seconds after it began, and how often it came back."""
    back: list[float] = []

    async def play() -> Gone | None:
        room = FakeRoom()
        room.enters(status="active")
        far = FarEnd(room, CALLEE, now, on_track=lambda _track: None, on_back=lambda: back.append(now()))
        far.watch()
        began = now()
        for at, act in acts:
            await asyncio.sleep(began + at - now())
            act(room)
        await asyncio.wait({far.gone}, timeout=until)
        far.unwatch()
        assert room.handlers() == 0
        return Gone(far.gone.result().at - began, far.gone.result().why) if far.gone.done() else None

    return hurried(play()), len(back)


def test_a_connection_that_does_not_come_back_is_lost_after_its_grace() -> None:
    gone, _ = lost((1.0, lambda room: room.emit("reconnecting")), (5.0, lambda room: room.emit("reconnecting")))
    assert gone is not None and gone.why is Departure.LOST
    assert gone.at == pytest.approx(1.0 + GRACE)


def test_a_connection_that_comes_back_goes_on() -> None:
    gone, back = lost((1.0, lambda room: room.emit("reconnecting")), (9.0, lambda room: room.emit("reconnected")))
    assert gone is None
    assert back == 1


def test_a_connection_built_anew_waits_for_the_callee_to_come_back_too() -> None:
    gone, back = lost(
        (1.0, lambda room: room.emit("reconnecting")),
        (1.2, lambda room: room.leaves("UNKNOWN_REASON")),
        (6.0, lambda room: room.emit("reconnected")),
        (12.0, lambda room: room.enters(status="active")),
    )
    assert gone is None
    assert back == 1


def test_a_callee_who_does_not_come_back_is_lost() -> None:
    gone, _ = lost(
        (1.0, lambda room: room.emit("reconnecting")),
        (1.2, lambda room: room.leaves("UNKNOWN_REASON")),
        (6.0, lambda room: room.emit("reconnected")),
    )
    assert gone is not None and gone.why is Departure.LOST
    assert gone.at == pytest.approx(1.0 + GRACE)


def test_a_callee_who_has_hung_up_is_gone_though_the_server_keeps_them() -> None:
    gone, _ = lost((1.0, lambda room: room.says("hangup")))
    assert gone is not None and gone.why is Departure.HUNG_UP
    assert gone.at == pytest.approx(1.0 + STAYS)


def test_a_callee_who_hangs_up_and_leaves_is_gone_at_once() -> None:
    gone, _ = lost((1.0, lambda room: room.says("hangup")), (1.05, lambda room: room.leaves("CLIENT_INITIATED")))
    assert gone is not None and gone.why is Departure.HUNG_UP
    assert gone.at == pytest.approx(1.05)


def test_a_room_deleted_under_a_callee_who_hangs_up_is_a_deleted_room() -> None:
    gone, _ = lost((1.0, lambda room: room.says("hangup")), (1.3, lambda room: room.puts_us_out("ROOM_DELETED")))
    assert gone is not None and gone.why is Departure.REMOVED


def test_who_hung_up_while_we_were_away_is_gone_when_we_are_back() -> None:
    gone, back = lost(
        (1.0, lambda room: room.emit("reconnecting")),
        (1.2, lambda room: room.says("hangup")),
        (6.0, lambda room: room.emit("reconnected")),
    )
    assert gone is not None and gone.why is Departure.HUNG_UP
    assert gone.at == pytest.approx(6.0 + STAYS)
    assert back == 0


def test_a_connection_lost_just_after_the_callee_hung_up_changes_nothing() -> None:
    gone, _ = lost((1.0, lambda room: room.says("hangup")), (1.1, lambda room: room.emit("reconnecting")))
    assert gone is not None and gone.why is Departure.HUNG_UP
    assert gone.at == pytest.approx(1.1)


def test_others_come_and_go_without_meaning() -> None:
    gone, back = lost(
        (1.0, lambda room: room.enters("recorder")), (2.0, lambda room: room.leaves("ROOM_DELETED", "recorder"))
    )
    assert gone is None
    assert back == 0


def test_a_room_that_is_already_lost_has_no_far_end() -> None:
    async def play() -> bool:
        room = FakeRoom()
        room.connected = False
        far = FarEnd(room, CALLEE, now, on_track=lambda _track: None, on_back=lambda: None)
        far.watch()
        return far.gone.done()

    assert hurried(play())


def test_what_the_caller_had_published_before_is_asked_for() -> None:
    async def play() -> FakeRemotePublication:
        room = FakeRoom()
        publication = FakeRemotePublication(None)
        room.enters().track_publications = {"TR_1": publication}
        tracks: list[rtc.Track] = []
        FarEnd(room, CALLEE, now, on_track=tracks.append, on_back=lambda: None).watch()
        return publication

    assert hurried(play()).asked == [True]
