"""Asking the LiveKit server: whether it lets us in, and whether it can ring for us."""

from livekit import api

from agent.check import Subject, Verdict
from agent.dispatch.server import Server, ServerFailed
from agent.live.finding import Findings, well, wrong
from agent.problems import SettingsInvalid
from agent.settings import Settings

_SETTING = "VOICE_WORKER_SIP_TRUNK_ID"
ANY = "*"
"""A trunk's number that stands for every number."""


async def introduced(server: Server) -> Findings:
    """Whether the server answers and accepts the key. Raises nothing."""
    try:
        await server.rooms(["-"])
    except SettingsInvalid as error:
        return Findings(problems=error.problems)
    except ServerFailed as error:
        return wrong("LIVEKIT_URL", f"expected a server that works: {error}")
    return well("LiveKit: the server answers and accepts the key")


async def rung_by(server: Server, verdict: Verdict, settings: Settings) -> Findings:
    """Whether the trunk that the call would be dialled over exists and has the caller's number. Raises nothing."""
    subject = verdict.subject
    if subject is None or (verdict.kind == "attempt" and subject.attempt.direction == "inbound"):
        return Findings()
    own = subject.attempt.sip.trunk_id
    trunk_id, place = (own, "sip.trunk_id") if own is not None else (settings.sip_trunk_id, _SETTING)
    if trunk_id is None:
        needed = "expected to be set, as the attempt names no sip.trunk_id"
        return wrong(_SETTING, needed) if verdict.kind == "attempt" else Findings()
    try:
        trunk = await server.outbound_trunk(trunk_id)
    except (SettingsInvalid, ServerFailed) as error:
        return wrong(place, f"expected a trunk that can be looked up: {error}")
    if trunk is None:
        return wrong(place, "expected the id of an outbound trunk that the LiveKit server has")
    return _caller(trunk, subject, place)


def _caller(trunk: api.SIPOutboundTrunkInfo, subject: Subject, place: str) -> Findings:
    if not trunk.numbers:
        return wrong(place, "expected a trunk with numbers: no call can be made without one")
    number, field = _from(subject)
    if number is None:
        return well("SIP trunk: it is there; calls come from its own number")
    if number in trunk.numbers or ANY in trunk.numbers:
        return well("SIP trunk: it is there and has the caller's number")
    return wrong(field, "expected one of the numbers of the SIP trunk")


def _from(subject: Subject) -> tuple[str | None, str]:
    """The number to call from, and the field it stands in."""
    if subject.attempt.from_phone_number is not None:
        return subject.attempt.from_phone_number, "from_phone_number"
    path = f"{subject.within}." if subject.within else ""
    return subject.assistant.from_phone_number, f"{path}from_phone_number"
