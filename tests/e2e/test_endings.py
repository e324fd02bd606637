"""How calls end once they ring, and what is left of them: nothing, with the truth told within seconds."""

import asyncio
import time
from contextlib import suppress

from livekit import api

from tests.e2e.attempts import Gist, Placed, Scheduler, spoken
from tests.e2e.rtp import Media, until
from tests.e2e.script import Script
from tests.e2e.stack import Program, Stack
from tests.e2e.worker import Worker

CALLEE: Gist = ("completed", "user", "client_initiated", None)
AGENT: Gist = ("completed", "agent", "tool_end_call", None)
LIMIT: Gist = ("completed", "system", "max_duration", None)
REMOVED: Gist = ("completed", "system", "participant_removed", None)
LOST: Gist = ("completed", "system", "connection_timeout", None)
CANCELLED: Gist = ("error", "system", None, "cancelled")
UNREACHABLE: Gist = ("error", "system", "user_unavailable", "dial_error")


async def test_the_callee_hangs_up_whatever_else_the_phone_does(scheduler: Scheduler, worker: Worker) -> None:
    scripts = [
        Script(hang_up_after=1.5),
        Script(hang_up_after=1.5, media=Media.NONE),
        Script(hang_up_after=1.5, media=Media.GARBAGE),
        Script(hang_up_after=1.0, reinvite_after=0.5),
        Script(hang_up_after=0),
    ]
    placed = [await scheduler.dispatch(script) for script in scripts]

    async def ends(one: Placed) -> None:
        call = await one.rung()
        await until(lambda: call.sent("BYE") is not None, 15, "the phone had hung up")
        hung_up = call.sent("BYE")
        assert hung_up is not None
        await one.over(CALLEE, hung_up)

    await asyncio.gather(*map(ends, placed))
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_a_call_that_somebody_takes_away_is_over_at_once(scheduler: Scheduler, worker: Worker) -> None:
    """The scheduler deletes the room or removes the callee, while it rings or later."""

    async def ends(one: Placed, *, ringing: bool, deleted: bool) -> None:
        call = await one.rung()
        await one.event("ringing" if ringing else "ongoing")
        taken = time.monotonic()
        if deleted:
            await one.delete_room()
        else:
            gone = api.RoomParticipantIdentity(room=one.room, identity="callee")
            await scheduler.lk.room.remove_participant(gone)
        await one.over(CANCELLED if ringing else REMOVED, taken)
        await call.over(within=2)
        ended = call.received("CANCEL" if ringing else "BYE")
        assert ended is not None and ended - taken <= 2

    forever = Script(final=None)
    await asyncio.gather(
        ends(await scheduler.dispatch(forever), ringing=True, deleted=True),
        ends(await scheduler.dispatch(forever), ringing=True, deleted=False),
        ends(await scheduler.dispatch(), ringing=False, deleted=True),
        ends(await scheduler.dispatch(), ringing=False, deleted=False),
    )
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_an_attempt_whose_room_is_deleted_before_it_rings_is_cancelled(
    scheduler: Scheduler, worker: Worker
) -> None:
    placed = [await scheduler.dispatch(Script(final=None)) for _ in range(3)]
    for one, pause in zip(placed, (0.05, 0.15, 0.2), strict=True):
        await asyncio.sleep(pause)
        await one.delete_room()
    deleted = time.monotonic()
    # Where the server had not yet found a worker, there never was a job.
    with suppress(AssertionError):
        await until(lambda: all(one.told for one in placed), 8, "all were reported")
    known = [one for one in placed if one.told]
    assert not any(one.calls for one in placed if one not in known)
    await asyncio.gather(*(one.over(CANCELLED, deleted) for one in known))
    await scheduler.nothing_left()


async def test_the_agent_and_the_limit_end_a_call(scheduler: Scheduler, worker: Worker) -> None:
    said = spoken("Yes, that would be very nice, thank you.")

    async def talks(one: Placed) -> None:
        call = await one.answered()
        for _ in range(40):
            if call.is_over:
                break
            call.stream.play(said)
            await asyncio.sleep(len(said) / 8000 + 3)
        ended = call.received("BYE")
        assert ended is not None
        await one.over(AGENT, ended)
        assert call.sent("BYE") is None

    async def lasts(one: Placed, seconds: float) -> None:
        call = await one.answered()
        await one.over(LIMIT, call.answered_at + seconds)
        await until(lambda: call.received("BYE") is not None, 2, "the bridge had hung up")
        ended = call.received("BYE")
        assert ended is not None and seconds - 1 < ended - call.answered_at < seconds + 2.5

    short = {"max_call_duration_secs": 4}
    await asyncio.gather(
        talks(await scheduler.dispatch()),
        lasts(await scheduler.dispatch(Script(after=1.5), assistant=short), 4),
        lasts(
            await scheduler.dispatch(Script(after=1.5), assistant={**short, "max_duration_end_message": "Time is up."}),
            4,
        ),
    )
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_a_phone_that_is_gone_without_a_word_is_given_up(scheduler: Scheduler, worker: Worker) -> None:
    """No BYE comes, or one that the bridge does not take; that no packets come either tells the rest."""

    async def vanishes(one: Placed, after: float) -> None:
        call = await one.answered()
        await asyncio.sleep(after)
        call.end()
        await one.over(LOST, time.monotonic(), 25)

    async def sends_nothing(one: Placed) -> None:
        call = await one.answered()
        await one.over(LOST, call.answered_at, 30)

    async def says_bye(one: Placed) -> None:
        # A bridge that gets the BYE before it is ready for one answers 481 and takes the call for a live one.
        call = await one.rung()
        await until(lambda: bool(call.received("??? BYE")), 15, "the bridge had answered the BYE")
        hung_up = call.sent("BYE")
        assert hung_up is not None
        taken = call.received("200 BYE") is not None
        await one.over(CALLEE if taken else LOST, hung_up, 5 if taken else 30)

    async def pauses(one: Placed, seconds: float) -> None:
        """A phone that sends nothing in silence."""
        call = await one.answered()
        await asyncio.sleep(2)
        call.stream.media = Media.NONE
        await asyncio.sleep(seconds)
        call.stream.media = Media.SOUND
        await asyncio.sleep(1)
        assert not call.is_over
        call.hang_up()
        await one.over(CALLEE, time.monotonic())

    await asyncio.gather(
        vanishes(await scheduler.dispatch(), 1),
        vanishes(await scheduler.dispatch(), 8),
        sends_nothing(await scheduler.dispatch(Script(media=Media.NONE))),
        says_bye(await scheduler.dispatch(Script(bye_before_ack=True))),
        says_bye(await scheduler.dispatch(Script(reinvite_after=0.3, hang_up_after=0))),
        pauses(await scheduler.dispatch(), 12),
    )
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_a_bridge_that_dies_while_it_rings_is_noticed_too(
    scheduler: Scheduler, worker: Worker, stack: Stack
) -> None:
    patient = {"ringing_timeout_secs": 60}
    placed = [await scheduler.dispatch(Script(final=None), sip=patient) for _ in range(2)]
    await asyncio.gather(*(one.event("ringing") for one in placed))
    await asyncio.sleep(1)
    stack.kill(Program.BRIDGE)
    killed = time.monotonic()
    for one in placed:
        ending = await one.over(UNREACHABLE, killed, 20)
        assert ending.dial_error == "temporarily_unavailable"
        await scheduler.room_gone(one, 1)
    for call in scheduler.phone.left:
        call.end()  # nobody tells the phone
    await stack.revive()
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_a_bridge_that_dies_is_noticed_within_seconds(scheduler: Scheduler, worker: Worker, stack: Stack) -> None:
    one = await scheduler.dispatch()
    call = await one.answered()
    await asyncio.sleep(1)
    stack.kill(Program.BRIDGE)
    await one.over(LOST, time.monotonic(), 8)
    call.end()  # nobody tells the phone
    await stack.revive()
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_a_server_that_dies_is_given_time_and_then_up(scheduler: Scheduler, worker: Worker, stack: Stack) -> None:
    talking = await scheduler.dispatch()
    ringing = await scheduler.dispatch(Script(final=None), sip={"ringing_timeout_secs": 30})
    await talking.answered()
    await ringing.event("ringing")
    registered = worker.log.count("registered with LiveKit")
    stack.kill(Program.SERVER)
    killed = time.monotonic()
    await asyncio.gather(talking.over(LOST, killed, 25), ringing.over(UNREACHABLE, killed, 25))
    stack.kill(Program.BRIDGE)  # or it would come back with its call, some 20 s later; see the soak tests
    for call in scheduler.phone.left:
        call.end()
    await stack.revive()
    await until(lambda: worker.log.count("registered with LiveKit") > registered, 30, "the worker was back")
    await scheduler.nothing_left()
    after = await scheduler.dispatch(Script(hang_up_after=1))
    assert (await after.ended()).gist == CALLEE
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)
