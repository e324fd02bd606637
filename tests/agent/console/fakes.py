"""A sound card without sound: somebody on it speaks when the agent has stopped, and hears every sample."""

import asyncio
import threading
import time
from collections.abc import Callable
from io import StringIO

import numpy as np

from agent.console.card import NoDevice
from agent.console.keyboard import Key
from audio.frames import FRAME, RATE, Pcm, dbfs, silence

SPEAKS = -50.0
"""dBFS above which the agent counts as speaking."""
PATIENCE = 0.8
"""Seconds of the agent's silence before the person speaks."""


class FakeCard:
    """`agent.console.card.Device`: gives what it is told to say, on a thread of its own, like a real one."""

    def __init__(self, *says: Pcm, echo: float = 0.0, dies_after: float | None = None) -> None:
        """`echo`: share of the speaker that the microphone hears 40 ms later; `dies_after`: seconds."""
        self.says = list(says)
        self.heard: list[Pcm] = []
        """What came out of the speaker."""
        self.starts = 0
        self._echo = echo
        self._dies_after = dies_after
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, heard: Callable[[Pcm], None], wanted: Callable[[], Pcm]) -> float:
        self.starts += 1
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(heard, wanted, self._ended), daemon=True)
        self._thread.start()
        return 0.04

    def stop(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def speaker(self) -> Pcm:
        """Everything that came out of it."""
        return np.concatenate([silence(0), *self.heard])

    def _run(self, heard: Callable[[Pcm], None], wanted: Callable[[], Pcm], ended: threading.Event) -> None:
        began, tick = time.monotonic(), 0
        spoken, quiet = False, 0.0
        saying: list[Pcm] = []
        while not ended.is_set() and (self._dies_after is None or tick * 0.02 < self._dies_after):
            far = wanted()
            self.heard.append(far)
            loud = dbfs(far) > SPEAKS
            spoken, quiet = spoken or loud, 0.0 if loud else quiet + FRAME / RATE
            if not saying and spoken and quiet >= PATIENCE and self.says:
                pcm = self.says.pop(0)
                saying = [pcm[start : start + FRAME] for start in range(0, len(pcm) // FRAME * FRAME, FRAME)]
                spoken = False
            near = saying.pop(0) if saying else silence()
            if self._echo and len(self.heard) > 2:
                near = (near + self._echo * self.heard[-3]).astype(np.int16)
            heard(near)
            tick += 1
            time.sleep(max(0.0, began + tick * 0.02 - time.monotonic()))


class BrokenCard(FakeCard):
    """Cannot be opened."""

    def start(self, heard: Callable[[Pcm], None], wanted: Callable[[], Pcm]) -> float:
        raise NoDevice("the microphone cannot be opened")


class Fingers:
    """A `Keyboard` whose lines come once something was printed, so many times."""

    def __init__(self, out: StringIO, *lines: tuple[str, int, str | Key]) -> None:
        self._out = out
        self._lines = list(lines)

    async def line(self) -> str | Key:
        if not self._lines:
            await asyncio.Event().wait()
        cue, times, line = self._lines.pop(0)
        while self._out.getvalue().count(cue) < times:  # noqa: ASYNC110  (nobody tells of what is printed)
            await asyncio.sleep(0.02)
        return line
