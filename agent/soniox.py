"""Soniox's recogniser: the plugin's, with what a call needs beyond it.

The plugin has no way to ask for words that the server still holds back, counts a new connection's time from its own
beginning, and connects again without end to a server that closes every connection.
"""

import asyncio
import json
from typing import Any

import aiohttp
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.plugins.soniox import STT, ContextGeneralItem, ContextObject, STTOptions
from livekit.plugins.soniox.stt import BASE_URL, SpeechStream

from agent.plan import RecogniserPlan

HEARING_RATE = 16_000
"""Samples a second that are sent."""
_ENDPOINT_MS = 500
"""Longest wait for the end of a stretch of speech once it is silent, the least the server takes: whether the turn is
over, is judged elsewhere."""
_FINALIZE = json.dumps({"type": "finalize"})
_SHORTEST = 0.3
"""Seconds that a connection lasts at least, unless something is wrong with the server."""


class Recogniser(STT):
    """The recogniser of a call."""

    def __init__(self, plan: RecogniserPlan, language: str) -> None:
        """`language` is without a region."""
        context = ContextObject(
            general=[ContextGeneralItem(key, value) for key, value in plan.facts] or None,
            terms=list(plan.terms) or None,
        )
        super().__init__(
            api_key=plan.endpoint.api_key.get_secret_value(),
            base_url=plan.endpoint.base_url or BASE_URL,
            params=STTOptions(
                model=plan.model,
                language_hints=[language],
                context=context if context.general or context.terms else None,
                sample_rate=HEARING_RATE,
                max_endpoint_delay_ms=_ENDPOINT_MS,
            ),
        )

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> SpeechStream:
        """Listen. Words that are held back come at once after its `flush`."""
        return _Stream(self, conn_options)


class _Stream(SpeechStream):
    """One stretch of sound over any number of connections."""

    def __init__(self, recogniser: Recogniser, conn_options: APIConnectOptions) -> None:
        self._sent = 0.0
        """Seconds of sound sent on all connections."""
        self._connected_at = float("-inf")
        super().__init__(recogniser, conn_options)

    async def _connect_ws(self) -> aiohttp.ClientWebSocketResponse:
        now = asyncio.get_running_loop().time()
        if now - self._connected_at < _SHORTEST:
            raise APIConnectionError("Soniox closed the connection at once")
        socket = await super()._connect_ws()
        self._connected_at = asyncio.get_running_loop().time()
        self.start_time_offset = self._sent
        return socket

    async def _prepare_audio_task(self) -> None:
        data: Any
        async for data in self._input_ch:
            if isinstance(data, rtc.AudioFrame):
                self._sent += data.duration
                self.audio_queue.put_nowait(data.data.tobytes())
            else:
                self.audio_queue.put_nowait(_FINALIZE)
