"""The judge of turn ends: livekit's local acoustic model, hearing what the ears hear."""

from livekit import rtc
from livekit.agents import APIConnectOptions, inference
from livekit.agents.inference.eot.base import _BaseStreamingTurnDetectorStream
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS


class AcousticJudge(inference.TurnDetector):
    """Judges by the sound it is given here, and not by a copy that the session passes on.

    That copy would be made, queued four times and resampled once more, 50 times a second.
    """

    def __init__(self) -> None:
        super().__init__(version="v1-mini")
        self._hearing: _BaseStreamingTurnDetectorStream | None = None

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> _BaseStreamingTurnDetectorStream:
        """What the session asks for verdicts."""
        self._hearing = super().stream(conn_options=conn_options)
        return self._hearing

    def hear(self, frame: rtc.AudioFrame) -> None:
        """Take the callee's next frame, of 16 kHz; deaf before the session has begun."""
        if self._hearing is not None:
            self._hearing.push_audio(frame)
