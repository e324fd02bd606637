"""This machine's own microphone and speaker, by PortAudio."""

from collections.abc import Callable
from typing import Any

import numpy as np

from agent.console.card import NoDevice
from audio.frames import FRAME, RATE, Pcm


class SoundCard:
    """The default devices; `agent.console.card.Device`."""

    def __init__(self) -> None:
        """Find them. Raises `NoDevice`."""
        self._sounddevice = _portaudio()
        for kind, name in (("input", "microphone"), ("output", "speaker")):
            try:
                self._sounddevice.query_devices(kind=kind)
            except (ValueError, self._sounddevice.PortAudioError):
                raise NoDevice(f"this machine has no {name}; --text talks by keyboard") from None
        self._stream: Any = None

    def start(self, heard: Callable[[Pcm], None], wanted: Callable[[], Pcm]) -> float:
        """As `Device.start`."""

        def exchange(near: Any, far: Any, *_: Any) -> None:
            far[:, 0] = wanted()
            heard(near[:, 0].copy())

        try:
            self._stream = self._sounddevice.Stream(
                samplerate=RATE, blocksize=FRAME, channels=1, dtype=np.int16, latency="low", callback=exchange
            )
            self._stream.start()
        except self._sounddevice.PortAudioError:
            raise NoDevice("the microphone or the speaker cannot be opened; --text talks by keyboard") from None
        return float(sum(self._stream.latency))

    def stop(self) -> None:
        """As `Device.stop`."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()


def _portaudio() -> Any:
    try:
        import sounddevice  # type: ignore[import-untyped]  # noqa: PLC0415  (it looks for PortAudio at once)
    except OSError:
        install = "install it (Debian: libportaudio2), or talk by keyboard with --text"
        raise NoDevice(f"PortAudio is not on this machine: {install}") from None
    return sounddevice
