"""One job: the attempt of a room, conducted in a process of its own.

outbound: plan → claim spent → dial, and beside it: room, providers, first sentence
inbound: room → caller → claim taken and spent → lookup → plan → answer
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from livekit import api, rtc
from livekit.agents import AutoSubscribe, JobContext

from agent import documents
from agent.call import Call
from agent.conduct import Equipment, conduct
from agent.fetch import fetch_assistant
from agent.journal import Journal
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.numbers import is_e164
from agent.pipeline import build
from agent.plan import Plan
from agent.prepare import prepare
from agent.problems import InputInvalid, Problem
from agent.providers import Source
from agent.report import fold
from agent.standins.config import CallConfig, Errors
from agent.standins.judge import ScriptedJudge, always_over
from agent.standins.pointing import TOOLS_HOST, pointed_at
from agent.standins.process import attached
from agent.tape import Recording, Unrecorded
from agent.worker.claims import Claim, ClaimLost, Owner, claims_of
from agent.worker.dialler import Outbound
from agent.worker.folder import Folder, point
from agent.worker.line import Inbound, LiveKitLine, RoomReplaced
from agent.worker.lookup import looked_up, lookup_failed
from agent.worker.pace import Pace
from agent.worker.refusal import refuse
from agent.worker.setup import Setup, setup_of
from audio.recording import Recorder, RecordingFailed

logger = logging.getLogger(__name__)

CALLEE = "callee"
"""Identity of the person who is called, in the room."""
CALLER_LONGEST = 10.0
"""Seconds an inbound caller may take to appear in the room they are said to be in."""
SID_LONGEST = 2.0
"""Seconds the server may take to say which of the rooms of its name this one is."""
BACKSTOP = 30.0
"""Seconds past ringing and limit that the bridge is told as the longest call: it must not be the one that ends it."""
JUDGE = 0.045
"""Seconds the stand-in judge takes, as the local one does."""


async def entrypoint(ctx: JobContext) -> None:
    """What livekit runs in the job's process."""
    setup = setup_of(ctx.proc)
    Pace(setup.settings.data_dir).arrived(ctx.job.id)
    attempt = parse(Attempt, documents.loads(ctx.job.metadata)).model
    try:
        if attempt.direction == "outbound":
            await _outbound(ctx, setup, attempt)
        else:
            await _inbound(ctx, setup, attempt)
    finally:
        ctx.shutdown("the call is over")


async def _outbound(ctx: JobContext, setup: Setup, attempt: Attempt) -> None:
    folder = Folder.of(setup.settings.data_dir, attempt.attempt_id or "")
    folder.begin()
    try:
        plan = await _planned(attempt, setup)
        way = _way(plan)
    except InputInvalid as error:
        await _refused(ctx, folder, attempt, error)
        return
    turn = await Pace(setup.settings.data_dir).turn()

    async def join() -> None:
        await _join(ctx)
        turn.give_back()

    try:
        if not await _intended(plan, setup):
            folder.leave()
            return
        line = LiveKitLine(ctx.room, ctx.api, CALLEE, way, join=join)
        # In a burst a phone that is picked up soon would be met by silence.
        await _conducted(plan, line, folder, setup, at_once=not turn.waited)
    finally:
        turn.give_back()


async def _intended(plan: Plan, setup: Setup) -> bool:
    """Write down that the attempt is about to be dialled; False where another conducts it."""
    claims = claims_of(setup.settings)
    try:
        await claims.intend(Claim(plan.attempt_id, setup.owner))
    except ClaimLost:
        logger.warning("the attempt is conducted elsewhere", extra={"attempt": plan.attempt_id})
        return False
    finally:
        await claims.aclose()
    return True


async def _inbound(ctx: JobContext, setup: Setup, attempt: Attempt) -> None:
    await _join(ctx)
    kind = rtc.ParticipantKind.PARTICIPANT_KIND_SIP
    caller = await asyncio.wait_for(ctx.wait_for_participant(kind=kind), CALLER_LONGEST)
    attempt = identified(attempt, caller.attributes)
    attempt_id = attempt.attempt_id or ctx.job.id
    if not await _taken(attempt_id, setup):
        logger.warning("the attempt is conducted elsewhere", extra={"attempt": attempt_id})
        return
    folder = Folder.of(setup.settings.data_dir, attempt_id)
    folder.clear()
    folder.begin()
    point(setup.settings.data_dir, ctx.job.id, attempt_id)
    try:
        plan = await _planned(attempt, setup)
    except InputInvalid as error:
        await _refused(ctx, folder, attempt, error)
        return
    await _conducted(plan, LiveKitLine(ctx.room, ctx.api, caller.identity, Inbound()), folder, setup)


def identified(attempt: Attempt, attributes: dict[str, str]) -> Attempt:
    """The attempt of an inbound call with what the bridge knows of it: ids from its call id, numbers from its ends."""
    call = attributes.get("sip.callID")
    number, own = attributes.get("sip.phoneNumber", ""), attributes.get("sip.trunkPhoneNumber", "")
    return attempt.model_copy(
        update={
            "attempt_id": attempt.attempt_id or call,
            "call_id": attempt.call_id or call,
            "from_phone_number": number if is_e164(number) else None,
            "to_phone_number": own if is_e164(own) else attempt.to_phone_number,
        }
    )


async def _taken(attempt_id: str, setup: Setup) -> bool:
    """Claim an inbound attempt, which nobody dials, in the name of this process."""
    claims = claims_of(setup.settings)
    try:
        claim = await claims.take(attempt_id, Owner.of(setup.owner.worker))
        if claim is None:
            return False
        await claims.intend(claim)
    except ClaimLost:
        return False
    finally:
        await claims.aclose()
    return True


async def _planned(attempt: Attempt, setup: Setup) -> Plan:
    settings = setup.settings
    assistant = await _assistant(attempt, setup)
    if attempt.direction == "inbound":
        found = await looked_up(assistant, attempt.from_phone_number or "", settings)
        variables = {**attempt.prompt_variables, **found}
        attempt = attempt.model_copy(update={"prompt_variables": variables})
    try:
        return prepare(attempt, assistant, settings, setup.providers, datetime.now(UTC))
    except InputInvalid as error:
        raise (error if assistant.precall_lookup_url is None else lookup_failed(error)) from None


async def _assistant(attempt: Attempt, setup: Setup) -> Assistant:
    if attempt.assistant_url is None:
        return attempt.assistant or Assistant()
    fetched = await fetch_assistant(attempt.assistant_url, setup.settings)
    for unknown in fetched.unknown:
        logger.warning("an unknown field is ignored", extra={"failure": unknown.path})
    return fetched.valid()


def _way(plan: Plan) -> Outbound:
    if plan.sip.trunk_id is None:
        expected = "expected a trunk, here or in VOICE_WORKER_SIP_TRUNK_ID"
        raise InputInvalid([Problem("sip.trunk_id", expected)])
    return Outbound(
        number=plan.callee_number,
        trunk_id=plan.sip.trunk_id,
        ringing_timeout=plan.patience.ringing,
        max_call_duration=plan.patience.ringing + plan.patience.limit + BACKSTOP,
        from_number=plan.agent_number,
        headers=plan.sip.headers,
    )


async def _join(ctx: JobContext) -> None:
    await ctx.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
    try:
        joined = await asyncio.wait_for(ctx.room.sid, SID_LONGEST)
    except TimeoutError:
        return
    if ctx.job.room.sid not in ("", joined):
        raise RoomReplaced


async def _refused(ctx: JobContext, folder: Folder, attempt: Attempt, error: InputInvalid) -> None:
    """Report an attempt that cannot be conducted, and leave nothing of it."""
    logger.warning("the attempt is refused", extra={"attempt": attempt.attempt_id, "failure": error.code.value})
    refuse(folder.journal, attempt, error)
    try:
        await ctx.api.room.delete_room(api.DeleteRoomRequest(room=ctx.job.room.name))
    except api.TwirpError as failure:
        logger.warning("the room could not be deleted", extra={"error": failure.code})


async def _conducted(plan: Plan, line: LiveKitLine, folder: Folder, setup: Setup, *, at_once: bool = False) -> None:
    with Journal(folder.journal) as journal:
        await conduct(plan, line, _equipped(plan, setup, folder), journal, taken=_unnoticed, at_once=at_once)
        report = fold(journal.events)
    folder.report.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")


@asynccontextmanager
async def _equipped(plan: Plan, setup: Setup, folder: Folder) -> AsyncIterator[Equipment]:
    """What the plan is conducted with, its recorder too."""
    async with _provided(plan, setup) as equipment:
        if not plan.recorded:
            yield equipment
            return
        recording = _recording(folder)
        try:
            yield equipment.with_recording(recording)
        finally:
            with suppress(RecordingFailed):  # the call's own events have told it
                await asyncio.to_thread(recording.close)


def _recording(folder: Folder) -> Recording:
    """The call's recording; one that tells its failure where the file cannot be opened, since the call goes on."""
    try:
        return Recorder(folder.audio)
    except RecordingFailed:
        return Unrecorded()


@asynccontextmanager
async def _provided(plan: Plan, setup: Setup) -> AsyncIterator[Equipment]:
    """The plan's providers, wherever they are."""
    hosts = setup.settings.allowed_hosts
    if setup.stand_ins is None:
        yield Equipment(build(plan), allowed_hosts=hosts)
        return
    async with attached(setup.stand_ins) as stand_ins:
        stand_in = await stand_ins.open_call(CallConfig(language=plan.language, unscripted=True))
        pointed = pointed_at(plan, stand_in, setup.providers)
        scripted = setup.providers.turns is Source.STAND_IN
        pipeline = build(pointed, ScriptedJudge(always_over, JUDGE, Errors()) if scripted else None)
        try:
            yield Equipment(pipeline, allowed_hosts=hosts, rewrites={TOOLS_HOST: stand_in.tools_url})
        finally:
            await stand_in.close()


def _unnoticed(call: Call) -> None:
    """A job calls nothing off: whoever wants to end it deletes its room."""
