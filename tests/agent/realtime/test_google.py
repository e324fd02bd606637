"""The plugin's model and its sessions, where a whole call does not show them."""

import asyncio
import ssl
from dataclasses import replace

import numpy as np
import pytest
from livekit.agents import llm
from livekit.agents.metrics import RealtimeModelMetrics

from agent.pipeline import PROVIDER_OPTIONS, tls_context
from agent.plan import Endpoint, RealtimePlan
from agent.providers import STAND_INS
from agent.realtime.feed import FRAME, LINGER, Feed
from agent.realtime.google import GoogleTalker
from agent.standins.config import CallConfig
from agent.standins.pointing import pointed_at
from agent.standins.process import StandInCall, StandIns
from audio.frames import samples
from tests.agent.fakes import frame
from tests.agent.realtime.test_feed import Ears
from tests.agent.test_prepare import plan

# Google's SDK and its plugin are not of one mind about how a session is set up.
WARNED = (
    pytest.mark.filterwarnings("ignore:Setting `LiveConnectConfig:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
)
pytestmark = [pytest.mark.asyncio(loop_scope="session"), *WARNED]

PLAN = plan({"llm_model": {"type": "realtime", "provider": "google", "realtime_model_id": "gemini-live"}})


def talker(call: StandInCall, certificate: str | None) -> GoogleTalker:
    """The call's model, with this certificate for its endpoint."""
    model = pointed_at(PLAN, call, STAND_INS).model
    assert isinstance(model, RealtimePlan)
    endpoint = Endpoint(model.endpoint.api_key, model.endpoint.base_url, certificate)
    return GoogleTalker(replace(model, endpoint=endpoint), PROVIDER_OPTIONS, tls_context())


async def came(model: GoogleTalker) -> object:
    """What a session of the model's tells first: that it is connected, or an error."""
    told: asyncio.Queue[object] = asyncio.Queue()
    session = model.session()
    session.on("error", told.put_nowait)
    session.on("metrics_collected", told.put_nowait)
    try:
        return await asyncio.wait_for(told.get(), 5)
    finally:
        await session.aclose()


async def test_a_certificate_is_trusted_only_where_the_endpoint_brings_it(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig())
    connected = await came(talker(call, call.certificate))
    assert isinstance(connected, RealtimeModelMetrics)
    refused = await came(talker(call, None))
    assert isinstance(refused, llm.RealtimeModelError) and not refused.recoverable
    assert isinstance(refused.error, ssl.SSLCertVerificationError)


async def test_sound_that_never_became_a_turn_is_not_sent_again(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig())
    model, ears = talker(call, call.certificate), Ears()
    feed = model.feed = Feed(ears, ceaseless=True)
    session = model.session()
    sound = frame(np.full(samples(FRAME), 5000, dtype=np.int16))
    kept = []
    try:
        for speaking, seconds in ((True, 1.0), (False, LINGER - 0.1), (False, 0.2)):
            ears.speaking = speaking
            for _ in range(round(seconds / FRAME)):
                session.push_audio(sound)
            kept.append(len(feed.again()) > 0)
    finally:
        await session.aclose()
    assert kept == [True, True, False]
