"""The sounds under a call: a background all along, and a sound while a reply is being made."""

import asyncio
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from agent import events as e
from agent.plan import Clip, Sounds
from agent.thinking import Thinking
from audio.beds import Bed
from audio.loops import loop_of
from audio.mixer import Mixer
from audio.office import OFFICE


class Ambience:
    """Lays the plan's sounds under what is said."""

    def __init__(self, sounds: Sounds, mixer: Mixer, draw: Callable[[], float]) -> None:
        """`draw` gives numbers from 0 to below 1; a turn has the thinking sound if its own is below the probability."""
        self._sounds = sounds
        self._mixer = mixer
        self._thinking = Thinking(sounds.thinking_probability, draw)
        self._thinking_bed: Bed | None = None
        self._muted = False

    async def prepare(self) -> None:
        """Read the clips, and begin the background. Raises OSError or ValueError if one cannot be read."""
        if self._sounds.background is not None:
            background = await self._laid(self._sounds.background)
            background.fade_in()
        if self._sounds.thinking is not None:
            self._thinking_bed = await self._laid(self._sounds.thinking)
            self._fade()

    async def _laid(self, clip: Clip) -> Bed:
        bed = Bed(await asyncio.to_thread(loop_of, path_of(clip.name)), clip.volume)
        self._mixer.beds.append(bed)
        return bed

    def follow(self, event: e.Event) -> None:
        """Take an event of the call."""
        self._thinking.take(event)
        self._fade()

    def mute(self) -> None:
        """No reply is made any more; the background stays."""
        self._muted = True
        self._fade()

    def _fade(self) -> None:
        if self._thinking_bed is None:
            return
        if self._thinking.audible and not self._muted:
            self._thinking_bed.fade_in()
        else:
            self._thinking_bed.fade_out()


def path_of(name: str) -> Path:
    """Where the clip is that an assistant names so: the office is our own, the others come with livekit."""
    file = name.removeprefix("audio/")
    return OFFICE if file == OFFICE.name else Path(str(files("livekit.agents.resources") / file))
