"""The conversation: livekit's agent session between the ears and the mixer.

It answers the callee's turns with the model, the voice and the tools of the plan, and tells what happens as events.
It decides nothing about the call: when to begin, to end and to hang up is the supervisor's.
"""

import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, cast

from livekit import rtc
from livekit.agents import (
    NOT_GIVEN,
    Agent,
    AgentSession,
    APIError,
    InterruptionOptions,
    ModelSettings,
    StopResponse,
    llm,
    stt,
)
from livekit.agents.metrics import RealtimeModelMetrics
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.events import ConversationItemAddedEvent, ErrorEvent

from agent import events as e
from agent.ears import Ears, frame_of
from agent.failures import reason_of
from agent.gate import SharedDetector, shared_words
from agent.markup import spoken
from agent.pipeline import PROVIDER_OPTIONS, Pipeline
from agent.plan import Endpointing
from agent.realtime.talker import Talker
from agent.voice import Microphone, Mouth, new_id, voiced
from audio.frames import Pcm
from audio.ledger import Utterance

logger = logging.getLogger(__name__)

Tell = Callable[[e.Event], None]

_GO_ON = (
    "Your last words were cut off by a fault of the connection. Go on from where you were, without repeating what you "
    "have said and without mentioning the fault."
)

_PARTS = {"llm_error": "model", "tts_error": "voice", "realtime_model_error": "model"}

_PROVISIONAL = frozenset({stt.SpeechEventType.INTERIM_TRANSCRIPT, stt.SpeechEventType.PREFLIGHT_TRANSCRIPT})

_INTERRUPTION: InterruptionOptions = {
    "mode": "vad",
    "min_words": 1,  # a noise is no reason to give an answer up
    "resume_false_interruption": False,  # what is false is known before the session hears of it
    "discard_audio_if_uninterruptible": False,
}


class Caller(Agent):
    """The assistant on the phone: what livekit asks of an agent, answered from the ears and for the mixer."""

    def __init__(
        self,
        prompt: str,
        tools: list[llm.Tool | llm.Toolset],
        ears: Ears,
        turn_taken: Callable[[], bool],
        begun: Callable[[str], None],
    ) -> None:
        """`turn_taken` says whether a turn may be answered; `begun` is told the id of each utterance as it is begun."""
        super().__init__(instructions=prompt, tools=tools)
        self._ears = ears
        self._turn_taken = turn_taken
        self._begun = begun
        self.latest: Utterance | None = None
        """What was begun last."""
        self.writing: Utterance | None = None
        """What is being spoken as the model writes it, if anything is."""

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncIterator[stt.SpeechEvent]:
        """What the ears recognised; the session's own copy of the sound is not listened to again."""
        worded = False
        async for event in shared_words(self._ears.gate):
            final = event.type is stt.SpeechEventType.FINAL_TRANSCRIPT
            if final and not worded:
                # The session counts the words that interrupt before it takes those of a final result.
                yield stt.SpeechEvent(stt.SpeechEventType.INTERIM_TRANSCRIPT, alternatives=event.alternatives)
            worded = not final and (worded or event.type in _PROVISIONAL)
            yield event

    async def tts_node(self, text: AsyncIterable[str], model_settings: ModelSettings) -> AsyncIterator[rtc.AudioFrame]:
        """The voice's frames, each with the utterance it belongs to, whose text grows as the model writes."""
        utterance = self.latest = self.writing = Utterance(id=new_id(), kind="reply")

        async def pieces() -> AsyncIterator[str]:
            async for piece in text:
                if piece and not utterance.text:
                    self._begun(utterance.id)
                utterance.text += piece
                yield piece

        try:
            async for frame in voiced(Agent.default.tts_node(self, pieces(), model_settings), utterance):
                yield frame
        except APIError:
            utterance.broken = True
            raise
        finally:
            if self.writing is utterance:
                self.writing = None

    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        """Let the turn through, unless the call is closing."""
        if not self._turn_taken():
            raise StopResponse


class Conversation:
    """Talks with the callee until it is muted."""

    def __init__(self, caller: Caller, session: AgentSession[None], ears: Ears, mouth: Mouth) -> None:
        self._caller = caller
        self._session = session
        self._ears = ears
        self._mouth = mouth
        self._microphone = Microphone()

    async def start(self) -> None:
        """Make ready; the ears' gate decides when the callee reaches it."""
        self._session.input.audio = self._microphone
        self._session.output.audio = self._mouth
        await self._session.start(self._caller, record=False)

    def hear(self, pcm: Pcm) -> None:
        """Take 20 ms of the callee's side, for a model that hears; others are told what the ears made of it."""
        self._microphone.push(frame_of(pcm))

    def repair(self, owing: bool) -> None:
        """The model's connection was made anew; `owing`: an answer was lost with the old one."""
        model, latest = self._session.llm, self._caller.latest
        if self._mouth.is_shut or not owing:
            return
        if latest is None or latest.complete or not latest.text.strip() or not isinstance(model, Talker):
            self._session.generate_reply()
            return
        model.said(latest.text.strip())
        self._session.generate_reply(instructions=_GO_ON)

    async def try_again(self, *, go_on: bool, if_idle: bool) -> None:
        """Have the last turn answered once more; `go_on`: without what is heard of the answer that broke off.

        `if_idle`: unless an answer is being made; of a model that speaks by itself that is not known. Raises
        RuntimeError when the session is over.
        """
        speech = self._session.current_speech
        if if_idle and (speech is not None or isinstance(self._session.llm, Talker)):
            return
        if go_on and speech is not None:
            await speech.wait_for_playout()
            if speech.interrupted or self._mouth.is_shut:
                return  # who spoke over it is answered instead
        latest = self._caller.latest
        heard = go_on and latest is not None and latest.voiced_from is not None
        self._session.generate_reply(instructions=_GO_ON if heard else NOT_GIVEN)

    def mute(self, *, at_once: bool) -> None:
        """Say no more and answer no more, whatever is under way; `at_once`: not even the rest of a word."""
        self._ears.gate.close()
        self._mouth.shut(at_once=at_once)
        try:
            self._session.interrupt(force=True)
        except RuntimeError:
            logger.debug("there was no session to interrupt")

    async def remember(self, text: str, *, cut: bool) -> None:
        """Add a fixed sentence that the callee heard to what the model knows of the conversation."""
        history = self._caller.chat_ctx.copy()
        history.add_message(role="assistant", content=text, interrupted=cut)
        await self._caller.update_chat_ctx(history)

    async def aclose(self) -> None:
        """End the session. Safe when it was never started."""
        await self._session.aclose()


class Observer:
    """Tells what livekit's session reports: figures of replies, and failures it cannot recover from."""

    def __init__(
        self,
        caller: Caller,
        session: AgentSession[None],
        writer: Callable[[], str],
        tell: Tell,
        now: Callable[[], float],
    ) -> None:
        """`writer` names the model that has written last."""
        self._caller = caller
        self._writer = writer
        self._writers: dict[str, str] = {}
        """Of each utterance of the model's that was not measured yet, which model wrote it."""
        self._tell = tell
        self._now = now
        self._unmeasured: list[str] = []
        self._session = session
        self._prepared_failed = False
        """An answer to what may be a turn has failed before it was known to be one."""
        self._first_sound: dict[str, float] = {}
        """Of each answer of a model that speaks by itself: seconds until its first sound."""
        session.on("conversation_item_added", self._item_added)
        session.on("error", self._error)

    def begun(self, utterance: str) -> None:
        """The first text of an utterance is here: whoever has written last wrote it."""
        self._writers[utterance] = self._writer()

    def replied(self, utterance: str) -> None:
        """An utterance of the model was heard; the figures that come next belong to it."""
        self._unmeasured.append(utterance)

    def counted(self, figures: object) -> None:
        """Take the figures of a model that speaks by itself."""
        if isinstance(figures, RealtimeModelMetrics) and figures.ttft >= 0:
            self._first_sound[figures.request_id] = figures.ttft

    def prepared_failed(self) -> bool:
        """Whether an answer that was prepared failed since this was last asked: a turn is taken."""
        failed, self._prepared_failed = self._prepared_failed, False
        return failed

    def _was_prepared(self) -> bool:
        """Whether what has failed was prepared for a turn that may not be over. If it is, the session asks anew.

        The session would give the turn the answer that has failed; there is no public way to have it forget it.
        """
        activity = self._session._activity  # noqa: SLF001
        if activity is None or activity._preemptive_generation is None:  # noqa: SLF001
            return False
        activity._cancel_preemptive_generation()  # noqa: SLF001
        self._prepared_failed = True
        return True

    def _item_added(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage) or item.role != "assistant" or not self._unmeasured:
            return
        figures = cast(dict[str, Any], item.metrics)
        utterances, self._unmeasured = tuple(self._unmeasured), []
        writers = [self._writers.pop(utterance, None) for utterance in utterances]
        sounded = [self._first_sound.pop(answer, None) for answer in figures.get("provider_request_ids", ())]
        self._tell(
            e.ReplyMeasured(
                at=self._now(),
                utterances=utterances,
                llm_ttft=figures.get("llm_node_ttft", next(iter(sounded), None)),
                tts_ttfb=figures.get("tts_node_ttfb"),
                model=writers[-1] or self._writer(),
            )
        )

    def _error(self, event: ErrorEvent) -> None:
        kind = getattr(event.error, "type", "")
        if getattr(event.error, "recoverable", True) or kind not in _PARTS:
            return
        if self._was_prepared():
            return
        message = reason_of(event.error.error, _PARTS[kind])
        self._tell(e.ReplyFailed(at=self._now(), message=message, begun=self._has_begun(written=kind == "llm_error")))

    def _has_begun(self, *, written: bool) -> bool:
        """Whether what has failed can be heard; `written`: what the model has written will be."""
        latest = self._caller.latest
        if latest is None or latest.finished:
            return False
        return latest.played + latest.left > 0 or (written and self._caller.writing is latest and bool(latest.text))


def session_for(pipeline: Pipeline, ears: Ears, endpointing: Endpointing) -> AgentSession[None]:
    """A session over the pipeline that hears through the ears."""
    model = pipeline.model
    takes_turns = isinstance(model, Talker) and model.takes_turns
    return AgentSession(
        stt=NOT_GIVEN if takes_turns else pipeline.recogniser,
        vad=SharedDetector(ears.gate),
        llm=model,
        tts=pipeline.voice,
        turn_handling={
            "turn_detection": "realtime_llm" if takes_turns else pipeline.judge,
            "endpointing": {"min_delay": endpointing.shortest, "max_delay": endpointing.longest},
            "preemptive_generation": {"enabled": True, "preemptive_tts": endpointing.speech_ahead},
            "interruption": _INTERRUPTION,
        },
        tts_text_transforms=[spoken, "filter_emoji"],
        aec_warmup_duration=None,
        user_away_timeout=None,
        max_tool_steps=5,
        # The ears wait for the last words; by the time the session is closed they are known.
        session_close_transcript_timeout=0.0,
        conn_options=SessionConnectOptions(
            llm_conn_options=PROVIDER_OPTIONS, tts_conn_options=PROVIDER_OPTIONS, stt_conn_options=PROVIDER_OPTIONS
        ),
    )
