"""When a bridge is taken for dead, and a phone for gone."""

import asyncio
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from livekit import api

from agent.worker.pulse import (
    FADED,
    MISSING,
    RINGING_ANSWER,
    RINGING_EVERY,
    Pulse,
    answers,
    packets_of,
    reachable,
    unanswered,
)
from tests.agent.hurry import hurried, now
from tests.agent.worker.rooms import CALLEE, SECRET, FakeLocal, FakeSound, protobuf, refused, serving


@dataclass
class Bridge:
    """Sends packets and answers questions until it does not."""

    sends_for: float = 10.0
    answers_for: float = 10.0
    questions: int = 0
    silent_at_first: bool = False
    pauses: tuple[float, float] = (0.0, 0.0)
    """When it sends nothing for a while, and for how long."""
    counts: bool = True
    """Whether the packets can be counted."""

    async def packets(self) -> int | None:
        sent = min(now() - 1000.0, self.sends_for)
        began, seconds = self.pauses
        return round((sent - min(max(0.0, sent - began), seconds)) * 50) if self.counts else None

    async def asked(self) -> bool | None:
        self.questions += 1
        if self.silent_at_first:
            return False
        if now() < 1000.0 + self.answers_for:
            return True
        await asyncio.sleep(1.5)
        return False


def died(bridge: Bridge, *, watched: float = 60.0) -> float | None:
    async def watch() -> float | None:
        try:
            await asyncio.wait_for(Pulse(bridge.packets, bridge.asked, now).lost(), watched)
        except TimeoutError:
            return None
        return now() - 1000.0

    return hurried(watch())


def test_a_bridge_that_stops_sending_and_answering_is_dead_within_six_seconds() -> None:
    assert died(Bridge()) == pytest.approx(10.0 + 5.75, abs=0.5)


def test_a_phone_that_sends_nothing_in_silence_is_neither_dead_nor_gone() -> None:
    for pause in (1.0, 8.0, 15.0, MISSING - 1.0):
        assert died(Bridge(sends_for=99.0, pauses=(2.0, pause), answers_for=99.0)) is None


def test_a_phone_that_stops_sending_for_good_is_given_up() -> None:
    assert died(Bridge(sends_for=10.0, answers_for=99.0)) == pytest.approx(10.0 + MISSING, abs=0.6)


def test_the_patience_with_a_phone_begins_anew_with_every_packet() -> None:
    bridge = Bridge(sends_for=30.0, pauses=(5.0, 18.0), answers_for=99.0)
    assert died(bridge) == pytest.approx(30.0 + MISSING, abs=0.6)


def test_a_phone_that_never_sent_anything_is_left_to_its_bridge() -> None:
    assert died(Bridge(sends_for=0.0, answers_for=99.0)) is None


def test_a_bridge_dies_behind_a_phone_that_never_sent_anything_too() -> None:
    assert died(Bridge(sends_for=0.0, answers_for=10.0)) == pytest.approx(10.0 + 4.5, abs=2.0)


def test_a_bridge_is_not_asked_while_it_sends() -> None:
    bridge = Bridge(sends_for=99.0, answers_for=1.0)
    assert died(bridge) is None
    assert bridge.questions == 1


def test_a_bridge_that_never_answers_questions_is_not_dead_for_that() -> None:
    assert died(Bridge(silent_at_first=True), watched=10.0 + MISSING - 1.0) is None


def test_where_packets_cannot_be_counted_nothing_is_concluded() -> None:
    assert died(Bridge(counts=False, answers_for=5.0)) is None


def faded(bridge: Bridge, *, watched: float = 40.0) -> list[tuple[float, bool]]:
    """When the callee faded and came back, seconds after the answer."""
    told: list[tuple[float, bool]] = []

    async def watch() -> None:
        pulse = Pulse(bridge.packets, bridge.asked, now)
        pulse.on_fade = lambda faded: told.append((now() - 1000.0, faded))
        await asyncio.wait({asyncio.create_task(pulse.lost())}, timeout=watched)

    hurried(watch())
    return told


def test_a_callee_of_whom_nothing_comes_fades_and_returns() -> None:
    told = faded(Bridge(sends_for=99.0, pauses=(10.0, 12.0), answers_for=99.0))
    assert [is_faded for _, is_faded in told] == [True, False]
    assert [at for at, _ in told] == [pytest.approx(10.0 + FADED, abs=0.6), pytest.approx(22.0, abs=0.6)]


def test_a_short_pause_is_no_fading() -> None:
    assert faded(Bridge(sends_for=99.0, pauses=(10.0, FADED - 1.0), answers_for=99.0)) == []


def test_a_phone_that_never_sent_anything_fades() -> None:
    [(at, is_faded)] = faded(Bridge(sends_for=0.0, answers_for=99.0))
    assert is_faded and at == pytest.approx(FADED, abs=0.6)


@dataclass
class Replies:
    """A bridge while it rings: what it makes of each question."""

    replies: list[bool | None]
    at: list[float] = field(default_factory=list)
    """When each was asked."""

    async def asked(self) -> bool | None:
        self.at.append(now() - 1000.0)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        await asyncio.sleep(RINGING_ANSWER if reply is False else 0.0)
        return reply


def given_up(*replies: bool | None, within: float = 60.0) -> float | None:
    """Seconds after which a ringing bridge is given up; the last reply is given for ever."""
    bridge = Replies(list(replies))

    async def watch() -> float | None:
        try:
            await asyncio.wait_for(unanswered(bridge.asked), within)
        except TimeoutError:
            return None
        return now() - 1000.0

    return hurried(watch())


def test_a_bridge_that_dies_while_it_rings_is_known_to_within_sixteen_seconds() -> None:
    gone = given_up(True, False)
    assert gone is not None and RINGING_EVERY + 3 * RINGING_ANSWER <= gone <= 16.0


def test_a_bridge_that_never_answers_may_ring_for_ever() -> None:
    assert given_up(False) is None
    assert given_up(None) is None


def test_a_bridge_that_misses_a_question_or_two_on_a_busy_machine_is_alive() -> None:
    busy = [True, False, False] * 6
    assert given_up(*busy, True) is None


def test_questions_that_could_not_be_asked_are_not_held_against_the_bridge() -> None:
    assert given_up(True, *[False, False, None] * 6, True) is None


def test_a_bridge_that_came_late_is_watched_from_then_on() -> None:
    assert given_up(None, None, None, True, False) is not None


async def test_any_reply_is_a_sign_of_life() -> None:
    local = FakeLocal()
    assert await answers(local, CALLEE) is True
    local.answers = False
    assert await answers(local, CALLEE) is False


async def test_packets_of_a_track_that_gives_no_figures_cannot_be_told() -> None:
    outlet = FakeSound().outlet
    assert await packets_of(outlet.track) is None
    await outlet.aclose()


@pytest.mark.parametrize(
    ("answer", "is_reachable"),
    [
        (protobuf(api.ListParticipantsResponse()), True),
        (refused("not_found", status=404), True),
        (refused("unavailable", status=503), False),
        (web.Response(status=502, text="<html>bad gateway</html>"), False),
    ],
)
async def test_a_server_that_answers_is_reachable(answer: web.Response, is_reachable: bool) -> None:
    async with serving() as (server, client):
        server.list = lambda: answer
        assert await reachable(client, "attempt-1") is is_reachable


async def test_a_server_that_is_gone_is_not_reachable() -> None:
    async with serving() as (server, _):
        url = server.url
    async with api.LiveKitAPI(url, "key", SECRET) as client:
        assert not await reachable(client, "attempt-1")


def test_it_tells_how_long_nothing_has_come() -> None:
    async def watch() -> float:
        bridge = Bridge(sends_for=5.0, answers_for=99.0)
        pulse = Pulse(bridge.packets, bridge.asked, now)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pulse.lost(), 20.0)
        return pulse.silent

    assert hurried(watch()) == pytest.approx(15.0, abs=1.0)
