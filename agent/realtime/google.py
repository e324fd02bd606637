"""Google's realtime models and voices. They take the turns themselves: the protocol has no way to hand a turn over.

Importing this takes two seconds, for its SDK.
"""

import ssl

from google.genai import Client, types
from livekit import rtc
from livekit.agents import APIConnectOptions, llm
from livekit.agents.metrics import RealtimeModelMetrics
from livekit.plugins.google.beta import GeminiTTS
from livekit.plugins.google.realtime import realtime_api as realtime

from agent.plan import Endpoint, RealtimePlan, VoicePlan
from agent.realtime.feed import Feed
from agent.realtime.talker import Talker

SILENCE_MS = 200
"""Silence after which the model begins to answer, as OpenAI's is asked to as soon as the callee pauses.

Whoever goes on after a pause interrupts an answer of which little or nothing was heard yet. With a stand-in that takes
200 ms, voice to voice is then 460 ms (a text model's: 475), with 500 ms of silence 690.
"""


class GoogleTalker(realtime.RealtimeModel, Talker):
    """The plugin's model; its sessions hear through the call's feed."""

    def __init__(self, plan: RealtimePlan, options: APIConnectOptions, context: ssl.SSLContext) -> None:
        super().__init__(
            model=plan.name,
            voice=plan.voice or "",
            api_key=plan.endpoint.api_key.get_secret_value(),
            vertexai=False,
            conn_options=options,
            realtime_input_config=types.RealtimeInputConfig(
                automatic_activity_detection=types.AutomaticActivityDetection(silence_duration_ms=SILENCE_MS)
            ),
            http_options=_reached(plan.endpoint, context, options.timeout),
        )

    @property
    def takes_turns(self) -> bool:
        """As `Talker.takes_turns`."""
        return True

    def session(self, *, turn_detection_disabled: bool = False) -> realtime.RealtimeSession:
        """The call's session."""
        session = _Session(self, self.feed)
        self.counted(session)
        return session

    def writer(self) -> realtime.RealtimeSession:
        """As `Talker.writer`."""
        session = realtime.RealtimeSession(self)
        self.counted(session)
        return session

    def understood(self, text: str) -> None:
        """The model takes the turns and puts them into words itself."""

    def said(self, text: str) -> None:
        """The plugin remembers what came of a broken answer."""


class _Session(realtime.RealtimeSession):
    """The plugin's session, which sends what the feed lets through and makes good what a lost connection took along."""

    def __init__(self, model: GoogleTalker, feed: Feed | None) -> None:
        self._talker = model
        self._feed = feed
        self._sent = False
        """The callee has been heard on the present connection or an earlier one."""
        self._broken = False
        """An answer was begun and is not complete."""
        super().__init__(model)
        self.on("metrics_collected", self._connected)
        self.on("generation_created", self._answering)

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """Take 20 ms of the callee's side."""
        if self._feed is None:
            return
        for chosen in self._feed.take(frame):
            super().push_audio(chosen)
            self._sent = True
        if self._feed.stale:
            self._feed.taken()

    def _answering(self, event: llm.GenerationCreatedEvent) -> None:
        self._broken = True
        if self._feed is not None and not event.user_initiated:
            self._feed.taken()
            self._talker.taken()

    def _handle_server_content(self, server_content: types.LiveServerContent) -> None:
        if server_content.generation_complete or server_content.turn_complete or server_content.interrupted:
            self._broken = False
        super()._handle_server_content(server_content)

    def _handle_tool_calls(self, tool_call: types.LiveServerToolCall) -> None:
        self._broken = False
        super()._handle_tool_calls(tool_call)

    def _connected(self, figures: object) -> None:
        if not isinstance(figures, RealtimeModelMetrics) or figures.request_id or not self._sent:
            return
        for frame in self._feed.again() if self._feed is not None else ():
            super().push_audio(frame)
        broken, self._broken = self._broken, False
        self._talker.reconnected(broken)


class GoogleVoice(GeminiTTS):
    """The plugin's voice, reached where the plan says."""

    def __init__(self, plan: VoicePlan, context: ssl.SSLContext, timeout: float) -> None:
        key = plan.endpoint.api_key.get_secret_value()
        super().__init__(model=plan.model, voice_name=plan.id, api_key=key, vertexai=False)
        self._client = Client(api_key=key, vertexai=False, http_options=_reached(plan.endpoint, context, timeout))


def _reached(endpoint: Endpoint, context: ssl.SSLContext, timeout: float) -> types.HttpOptions:
    """The SDK's options; a certificate of the endpoint's own is trusted by this client alone."""
    if endpoint.certificate is not None:
        context = ssl.create_default_context(cadata=endpoint.certificate)
    return types.HttpOptions(
        base_url=endpoint.base_url,
        timeout=round(timeout * 1000),
        client_args={"verify": context},
        async_client_args={"ssl": context},
    )
