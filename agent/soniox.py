"""Soniox's recogniser: the plugin's, with what a call needs beyond it.

The plugin has no way to ask for words that the server still holds back, and when its connection is lost it makes
another by itself, on which what was not sent yet and what was not final is missing.
"""

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
    """One connection."""

    def __init__(self, recogniser: Recogniser, conn_options: APIConnectOptions) -> None:
        self._connected = False
        super().__init__(recogniser, conn_options)

    async def _connect_ws(self) -> aiohttp.ClientWebSocketResponse:
        if self._connected:
            raise APIConnectionError("Soniox closed the connection")
        socket = await super()._connect_ws()
        self._connected = True
        return socket

    async def _prepare_audio_task(self) -> None:
        data: Any
        async for data in self._input_ch:
            if isinstance(data, rtc.AudioFrame):
                self.audio_queue.put_nowait(data.data.tobytes())
            else:
                self.audio_queue.put_nowait(_FINALIZE)
