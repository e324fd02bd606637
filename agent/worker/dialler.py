"""Asking the server to dial: CreateSIPParticipant, and its failures in the worker's own terms."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp
from google.protobuf.duration_pb2 import Duration
from livekit import api

from agent.worker.dialing import Failure, raw_text

logger = logging.getLogger(__name__)

REQUEST_MARGIN = 8.0
"""Seconds the request outlasts the ringing timeout: the bridge first has to get into the room."""
UNREACHABLE = "the LiveKit server could not be reached"
NO_REASON = "the LiveKit server refused to dial and gave no reason; are its URL, key and secret right?"
NO_WORD = "the LiveKit server did not say in time how the dial ended"


@dataclass(frozen=True, slots=True)
class Outbound:
    """How the callee is reached."""

    number: str
    """As it is dialled, E.164."""
    trunk_id: str
    ringing_timeout: float
    """Seconds, below 80: the server cuts a longer wait."""
    max_call_duration: float
    """Seconds, told to the bridge; bridges differ in what they make of it."""
    from_number: str | None = None
    """None: the trunk's own."""
    name: str = ""
    """What the callee's participant is called in the room."""
    display_name: str | None = None
    """Caller name sent to the callee; None leaves it to the bridge."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """SIP headers of the INVITE."""


def request(room: str, callee: str, way: Outbound) -> api.CreateSIPParticipantRequest:
    """The request that makes the phone ring; `callee` is the identity its participant gets."""
    made = api.CreateSIPParticipantRequest(
        sip_trunk_id=way.trunk_id,
        sip_call_to=way.number,
        sip_number=way.from_number or "",
        room_name=room,
        participant_identity=callee,
        participant_name=way.name,
        headers=dict(way.headers),
        ringing_timeout=_duration(way.ringing_timeout),
        max_call_duration=_duration(way.max_call_duration),
        krisp_enabled=False,
        wait_until_answered=True,
    )
    if way.display_name is not None:
        made.display_name = way.display_name
    return made


def _duration(seconds: float) -> Duration:
    made = Duration()
    made.FromMilliseconds(round(seconds * 1000))
    return made


async def dial(
    server: api.LiveKitAPI,
    asked: api.CreateSIPParticipantRequest,
    rang_at: Callable[[], float | None],
    now: Callable[[], float],
    *,
    margin: float = REQUEST_MARGIN,
) -> Failure | None:
    """Dial and wait for the end of the ringing: None if the phone was picked up.

    `rang_at` tells since when it rings. Every way in which the request can fail is a `Failure`.
    """
    began = now()
    patience = asked.ringing_timeout.ToMilliseconds() / 1000

    def failed(code: str, text: str, sip_code: int | None = None) -> Failure:
        at, rang = now(), rang_at()
        logger.info("the dial failed", extra={"twirp_code": code, "sip_code": sip_code})
        return Failure(code, sip_code, raw_text(text), 0.0 if rang is None else at - rang, at - began, patience)

    try:
        await server.sip.create_sip_participant(asked, timeout=patience + margin)
    except api.SipCallError as error:
        code = error.sip_status_code
        return failed(error.code, error.message if code is None else (error.sip_status or ""), code)
    except api.ServerError as error:
        return failed(error.code, error.message or NO_REASON)
    except TimeoutError:
        return failed("deadline_exceeded", NO_WORD)
    except (aiohttp.ClientError, OSError):
        return failed("unavailable", UNREACHABLE)
    return None
