"""The line against a room double and the genuine API client over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from aiohttp import web
from livekit import api, rtc

from agent.line import Dropped, HungUp, Pressed, Refused
from agent.worker.dialing import DEPARTURES
from agent.worker.dialler import NO_REASON, UNREACHABLE, Outbound, dial, request
from agent.worker.dtmf import NotOnTheLine
from agent.worker.line import BRIDGE_DIED, BRIDGE_LEFT, VERDICT_LONGEST, Inbound, LiveKitLine, RoomReplaced
from agent.worker.pulse import RINGING_EVERY
from agent.worker.release import NotFreed
from audio.frames import FRAME
from tests.agent.worker.rooms import (
    CALLEE,
    FakeLeg,
    FakeRoom,
    FakeSound,
    Server,
    Told,
    accepted,
    refused,
    serving,
)

WAY = Outbound(
    "+15550002222",
    "ST_1",
    30.0,
    690.5,
    from_number="+15550001111",
    name="Callee",
    display_name="Acme",
    headers={"X-Campaign": "7"},
)


class Scene:
    """A line and everything around it."""

    def __init__(self, server: Server, client: api.LiveKitAPI, way: Outbound | Inbound = WAY) -> None:
        self.server = server
        self.client = client
        self.room = FakeRoom()
        self.sound = FakeSound()
        self.leg = FakeLeg()
        self.told = Told()
        self.line = LiveKitLine(self.room, client, CALLEE, way, intend=self._intend, sound=self.sound)
        self.track = FakeSound().outlet.track
        server.on_delete = self._deleted

    def _deleted(self) -> None:
        if not self.server.answer.done():
            self.server.answer.set_result(refused("canceled", "twirp error unknown: canceled", status=408))
        self.room.puts_us_out("ROOM_DELETED")

    async def _intend(self) -> None:
        self.room.local_participant.did.append("intend")

    def dial(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.line.dial(self.leg, self.told))

    async def ring(self) -> "asyncio.Task[None]":
        """Dial until it rings."""
        dialling = self.dial()
        await asyncio.wait_for(self.server.ringing.wait(), 5)
        self.room.enters()
        self.room.publishes(self.track)
        self.room.says("ringing")
        return dialling

    async def talk(self) -> None:
        """Dial until it is answered."""
        dialling = await self.ring()
        self.room.picks_up()
        self.server.answer.set_result(accepted())
        await dialling


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[Scene]:
    async with serving() as (server, client):
        made = Scene(server, client)
        yield made
        await made.line.hang_up()


async def test_the_request_carries_the_plan(scene: Scene) -> None:
    await scene.talk()
    [asked] = scene.server.dialled
    assert asked == api.CreateSIPParticipantRequest(
        sip_trunk_id="ST_1",
        sip_call_to="+15550002222",
        sip_number="+15550001111",
        room_name="attempt-1",
        participant_identity=CALLEE,
        participant_name="Callee",
        display_name="Acme",
        headers={"X-Campaign": "7"},
        ringing_timeout=asked.ringing_timeout,
        max_call_duration=asked.max_call_duration,
        wait_until_answered=True,
    )
    assert asked.ringing_timeout.ToMilliseconds() == 30_000
    assert asked.max_call_duration.ToMilliseconds() == 690_500


def test_no_display_name_leaves_it_to_the_bridge() -> None:
    asked = request("room", CALLEE, Outbound("+15550002222", "ST_1", 30.0, 600.0))
    assert not asked.HasField("display_name")
    assert asked.sip_number == ""


async def test_the_track_is_for_the_callee_alone_and_published_while_it_rings(scene: Scene) -> None:
    await scene.ring()
    local = scene.room.local_participant
    assert local.did == ["intend", "permit", "publish"]
    assert local.allowed_all is False
    assert [(who.participant_identity, who.allow_all) for who in local.permissions] == [(CALLEE, True)]


async def test_it_rings_once(scene: Scene) -> None:
    await scene.ring()
    scene.room.says("ringing")
    assert scene.told.names == ["Rang"]


async def test_early_media_and_a_subscription_are_not_an_answer(scene: Scene) -> None:
    await scene.ring()
    scene.room.local_participant.publication.subscription.set()
    scene.sound.arriving.put_nowait(np.full(FRAME, 9, dtype=np.int16))
    await asyncio.sleep(0.1)
    assert scene.told.names == ["Rang"]
    assert scene.leg.spoke == 0


async def test_nothing_is_spoken_before_the_phone_is_subscribed(scene: Scene) -> None:
    dialling = await scene.ring()
    scene.room.says("active")
    scene.server.answer.set_result(accepted())
    await asyncio.sleep(0.1)
    assert scene.told.names == ["Rang"] and scene.leg.spoke == 0
    scene.room.local_participant.publication.subscription.set()
    await dialling
    assert scene.told.names == ["Rang", "Answered"]
    await asyncio.sleep(0.1)
    assert scene.leg.spoke == len(scene.leg.heard) + 1
    assert len(scene.sound.fake.written) >= scene.leg.spoke - 1


async def test_an_answer_the_room_does_not_show_is_taken_from_the_server(scene: Scene) -> None:
    dialling = await scene.ring()
    scene.room.local_participant.publication.subscription.set()
    scene.server.answer.set_result(accepted())
    await dialling
    assert scene.told.names == ["Rang", "Answered"]


async def test_the_callee_is_heard_and_nobody_else(scene: Scene) -> None:
    await scene.talk()
    scene.room.enters("recorder")
    scene.room.publishes(scene.track, "recorder")
    scene.sound.arriving.put_nowait(np.full(FRAME, 9, dtype=np.int16))
    await asyncio.sleep(0.1)
    assert next(frame for frame in scene.leg.heard if frame.any()).tolist() == [9] * FRAME


async def test_keys_of_the_callee_are_told(scene: Scene) -> None:
    await scene.talk()
    callee = rtc.SipDTMF(code=4, digit="4", participant=scene.room.remote_participants[CALLEE])  # type: ignore[arg-type]
    scene.room.emit("sip_dtmf_received", callee)
    assert isinstance(scene.told.events[-1], Pressed)


@pytest.mark.parametrize(
    ("response", "value", "code", "text"),
    [
        (refused("unavailable", "INVITE failed", sip=(486, "Busy Here")), "busy", 486, "Busy Here"),
        (refused("unavailable", sip=(603, "Decline")), "busy", 603, "Decline"),
        (refused("invalid_argument", sip=(404, "Not Found")), "number_non_attributed", 404, "Not Found"),
        (refused("failed_precondition", sip=(503, "")), "temporarily_unavailable", 503, ""),
        (
            refused("failed_precondition", "no numbers on outbound trunk"),
            "precondition_failed",
            None,
            "no numbers on outbound trunk",
        ),
        (
            refused("not_found", "requested sip trunk does not exist", status=404),
            "non_classified_error",
            None,
            "requested sip trunk does not exist",
        ),
        (refused("canceled", "sip request timed out", status=408), "no_answer", None, "sip request timed out"),
        (web.Response(status=401, text="no permissions"), "non_classified_error", None, NO_REASON),
        (web.Response(status=502, text="<html>bad gateway</html>"), "non_classified_error", None, NO_REASON),
        (None, "temporarily_unavailable", None, UNREACHABLE),
    ],
)
async def test_a_dial_that_fails_is_refused_with_the_raw_words(
    scene: Scene, response: web.Response | None, value: str, code: int | None, text: str
) -> None:
    dialling = await scene.ring()
    scene.server.answer.set_result(response)
    await dialling
    refusal = scene.told.events[-1]
    assert isinstance(refusal, Refused)
    assert (refusal.dial_error, refusal.sip_code, refusal.sip_text) == (value, code, text)
    assert scene.told.names == ["Rang", "Refused"]
    await scene.line.hang_up()
    assert scene.server.deleted == ["attempt-1"]


async def test_a_server_that_never_answers_the_dial_is_a_failure_too(scene: Scene) -> None:
    now = asyncio.get_running_loop().time
    asked = request("attempt-1", CALLEE, Outbound("+15550002222", "ST_1", 0.5, 600.0))
    failure = await dial(scene.client, asked, lambda: None, now, margin=0.0)
    assert failure is not None and failure.code == "deadline_exceeded"
    assert failure.waited >= 0.5


async def test_a_refusal_that_reaches_the_room_first_is_told_once_with_its_code(scene: Scene) -> None:
    dialling = await scene.ring()
    scene.room.leaves("USER_REJECTED")
    await asyncio.sleep(0.05)
    scene.server.answer.set_result(refused("unavailable", sip=(486, "Busy Here")))
    await dialling
    assert scene.told.names == ["Rang", "Refused"]


async def asked(scene: Scene, questions: int = 1) -> None:
    """Wait until the bridge was asked so often whether it lives."""
    async with asyncio.timeout(10):
        for _ in range(questions):
            await scene.room.local_participant.questions.get()


async def test_a_bridge_that_dies_while_it_rings_is_a_failure_that_may_pass(scene: Scene) -> None:
    dialling = await scene.ring()
    await asked(scene)
    scene.room.local_participant.answers = False
    await asyncio.wait_for(dialling, 8)
    refusal = scene.told.events[-1]
    assert isinstance(refusal, Refused)
    assert (refusal.dial_error, refusal.sip_code, refusal.sip_text) == ("temporarily_unavailable", None, BRIDGE_DIED)
    assert scene.told.names == ["Rang", "Refused"]
    # The request to dial would keep the line for as long as the phone may ring.
    await asyncio.wait_for(scene.line.hang_up(), 2)
    assert scene.server.deleted == ["attempt-1"]


async def test_a_bridge_is_not_dead_while_the_server_does_not_answer_either(scene: Scene) -> None:
    await scene.ring()
    await asked(scene)
    scene.room.local_participant.answers = False
    scene.server.list = lambda: refused("unavailable", status=503)
    await asked(scene, 4)
    assert scene.told.names == ["Rang"]


@pytest.mark.parametrize(("reason", "patience"), [("CONNECTION_TIMEOUT", 0.0), ("CLIENT_INITIATED", VERDICT_LONGEST)])
async def test_a_bridge_that_left_without_a_word_is_waited_for_if_it_may_still_speak(
    scene: Scene, reason: str, patience: float
) -> None:
    dialling = await scene.ring()
    began = time.monotonic()
    scene.room.leaves(reason)
    await asyncio.wait_for(dialling, VERDICT_LONGEST + 1)
    assert time.monotonic() - began == pytest.approx(patience, abs=0.5)
    refusal = scene.told.events[-1]
    assert isinstance(refusal, Refused)
    assert (refusal.dial_error, refusal.sip_text) == ("temporarily_unavailable", BRIDGE_LEFT)


async def test_a_bridge_is_asked_no_more_once_the_phone_no_longer_rings(scene: Scene) -> None:
    dialling = await scene.ring()
    await asked(scene)
    await scene.line.hang_up()
    await dialling
    await asyncio.sleep(RINGING_EVERY + 0.2)
    assert scene.room.local_participant.questions.empty()


@pytest.mark.parametrize("how", ["room", "participant", "server only"])
async def test_who_takes_the_callee_away_while_it_rings_calls_the_attempt_off(scene: Scene, how: str) -> None:
    dialling = await scene.ring()
    if how == "room":
        scene.room.puts_us_out("ROOM_DELETED")
    elif how == "participant":
        scene.room.leaves("PARTICIPANT_REMOVED")
    scene.server.answer.set_result(refused("canceled", "twirp error unknown: canceled", status=408))
    await dialling
    assert scene.told.names == ["Rang", "Cancelled"]


@pytest.mark.parametrize("reason", DEPARTURES)
async def test_every_way_the_callee_leaves_ends_the_call_once(scene: Scene, reason: str) -> None:
    await scene.talk()
    scene.room.leaves(reason)
    await scene.told.more_than(2)
    ends = scene.told.events[2:]
    assert len(ends) == 1 and isinstance(ends[0], HungUp | Dropped)
    spoke = scene.leg.spoke
    await asyncio.sleep(0.06)
    assert scene.leg.spoke == spoke


async def test_a_bye_is_a_hang_up(scene: Scene) -> None:
    await scene.talk()
    scene.room.says("hangup")
    scene.room.leaves("CLIENT_INITIATED")
    await scene.told.until("HungUp")


async def test_a_bridge_that_gives_up_the_call_is_no_hang_up(scene: Scene) -> None:
    await scene.talk()
    scene.room.leaves("CLIENT_INITIATED")
    dropped = await scene.told.until("Dropped")
    assert isinstance(dropped, Dropped) and dropped.reason == "connection_timeout"


@pytest.mark.parametrize("ours_first", [True, False])
async def test_a_deleted_room_is_known_whoever_is_told_first(scene: Scene, ours_first: bool) -> None:
    await scene.talk()
    if not ours_first:
        scene.room.leaves("UNKNOWN_REASON")
    scene.room.puts_us_out("ROOM_DELETED")
    dropped = await scene.told.until("Dropped")
    assert isinstance(dropped, Dropped) and dropped.reason == "participant_removed"


async def test_a_bye_before_the_subscription_was_an_answer_all_the_same(scene: Scene) -> None:
    dialling = await scene.ring()
    scene.room.says("active")
    scene.room.says("hangup")
    scene.room.leaves("CLIENT_INITIATED")
    scene.server.answer.set_result(accepted())
    await dialling
    await scene.told.until("HungUp")
    assert scene.told.names == ["Rang", "Answered", "HungUp"]


async def test_hanging_up_while_it_rings_tells_nothing_and_ends_the_dial(scene: Scene) -> None:
    dialling = await scene.ring()
    await scene.line.hang_up()
    await asyncio.wait_for(dialling, 1)
    await scene.line.hang_up()
    assert scene.told.names == ["Rang"]
    assert scene.server.deleted == ["attempt-1"]
    assert scene.room.handlers() == 0


async def test_a_bridge_still_on_its_way_is_kept_out_until_the_dial_has_ended(scene: Scene) -> None:
    dialling = scene.dial()
    await scene.server.ringing.wait()
    scene.server.on_delete = lambda: None
    ending = asyncio.create_task(scene.line.hang_up())
    await scene.server.removed.wait()
    scene.server.answer.set_result(refused("canceled", status=408))
    scene.room.puts_us_out("ROOM_DELETED")
    await ending
    await dialling
    assert scene.server.asked == ["CreateSIPParticipant", "DeleteRoom", "RemoveParticipant", "DeleteRoom"]
    assert scene.told.names == []


async def test_cancelling_the_dial_withdraws_the_call(scene: Scene) -> None:
    dialling = await scene.ring()
    dialling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dialling
    assert scene.server.deleted == ["attempt-1"]


async def test_nobody_is_dialled_once_the_call_was_given_up(scene: Scene) -> None:
    await scene.line.prepare()
    await scene.line.hang_up()
    await scene.line.dial(scene.leg, scene.told)
    assert scene.server.dialled == []
    assert scene.told.names == []


@pytest.mark.parametrize(
    "gone", [refused("not_found", status=404), refused("unknown", "could not find object", status=500)]
)
async def test_a_room_that_is_gone_is_freed(scene: Scene, gone: web.Response) -> None:
    await scene.talk()
    scene.room.puts_us_out("ROOM_DELETED")
    scene.server.deletes = [gone]
    await scene.line.hang_up()
    assert scene.server.deleted == ["attempt-1"]


async def test_a_deletion_that_fails_is_tried_again(scene: Scene) -> None:
    await scene.talk()
    scene.server.deletes = [refused("internal", status=500)]
    await scene.line.hang_up()
    assert scene.server.deleted == ["attempt-1"] * 2


async def test_a_server_that_cannot_delete_leaves_the_line_taken_and_may_be_asked_again(scene: Scene) -> None:
    await scene.talk()
    scene.server.deletes = [refused("internal", status=500) for _ in range(40)]
    with pytest.raises(NotFreed):
        await scene.line.hang_up()
    scene.server.deletes = []
    await scene.line.hang_up()


async def test_a_room_that_is_deleted_while_the_track_is_published_calls_the_attempt_off(scene: Scene) -> None:
    scene.room.local_participant.accepts.clear()
    dialling = await scene.ring()
    scene.room.puts_us_out("ROOM_DELETED")
    await asyncio.wait_for(dialling, 1)
    assert scene.told.names == ["Rang", "Cancelled"]


async def test_a_room_that_cannot_be_joined_is_not_kept_to_itself() -> None:
    async def join() -> None:
        raise ConnectionError

    async with serving() as (server, client):
        room = FakeRoom()
        line = LiveKitLine(room, client, CALLEE, WAY, join=join, sound=FakeSound())
        server.on_delete = lambda: server.answer.set_result(refused("canceled", status=408))
        with pytest.raises(ConnectionError):
            await line.dial(FakeLeg(), Told())
        await line.hang_up()
        assert server.deleted == ["attempt-1"]


async def test_a_room_that_was_joined_late_is_deleted_again() -> None:
    joined = asyncio.Event()

    async def join() -> None:
        await joined.wait()

    async with serving() as (server, client):
        line = LiveKitLine(FakeRoom(), client, CALLEE, WAY, join=join, sound=FakeSound())
        told = Told()
        server.answer.set_result(refused("failed_precondition", status=503, sip=(486, "Busy Here")))
        await line.dial(FakeLeg(), told)
        hanging_up = asyncio.create_task(line.hang_up())
        await asyncio.sleep(0.05)
        assert server.deleted == ["attempt-1"]
        joined.set()
        await asyncio.wait_for(hanging_up, 2)
        assert server.deleted == ["attempt-1", "attempt-1"]


async def test_a_callee_who_was_gone_before_we_were_in_the_room_has_hung_up() -> None:
    async with serving() as (server, client):
        line = LiveKitLine(FakeRoom(), client, CALLEE, WAY, sound=FakeSound())
        told = Told()
        server.answer.set_result(accepted())
        await asyncio.wait_for(line.dial(FakeLeg(), told), 3)
        await asyncio.sleep(0.05)
        assert told.names == ["Answered", "HungUp"]
        await line.hang_up()


async def test_a_room_that_is_not_the_dispatched_one_cancels_the_dial() -> None:
    async def join() -> None:
        raise RoomReplaced

    async with serving() as (server, client):
        line = LiveKitLine(FakeRoom(), client, CALLEE, WAY, join=join, sound=FakeSound())
        told = Told()
        await asyncio.wait_for(line.dial(FakeLeg(), told), 2)
        assert told.names == ["Cancelled"]
        server.on_delete = lambda: server.answer.set_result(refused("canceled", status=408))
        await line.hang_up()
        assert server.deleted


async def test_keys_are_pressed_only_between_answer_and_end(scene: Scene) -> None:
    with pytest.raises(NotOnTheLine):
        await scene.line.press("1")
    await scene.talk()
    assert await scene.line.press("1") == "1"
    scene.room.leaves("ROOM_DELETED")
    with pytest.raises(NotOnTheLine):
        await scene.line.press("2")
    assert scene.room.local_participant.digits == "1"


async def test_an_inbound_caller_is_answered_when_told_and_not_before() -> None:
    async with serving() as (server, client):
        scene = Scene(server, client, Inbound())
        scene.room.enters(status="ringing")
        await asyncio.sleep(0.05)
        assert scene.room.local_participant.did == []
        dialling = scene.dial()
        await asyncio.sleep(0.05)
        assert scene.room.local_participant.did == ["permit", "publish"]
        scene.room.picks_up()
        await dialling
        assert scene.told.names == ["Answered"]
        assert server.asked == []
        await scene.line.hang_up()


async def test_an_inbound_caller_who_gives_up_has_called_it_off() -> None:
    async with serving() as (server, client):
        scene = Scene(server, client, Inbound())
        scene.room.enters(status="ringing")
        dialling = scene.dial()
        await asyncio.sleep(0.05)
        scene.room.says("hangup")
        scene.room.leaves("CLIENT_INITIATED")
        await dialling
        assert scene.told.names == ["Cancelled"]
        await scene.line.hang_up()
