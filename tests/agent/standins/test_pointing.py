"""Which addresses a plan gets."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from agent import settings
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.plan import Plan
from agent.prepare import prepare
from agent.providers import REAL, STAND_INS, Providers, Source
from agent.standins.pointing import pointed_at
from agent.standins.process import StandInCall

pytestmark = pytest.mark.asyncio(loop_scope="package")


def plan(providers: Providers = STAND_INS, reserve: Mapping[str, str] = MappingProxyType({}), **assistant: Any) -> Plan:
    raw = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+33612345678", "language": "en"}
    attempt = parse(Attempt, {**raw, "assistant": assistant}).valid()
    keys = {"OPENAI_API_KEY": "k", "CARTESIA_API_KEY": "k", "ELEVEN_API_KEY": "k", "DEEPGRAM_API_KEY": "k"}
    given = settings.of({**keys, **reserve})
    return prepare(attempt, attempt.assistant or Assistant(), given, providers, datetime(2026, 3, 9, tzinfo=UTC))


async def test_every_stand_in_has_its_address_in_the_call(call: StandInCall) -> None:
    made = pointed_at(plan(), call, STAND_INS)

    assert made.model.endpoint.base_url == call.openai_url
    assert made.voice.endpoint.base_url == call.cartesia_url
    assert made.recogniser.endpoint.base_url == call.deepgram_url


async def test_the_voice_keeps_its_provider(call: StandInCall) -> None:
    made = pointed_at(plan(voice={"provider": "elevenlabs", "id": "v"}), call, STAND_INS)

    assert made.voice.endpoint.base_url == call.elevenlabs_url


async def test_gradium_and_soniox_have_addresses_of_their_own(call: StandInCall) -> None:
    made = pointed_at(plan(voice={"provider": "gradium", "id": "v"}, stt_model="stt-rt-v5"), call, STAND_INS)

    assert made.voice.endpoint.base_url == call.gradium_url
    assert made.recogniser.endpoint.base_url == call.soniox_url


async def test_what_is_in_reserve_has_its_address_too(call: StandInCall) -> None:
    fallbacks = {
        "VOICE_WORKER_FALLBACK_MODEL": '{"type": "dedicated-instance", "name": "gpt-4.1"}',
        "VOICE_WORKER_FALLBACK_VOICE": '{"provider": "elevenlabs", "id": "v"}',
        "VOICE_WORKER_FALLBACK_RECOGNISER": "soniox",
    }
    reserve = pointed_at(plan(reserve=fallbacks), call, STAND_INS).reserve

    reached = [each.endpoint.base_url for each in (reserve.model, reserve.voice, reserve.recogniser) if each]
    assert reached == [call.openai_url, call.elevenlabs_url, call.soniox_url]


async def test_real_providers_keep_their_addresses(call: StandInCall) -> None:
    real = plan(REAL)

    assert pointed_at(real, call, REAL) == real


async def test_only_the_stand_ins_among_the_providers_are_pointed_at(call: StandInCall) -> None:
    mixed = Providers(llm=Source.REAL, tts=Source.REAL)
    before = plan(mixed)
    made = pointed_at(before, call, mixed)

    assert (made.model, made.voice) == (before.model, before.voice)
    assert made.recogniser.endpoint.base_url == call.deepgram_url
