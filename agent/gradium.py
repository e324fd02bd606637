"""Gradium's voices: the plugin's, with the speed of the product's API and the times of the words.

The server tells when each word is said. The plugin leaves that aside, so that what a callee heard of an interrupted
sentence could only be estimated. It is given each word as the model writes it, so that nothing is taken apart for it.
"""

import json
from contextvars import ContextVar

import aiohttp
from livekit.agents import APIConnectOptions
from livekit.agents.tts import AudioEmitter
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.utils import http_context
from livekit.agents.voice.io import TimedString
from livekit.plugins.gradium import TTS
from livekit.plugins.gradium.tts import SynthesizeStream

from agent.plan import VoicePlan

ENDPOINT = "wss://api.gradium.ai/api/speech/tts"
SLOWEST, FASTEST = 0.6, 1.5
"""Speeds of the product's API."""
_MOST_PADDING = 4.0
"""Of the server's `padding_bonus`, which stretches or shortens what is between the sounds: from this, slowest, to minus
this, quickest. What lies between is not documented; here it is in proportion to the speed."""

_LONGEST = 2000
"""Characters of a message that tells a word; longer ones hold sound."""

_emitter: ContextVar[AudioEmitter | None] = ContextVar("gradium_emitter", default=None)
"""Where the sound goes of the stream whose task this is."""


def padding_bonus(speed: float) -> float:
    """The server's measure of a speed between `SLOWEST` and `FASTEST`; 0 for 1."""
    share = (speed - 1) / (FASTEST - 1) if speed > 1 else (speed - 1) / (1 - SLOWEST)
    return round(-_MOST_PADDING * share, 3) + 0.0


class Voice(TTS):
    """The voice of a call."""

    def __init__(self, plan: VoicePlan) -> None:
        super().__init__(
            api_key=plan.endpoint.api_key.get_secret_value(),
            model_endpoint=plan.endpoint.base_url or ENDPOINT,
            model_name=plan.model,
            voice_id=plan.id,
            json_config={"padding_bonus": padding_bonus(plan.speed)} if plan.speed != 1 else None,
        )

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> SynthesizeStream:
        """Speak; the words travel with the sound, timed."""
        return _Stream(tts=self, conn_options=conn_options)

    async def aclose(self) -> None:
        """Close what is the voice's own."""
        await super().aclose()
        if self._session is not None:
            await self._session.close()

    def _ensure_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            shared = http_context.http_session()
            self._session = aiohttp.ClientSession(
                connector=shared.connector, connector_owner=False, ws_response_class=_Socket
            )
        return self._session


class _Stream(SynthesizeStream):
    async def _run(self, output_emitter: AudioEmitter) -> None:
        _emitter.set(output_emitter)
        await super()._run(output_emitter)


class _Socket(aiohttp.ClientWebSocketResponse):
    """Hands the words on to where the sound goes, on the way to the plugin."""

    async def receive(self, timeout: float | None = None) -> aiohttp.WSMessage:  # noqa: ASYNC109  (aiohttp's own)
        """The next message."""
        message = await super().receive(timeout)
        emitter = _emitter.get()
        if emitter is not None and message.type is aiohttp.WSMsgType.TEXT and len(message.data) <= _LONGEST:
            word = _word(message.data)
            if word is not None:
                emitter.push_timed_transcript(word)
        return message


def _word(text: str) -> TimedString | None:
    """The word that a message tells; None for a message of another kind."""
    match json.loads(text):
        case {
            "type": "text",
            "text": str(word),
            "start_s": float() | int() as start,
            "stop_s": float() | int() as stop,
        }:
            return TimedString(f"{word} ", start_time=float(start), end_time=float(stop))
        case _:
            return None
