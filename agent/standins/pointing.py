"""A plan whose providers are stand-ins: the same plan, with their addresses."""

from dataclasses import replace

from pydantic import SecretStr

from agent.plan import Endpoint, Plan, RealtimePlan
from agent.providers import Providers, Source
from agent.standins.process import StandInCall

TOOLS_HOST = "tools.stand-in"
"""Host of the examples' tools: where there is a stand-in process, it serves it."""


def pointed_at(plan: Plan, stand_in: StandInCall, providers: Providers) -> Plan:
    """The plan with the address of every provider that is a stand-in."""
    key = SecretStr("stand-in")
    voices = {
        "cartesia": stand_in.cartesia_url,
        "elevenlabs": stand_in.elevenlabs_url,
        "gradium": stand_in.gradium_url,
        "openai": stand_in.openai_url,
        "google": stand_in.google_url,
    }
    recognisers = {"deepgram": stand_in.deepgram_url, "soniox": stand_in.soniox_url}
    if providers.llm is Source.STAND_IN:
        there = voices[plan.model.provider] if isinstance(plan.model, RealtimePlan) else stand_in.openai_url
        plan = replace(plan, model=replace(plan.model, endpoint=Endpoint(key, there, stand_in.certificate)))
    if providers.tts is Source.STAND_IN:
        there = voices[plan.voice.provider]
        plan = replace(plan, voice=replace(plan.voice, endpoint=Endpoint(key, there, stand_in.certificate)))
    if providers.stt is Source.STAND_IN:
        there = recognisers[plan.recogniser.provider]
        plan = replace(plan, recogniser=replace(plan.recogniser, endpoint=Endpoint(key, there)))
    return plan
