"""The detector of speech: livekit's own model, asked where the sound comes in.

The framework's detector hands every window of 32 ms to a thread and back, copies all sound it hears for whoever might
want it, and tells of every window through two queues. Here the model, which takes 0.05 ms, is asked on the spot, what
it finds is told on the spot, and of silence that goes on nothing is told. What is told of speech is the same, window by
window, but that a window counts before it is told of: the framework counts it afterwards, so that whoever waits for
0.2 s of silence learns of it a window late.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from livekit.agents import vad
from livekit.local_inference import VAD, VAD_WINDOW_SAMPLES

from audio.frames import Pcm
from audio.resampling import SPEECH_RATE

Tell = Callable[[vad.VADEvent], None]

WINDOW = VAD_WINDOW_SAMPLES / SPEECH_RATE
"""Seconds it judges at a time."""
_SPEECH, _STILL_SPEECH = 0.5, 0.35
"""Probabilities from which a window counts as speech: at first, and while somebody speaks. The framework's own."""
_LEAST_SPEECH = 0.05
"""Seconds of speech after which somebody is said to speak; the framework's own."""


@dataclass(slots=True)
class _Heard:
    """What the windows up to now come to."""

    samples: int = 0
    speaking: bool = False
    speech: float = 0.0
    """Seconds that the speech that is going on has lasted, pauses included."""
    silence: float = 0.0
    """Seconds since the last speech."""
    loud: float = 0.0
    """Seconds of windows in a row that count as speech."""
    quiet: float = 0.0
    """Seconds of windows in a row that do not."""

    @property
    def still(self) -> bool:
        """Nobody speaks or begins to."""
        return not self.speaking and self.loud == 0

    def pass_window(self) -> None:
        """Another window has passed."""
        self.samples += VAD_WINDOW_SAMPLES
        if self.speaking:
            self.speech += WINDOW
        else:
            self.silence += WINDOW

    def event(self, kind: vad.VADEventType, probability: float) -> vad.VADEvent:
        """As the framework tells it."""
        return vad.VADEvent(
            type=kind,
            samples_index=self.samples,
            timestamp=self.samples / SPEECH_RATE,
            speech_duration=self.speech,
            silence_duration=self.silence,
            probability=probability,
            speaking=self.speaking,
            raw_accumulated_speech=self.loud,
            raw_accumulated_silence=self.quiet,
        )


class Detector:
    """Detects speech."""

    def __init__(self, min_silence: float) -> None:
        """`min_silence` is the seconds of silence after which speech counts as ended."""
        self._min_silence = min_silence

    def listen(self, tell: Tell) -> "Detection":
        """Begin to hear; `tell` is told of speech as it comes and goes."""
        return Detection(self._min_silence, tell)


class Detection:
    """What one leg is found to say."""

    def __init__(self, min_silence: float, tell: Tell) -> None:
        self._min_silence = min_silence
        self._tell = tell
        self._judge = VAD()
        self._left: Pcm = np.zeros(0, dtype=np.int16)
        """Less than a window."""
        self._heard = _Heard()
        self._told_still = False

    def hear(self, sound: Pcm) -> None:
        """Take sound of 16 kHz, and tell at once what it changes."""
        sound = np.concatenate([self._left, sound])
        whole = len(sound) // VAD_WINDOW_SAMPLES * VAD_WINDOW_SAMPLES
        for start in range(0, whole, VAD_WINDOW_SAMPLES):
            self._take(self._judge.predict(sound[start : start + VAD_WINDOW_SAMPLES]))
        self._left = sound[whole:]

    def _take(self, probability: float) -> None:
        heard = self._heard
        heard.pass_window()
        loud = probability >= _SPEECH or (heard.speaking and probability > _STILL_SPEECH)
        heard.loud, heard.quiet = (heard.loud + WINDOW, 0.0) if loud else (0.0, heard.quiet + WINDOW)
        if not (heard.still and self._told_still):
            self._report(vad.VADEventType.INFERENCE_DONE, probability)
        self._told_still = heard.still
        if loud:
            self._louder()
        else:
            self._quieter()

    def _louder(self) -> None:
        heard = self._heard
        if not heard.speaking and heard.loud >= _LEAST_SPEECH:
            heard.speaking, heard.silence, heard.speech = True, 0.0, heard.loud
            self._report(vad.VADEventType.START_OF_SPEECH)

    def _quieter(self) -> None:
        heard = self._heard
        if heard.speaking and heard.quiet >= self._min_silence:
            heard.speaking, heard.silence = False, heard.quiet
            heard.speech = max(0.0, heard.speech - heard.quiet)
            self._report(vad.VADEventType.END_OF_SPEECH)
            heard.speech = 0.0

    def _report(self, kind: vad.VADEventType, probability: float = 0.0) -> None:
        self._tell(self._heard.event(kind, probability))
