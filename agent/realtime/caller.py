"""The assistant on the phone where the model speaks by itself."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator

from livekit import rtc
from livekit.agents import ModelSettings, llm, stt

from agent.conversation import Caller
from agent.realtime.talker import Talker
from agent.realtime.wording import Wording
from agent.voice import new_id, pcm_of, voiced
from audio.ledger import Utterance


class RealtimeCaller(Caller):
    """As `Caller`, with the model's own sound in the place of a voice's; where it only writes, a voice speaks."""

    _wording: Wording | None = None
    """Of the utterance whose text comes next."""

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncIterator[stt.SpeechEvent]:
        """As `Caller`; the model is told at once, so that it can prepare its answer."""
        # The session has the sound, for the model, and would keep for ever what nobody takes here.
        leaving = asyncio.create_task(_leave(audio), name="realtime.sound")
        try:
            async for event in super().stt_node(audio, model_settings):
                model = self.session.llm
                final = event.type is stt.SpeechEventType.FINAL_TRANSCRIPT and event.alternatives
                if final and isinstance(model, Talker) and self.session.agent_state == "listening":
                    model.foresee(event.alternatives[0].text.strip())
                yield event
        finally:
            leaving.cancel()

    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        """As `Caller`; the model, which was given the sound, keeps the words."""
        model = self.session.llm
        if isinstance(model, Talker):
            if new_message.text_content:
                model.understood(new_message.text_content)
            unsaid = set(model.unsaid())
            self._chat_ctx.items = [item for item in self._chat_ctx.items if item.id not in unsaid]
        await super().on_user_turn_completed(turn_ctx, new_message)

    def realtime_audio_output_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncIterator[rtc.AudioFrame]:
        """The model's sound, each frame with the utterance it belongs to. The text follows in `transcription_node`."""
        self.latest = Utterance(id=new_id(), kind="reply")
        self._wording = Wording(self.latest)
        return self._sounding(audio, self._wording)

    def transcription_node(self, text: AsyncIterable[str], model_settings: ModelSettings) -> AsyncIterable[str]:
        """The text of what the model says, as it writes it."""
        wording, self._wording = self._wording, None
        return text if wording is None else self._writing(text, wording)

    async def _sounding(self, audio: AsyncIterable[rtc.AudioFrame], wording: Wording) -> AsyncIterator[rtc.AudioFrame]:
        self._begun(wording.utterance.id)
        async for frame in voiced(audio, wording.utterance):
            wording.add(pcm_of(frame))
            yield frame
        wording.sound_ended()

    async def _writing(self, text: AsyncIterable[str], wording: Wording) -> AsyncIterator[str]:
        async for piece in text:
            wording.utterance.text += piece
            yield piece
        wording.text_ended()


async def _leave(frames: AsyncIterable[rtc.AudioFrame]) -> None:
    """Take the frames and do nothing with them."""
    async for _ in frames:
        continue
