"""A plan whose providers are stand-ins: the same plan, with their addresses."""

from dataclasses import replace

from pydantic import SecretStr

from agent.plan import Endpoint, ModelPlan, Plan, RealtimePlan, RecogniserPlan, VoicePlan
from agent.providers import Providers, Source
from agent.standins.process import StandInCall

TOOLS_HOST = "tools.stand-in"
"""Host of the examples' tools: where there is a stand-in process, it serves it."""


def pointed_at(plan: Plan, stand_in: StandInCall, providers: Providers) -> Plan:
    """The plan with the address of every provider that is a stand-in."""
    there = _Addresses(stand_in)
    reserve = plan.reserve
    if providers.llm is Source.STAND_IN:
        plan = replace(plan, model=there.of_model(plan.model))
        reserve = replace(reserve, model=reserve.model and there.of_text_model(reserve.model))
    if providers.tts is Source.STAND_IN:
        plan = replace(plan, voice=there.of_voice(plan.voice))
        reserve = replace(reserve, voice=reserve.voice and there.of_voice(reserve.voice))
    if providers.stt is Source.STAND_IN:
        plan = replace(plan, recogniser=there.of_recogniser(plan.recogniser))
        reserve = replace(reserve, recogniser=reserve.recogniser and there.of_recogniser(reserve.recogniser))
    return replace(plan, reserve=reserve)


class _Addresses:
    """Where the stand-ins of one call are."""

    def __init__(self, stand_in: StandInCall) -> None:
        self._stand_in = stand_in
        self._speaking = {
            "cartesia": stand_in.cartesia_url,
            "elevenlabs": stand_in.elevenlabs_url,
            "gradium": stand_in.gradium_url,
            "openai": stand_in.openai_url,
            "google": stand_in.google_url,
        }
        self._hearing = {"deepgram": stand_in.deepgram_url, "soniox": stand_in.soniox_url}

    def of_model(self, model: ModelPlan | RealtimePlan) -> ModelPlan | RealtimePlan:
        """The model, there."""
        if isinstance(model, ModelPlan):
            return self.of_text_model(model)
        return replace(model, endpoint=self._endpoint(self._speaking[model.provider]))

    def of_text_model(self, model: ModelPlan) -> ModelPlan:
        """The model, there."""
        return replace(model, endpoint=self._endpoint(self._stand_in.openai_url))

    def of_voice(self, voice: VoicePlan) -> VoicePlan:
        """The voice, there."""
        return replace(voice, endpoint=self._endpoint(self._speaking[voice.provider]))

    def of_recogniser(self, recogniser: RecogniserPlan) -> RecogniserPlan:
        """The recogniser, there."""
        return replace(recogniser, endpoint=self._endpoint(self._hearing[recogniser.provider]))

    def _endpoint(self, url: str) -> Endpoint:
        return Endpoint(SecretStr("stand-in"), url, self._stand_in.certificate)
