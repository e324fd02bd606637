"""Taking the speaker out of what the microphone hears, by WebRTC's own audio processing."""

import numpy as np
from livekit import rtc

from audio.frames import RATE, Pcm

_PART = RATE // 100
"""Samples it takes at a time: 10 ms."""


class EchoCanceller:
    """Also takes noise and rumble out, and evens the level; `agent.console.card.Canceller`."""

    def __init__(self) -> None:
        self._processing = rtc.AudioProcessingModule(
            echo_cancellation=True, noise_suppression=True, high_pass_filter=True, auto_gain_control=True
        )
        self.late(0.0)

    def late(self, seconds: float) -> None:
        """As `Canceller.late`."""
        self._processing.set_stream_delay_ms(round(seconds * 1000))

    def played(self, pcm: Pcm) -> None:
        """As `Canceller.played`."""
        for start in range(0, len(pcm), _PART):
            self._processing.process_reverse_stream(_frame(pcm[start : start + _PART]))

    def cleaned(self, pcm: Pcm) -> Pcm:
        """As `Canceller.cleaned`."""
        parts = [_frame(pcm[start : start + _PART]) for start in range(0, len(pcm), _PART)]
        for part in parts:
            self._processing.process_stream(part)
        return np.concatenate([np.frombuffer(part.data, dtype=np.int16) for part in parts])


def _frame(pcm: Pcm) -> rtc.AudioFrame:
    return rtc.AudioFrame(bytearray(pcm.tobytes()), RATE, 1, len(pcm))
