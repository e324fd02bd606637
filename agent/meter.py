"""The meter: what the providers were used for, added up from the plugins' own figures."""

from dataclasses import dataclass
from typing import Any

from livekit.agents.metrics import LLMMetrics, RealtimeModelMetrics, STTMetrics, TTSMetrics

from agent import events as e
from agent.pipeline import Pipeline


@dataclass(slots=True)
class Meter:
    """Sums of one call."""

    llm_input_tokens: int = 0
    llm_output_tokens: int = 0
    tts_characters: int = 0
    stt_seconds: float = 0.0

    def attach(self, pipeline: Pipeline) -> None:
        """Count from now on what the pipeline uses."""
        pipeline.model.on("metrics_collected", self.count)
        pipeline.voice.on("metrics_collected", self.count)
        pipeline.recogniser.on("metrics_collected", self.count)

    def count(self, figures: Any) -> None:
        """Add one plugin's figures; those of other kinds are passed over."""
        if isinstance(figures, LLMMetrics):
            self.llm_input_tokens += figures.prompt_tokens
            self.llm_output_tokens += figures.completion_tokens
        elif isinstance(figures, RealtimeModelMetrics):
            self.llm_input_tokens += figures.input_tokens
            self.llm_output_tokens += figures.output_tokens
        elif isinstance(figures, TTSMetrics):
            self.tts_characters += figures.characters_count
        elif isinstance(figures, STTMetrics):
            self.stt_seconds += figures.audio_duration

    def used(self, at: float) -> e.Used:
        """The sums as an event."""
        return e.Used(
            at=at,
            llm_input_tokens=self.llm_input_tokens,
            llm_output_tokens=self.llm_output_tokens,
            tts_characters=self.tts_characters,
            stt_seconds=round(self.stt_seconds, 1),
        )
