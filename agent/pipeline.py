"""The pipeline: a plan's model, voice and recogniser as livekit-agents' own plugins.

A new provider is a case here, a plan in `agent.plan`, and its credentials in `agent.settings`.
"""

import functools
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, assert_never

import httpx2
from livekit.agents import APIConnectOptions, llm, stt, tts
from livekit.plugins import cartesia, deepgram, elevenlabs, openai
from openai import AsyncOpenAI

from agent import gradium, soniox
from agent.clauses import FIRST_APART, Clauses
from agent.completions import Client
from agent.detector import Detector
from agent.fallback.model import Candidate, Model
from agent.fallback.quota import Quota
from agent.fallback.recogniser import Recogniser
from agent.fallback.voice import Voice
from agent.judge import AcousticJudge, Judge, Verdicts
from agent.languages import base
from agent.plan import Endpoint, ModelPlan, Plan, RealtimePlan, RecogniserPlan, VoicePlan
from agent.realtime.openai import OpenAITalker
from agent.realtime.talker import Talker
from audio.frames import RATE

PROVIDER_OPTIONS = APIConnectOptions(max_retry=2, retry_interval=0.3, timeout=5.0)
"""Per request to a realtime model. Other models and the voices decide themselves what is tried again, whatever they are
given: see `agent.fallback`."""

_TIMEOUT = httpx2.Timeout(connect=5.0, read=5.0, write=5.0, pool=5.0)
_LIMITS = httpx2.Limits(max_connections=50, max_keepalive_connections=50, keepalive_expiry=120)
"""Connections outlast the pause between two turns."""

MIN_SILENCE = 0.25
"""Seconds of silence after which speech counts as ended; the least the local turn detector accepts."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What one call talks with. Whoever builds it closes it."""

    model: Model | Talker
    voice: Voice
    recogniser: Recogniser
    detector: Detector
    judge: Judge
    """Judges whether the callee's turn is over."""
    clients: tuple[AsyncOpenAI, ...]
    """Connections of the model's and the voice's that they do not close themselves."""

    @property
    def writer(self) -> str | None:
        """Name of the text model that has written last; None where there is none."""
        return self.model.winner if isinstance(self.model, Model) else None

    def warm(self) -> None:
        """Open connections before they are needed. Returns at once."""
        if isinstance(self.model, Model):
            self.model.prewarm()
        self.voice.prewarm()

    async def aclose(self) -> None:
        """Close every connection."""
        await self.model.aclose()
        await self.voice.aclose()
        await self.recogniser.aclose()
        for client in self.clients:
            await client.close()


def build(plan: Plan, turns: Verdicts | None = None) -> Pipeline:
    """The plan's pipeline; `turns` takes the place of the local acoustic judge of turn ends."""
    clients: list[AsyncOpenAI] = []

    def client(endpoint: Endpoint, quota: Quota, base_url: str | None = None) -> AsyncOpenAI:
        clients.append(_client(endpoint, quota, base_url))
        return clients[-1]

    reserve = plan.reserve
    models = [each for each in (plan.model, reserve.model) if isinstance(each, ModelPlan)]
    voices = [each for each in (plan.voice, reserve.voice) if each is not None]
    recognisers = [each for each in (plan.recogniser, reserve.recogniser) if each is not None]
    return Pipeline(
        model=_talker(plan.model)
        if isinstance(plan.model, RealtimePlan)
        else Model([_candidate(each, client) for each in models]),
        voice=Voice([_speaker(each, plan.language, client) for each in voices]),
        recogniser=Recogniser([_recogniser(each, plan.language) for each in recognisers]),
        detector=Detector(MIN_SILENCE),
        judge=Judge(AcousticJudge() if turns is None else turns, plan.language),
        clients=tuple(clients),
    )


@functools.cache
def tls_context() -> ssl.SSLContext:
    """What the models' connections are secured with; made once, it takes 30 ms."""
    return httpx2.create_ssl_context()


def _client(endpoint: Endpoint, quota: Quota, base_url: str | None) -> AsyncOpenAI:
    """The plugin's own client but for its TLS context, which it would make anew for every call, and the quota."""
    http = httpx2.AsyncClient(
        verify=tls_context(),
        timeout=_TIMEOUT,
        limits=_LIMITS,
        follow_redirects=True,
        event_hooks={"response": [quota.note]},
    )
    key = endpoint.api_key.get_secret_value()
    return Client(api_key=key, base_url=endpoint.base_url or base_url, max_retries=0, http_client=http)


_Connect = Callable[..., AsyncOpenAI]
"""Opens connections to an endpoint, or to a base URL where it has none; responses are told to the quota."""


def _talker(plan: RealtimePlan) -> Talker:
    if plan.provider == "openai":
        return OpenAITalker(plan, PROVIDER_OPTIONS)
    if plan.provider == "google":
        from agent.realtime.google import GoogleTalker  # noqa: PLC0415  (its SDK takes two seconds to import)

        return GoogleTalker(plan, PROVIDER_OPTIONS, tls_context())
    assert_never(plan.provider)


def _candidate(plan: ModelPlan, connect: _Connect) -> Candidate:
    quota = Quota()
    return Candidate(_model(plan, connect, quota), quota)


def _model(plan: ModelPlan, connect: _Connect, quota: Quota) -> llm.LLM[Any]:
    if plan.kind == "openai":
        return openai.LLM(model=plan.name, client=connect(plan.endpoint, quota))
    if plan.kind == "openrouter":
        return openai.LLM.with_openrouter(
            model=plan.name,
            api_key=plan.endpoint.api_key.get_secret_value(),
            client=connect(plan.endpoint, quota, "https://openrouter.ai/api/v1"),
            app_name="voice-worker",
            provider={"only": [plan.route], "allow_fallbacks": False} if plan.route else None,
        )
    assert_never(plan.kind)


def _voice(plan: VoicePlan, language: str, connect: _Connect) -> tts.TTS[Any]:
    key = plan.endpoint.api_key.get_secret_value()
    if plan.provider == "cartesia":
        return cartesia.TTS(
            model=plan.model,
            voice=plan.id,
            language=base(language),
            speed=plan.speed,
            volume=plan.volume,
            sample_rate=RATE,
            pronunciation_dict_id=plan.pronunciation_id,
            tokenizer=Clauses(),
            api_key=key,
            base_url=plan.endpoint.base_url or "https://api.cartesia.ai",
        )
    if plan.provider == "elevenlabs":
        return elevenlabs.TTS(
            voice_id=plan.id,
            model=plan.model,
            voice_settings=elevenlabs.VoiceSettings(stability=0.5, similarity_boost=0.75, speed=plan.speed),
            encoding="pcm_24000",
            word_tokenizer=Clauses(FIRST_APART),
            language=base(language),
            api_key=key,
            base_url=plan.endpoint.base_url or "https://api.elevenlabs.io/v1",
        )
    if plan.provider == "gradium":
        return gradium.Voice(plan)
    if plan.provider == "openai":
        return openai.TTS(
            model=plan.model, voice=plan.id, response_format="pcm", client=connect(plan.endpoint, Quota())
        )
    if plan.provider == "google":
        from agent.realtime.google import GoogleVoice  # noqa: PLC0415

        return GoogleVoice(plan, tls_context(), PROVIDER_OPTIONS.timeout)
    assert_never(plan.provider)


def _speaker(plan: VoicePlan, language: str, connect: _Connect) -> tts.TTS[Any]:
    """The voice as one that takes text as it is written."""
    voice = _voice(plan, language, connect)
    return voice if voice.capabilities.streaming else _Sentences(voice)


class _Sentences(tts.StreamAdapter):
    """A voice that takes whole texts, given one sentence after another."""

    def __init__(self, voice: tts.TTS[Any]) -> None:
        super().__init__(tts=voice)
        self._whole = voice

    async def aclose(self) -> None:
        """Close the voice as well."""
        await super().aclose()
        await self._whole.aclose()


def _recogniser(plan: RecogniserPlan, language: str) -> stt.STT[Any]:
    if plan.provider == "deepgram":
        return deepgram.STT(
            model=plan.model,
            language=language,
            keyterm=list(plan.terms),
            sample_rate=16_000,
            api_key=plan.endpoint.api_key.get_secret_value(),
            base_url=plan.endpoint.base_url or "https://api.deepgram.com/v1/listen",
        )
    if plan.provider == "soniox":
        return soniox.Recogniser(plan, base(language))
    assert_never(plan.provider)
