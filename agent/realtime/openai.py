"""OpenAI's realtime models. The call takes the turns for them, as it does for a text model: the server's own detection
of speech is off, so that the gate, the judge of turn ends and what must not be interrupted hold as they do elsewhere.
"""

from asyncio import Future
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from livekit import rtc
from livekit.agents import NOT_GIVEN, APIConnectOptions, NotGivenOr, llm
from livekit.plugins.openai import realtime
from openai.types.realtime import (
    ConversationItemCreateEvent,
    ConversationItemDeleteEvent,
    RealtimeConversationItemAssistantMessage,
    RealtimeConversationItemUserMessage,
)
from openai.types.realtime import realtime_conversation_item_assistant_message as assistant_message
from openai.types.realtime import realtime_conversation_item_user_message as user_message

from agent.plan import RealtimePlan
from agent.realtime.feed import Feed
from agent.realtime.talker import Talker

_Answer = Future[llm.GenerationCreatedEvent]
BASE_URL = "https://api.openai.com/v1"


class OpenAITalker(realtime.RealtimeModel, Talker):
    """The plugin's model; its sessions hear through the call's feed."""

    def __init__(self, plan: RealtimePlan, options: APIConnectOptions) -> None:
        modalities: list[Literal["text", "audio"]] = ["text"] if plan.voice is None else ["audio"]
        super().__init__(
            model=plan.name,
            voice=plan.voice or realtime.realtime_model.DEFAULT_VOICE,
            modalities=modalities,
            # The words in the report are the ears', and the model is told them: a second recogniser is not paid for.
            input_audio_transcription=None,
            turn_detection=None,
            api_key=plan.endpoint.api_key.get_secret_value(),
            base_url=f"{(plan.endpoint.base_url or BASE_URL).rstrip('/')}/realtime",
            conn_options=options,
        )
        self._session: _Session | None = None

    @property
    def takes_turns(self) -> bool:
        """As `Talker.takes_turns`."""
        return False

    def session(self, *, turn_detection_disabled: bool = False) -> realtime.RealtimeSession:
        """The call's session."""
        self._session = _Session(self, self.feed, turn_detection_disabled=turn_detection_disabled)
        self.counted(self._session)
        return self._session

    def writer(self) -> realtime.RealtimeSession:
        """As `Talker.writer`."""
        session = realtime.RealtimeSession(self)
        self.counted(session)
        return session

    def understood(self, text: str) -> None:
        """As `Talker.understood`."""
        if self._session is not None:
            self._session.understood(text)

    def foresee(self, text: str) -> None:
        """As `Talker.foresee`."""
        if self._session is not None:
            self._session.foresee(text)

    def unsaid(self) -> Sequence[str]:
        """As `Talker.unsaid`."""
        return self._session.unsaid() if self._session is not None else ()

    def said(self, text: str) -> None:
        """As `Talker.said`."""
        if self._session is not None:
            content = [assistant_message.Content(type="output_text", text=text)]
            self._session.add(
                RealtimeConversationItemAssistantMessage(type="message", role="assistant", content=content)
            )


class _Session(realtime.RealtimeSession):
    """The plugin's session, which sends what the feed lets through and makes good what a lost connection took along.

    The plugin repeats the conversation to a new connection as far as it has it in words. What it has not are the
    callee's turns, which went out as sound: the recogniser's words are put in their place. A turn that was under way is
    sent again.

    An answer takes the model as long as it takes the judge to be sure that the callee has finished. So it is asked for
    as soon as they pause, and thrown away if they go on.
    """

    def __init__(self, model: OpenAITalker, feed: Feed | None, *, turn_detection_disabled: bool) -> None:
        self._talker = model
        self._feed = feed
        self._wordless: deque[llm.ChatMessage] = deque()
        """Turns of the callee's that the server has and that are not in words yet."""
        self._words: deque[str] = deque()
        """Words of turns that the server has not confirmed yet."""
        self._soundless = False
        """The turn that was just committed had no sound: only the recogniser noticed it."""
        self._owing = False
        """An answer was asked for and is not complete."""
        self._foreseen: _Answer | None = None
        """The answer in case the callee has finished."""
        self._adopted: _Answer | None = None
        """The same, now that they have."""
        self._told = ""
        """Words of the present turn that the server has been told."""
        self._items: deque[tuple[str, str]] = deque(maxlen=20)
        """The latest of what the model said or called: answer, item."""
        self._unsaid: list[str] = []
        super().__init__(model, turn_detection_disabled=turn_detection_disabled)
        self.on("remote_item_added", self._confirmed)
        self.on("openai_client_event_queued", self._sent)
        self.on("openai_server_event_received", self._received)
        self.on("session_reconnected", self._made_good)

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """Take 20 ms of the callee's side."""
        if self._feed is None:
            return
        for chosen in self._feed.take(frame):
            super().push_audio(chosen)
        if self._feed.stale:
            self.clear_audio()

    def commit_audio(self) -> None:
        """The turn is over."""
        if self._foreseen is not None and self._feed is not None and not self._feed.resumed:
            self._adopted, self._foreseen = self._foreseen, None
            self.clear_audio()  # silence
            return
        self._forget()
        super().commit_audio()
        if self._feed is not None:
            self._soundless = not self._feed.again()
            self._feed.taken()

    def foresee(self, text: str) -> None:
        """The callee said this and may have finished."""
        if self._feed is None or not self._feed.again() or not self._feed.lulled:
            return
        if self._foreseen is None and self.has_active_generation:
            return
        self._forget()
        super().commit_audio()
        self._feed.taken()
        self._put(text)
        self._told = f"{self._told} {text}".strip()
        self._foreseen = super().generate_reply()
        self._foreseen.add_done_callback(_looked_at)

    def generate_reply(
        self,
        *,
        instructions: NotGivenOr[str] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        tools: NotGivenOr[list[llm.Tool]] = NOT_GIVEN,
    ) -> "_Answer":
        """The answer to the turn, which may have been prepared."""
        adopted, self._adopted, self._told = self._adopted, None, ""
        if adopted is not None:
            return adopted
        self._forget()
        return super().generate_reply(instructions=instructions, tool_choice=tool_choice, tools=tools)

    def unsaid(self) -> Sequence[str]:
        """As `Talker.unsaid`."""
        unsaid, self._unsaid = self._unsaid, []
        return unsaid

    def _forget(self) -> None:
        """Throw away the answer that was prepared."""
        foreseen, self._foreseen = self._foreseen, None
        if foreseen is None:
            return
        if not foreseen.done():
            foreseen.cancel()  # which has the plugin cancel it on the server
        elif not foreseen.cancelled() and foreseen.exception() is None:
            answer = foreseen.result().response_id
            self.interrupt()
            for item in [item for of, item in self._items if of == answer]:
                self._unsaid.append(item)
                self.send_event(ConversationItemDeleteEvent(type="conversation.item.delete", item_id=item))

    def clear_audio(self) -> None:
        """What was sent is no turn."""
        super().clear_audio()
        if self._feed is not None:
            self._feed.taken()

    def understood(self, text: str) -> None:
        """The words of the turn that was just committed."""
        if self._adopted is None:
            self._put(text.removeprefix(self._told).strip())

    def _put(self, text: str) -> None:
        if self._soundless:
            self.add(_callee(text))
        elif self._wordless:
            self._wordless.popleft().content.append(text)
        else:
            self._words.append(text)

    def add(self, item: RealtimeConversationItemUserMessage | RealtimeConversationItemAssistantMessage) -> None:
        """Append a message to the conversation on the server."""
        self.send_event(ConversationItemCreateEvent(type="conversation.item.create", item=item))

    def _confirmed(self, event: llm.RemoteItemAddedEvent) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage) or item.role != "user" or item.content:
            return
        if self._words:
            item.content.append(self._words.popleft())
        else:
            self._wordless.append(item)

    def _sent(self, event: Mapping[str, Any]) -> None:
        if event["type"] == "response.create":
            self._owing = True

    def _received(self, event: Mapping[str, Any]) -> None:
        if event["type"] == "response.done":
            self._owing = False
        elif event["type"] == "response.output_item.added":
            self._items.append((event["response_id"], event["item"]["id"]))

    def _made_good(self, event: llm.RealtimeSessionReconnectedEvent) -> None:
        for text in self._words:
            self.add(_callee(text))
        self._words.clear()
        self._wordless.clear()
        started = self._feed.again() if self._feed is not None else ()
        super().clear_audio()
        for frame in started:
            super().push_audio(frame)
        owing, self._owing = self._owing and self._foreseen is None, False
        self._foreseen = self._adopted = None
        self._talker.reconnected(owing)


def _looked_at(answer: _Answer) -> None:
    """Whoever adopts it deals with its fault; where nobody does, there is nothing to deal with."""
    if not answer.cancelled():
        answer.exception()


def _callee(text: str) -> RealtimeConversationItemUserMessage:
    content = [user_message.Content(type="input_text", text=text)]
    return RealtimeConversationItemUserMessage(type="message", role="user", content=content)
