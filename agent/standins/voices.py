"""The one thread that speaks, and what it has said before."""

import asyncio
import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from agent.standins.espeak import Espeak, Utterance
from agent.standins.speech import Speech

_REMEMBERED = 256
"""Utterances kept, a few megabytes."""
_SPEAKERS = ("f1", "f2", "f3", "f4", "m1", "m2", "m4", "m7")
"""Voices of agents; `m3`, the callee's unless a line file says otherwise, is not among them."""


def speaker(voice_id: str) -> tuple[str, int]:
    """The espeak-ng speaker and pitch that stand in for a provider's voice: always the same."""
    drawn = hashlib.sha256(voice_id.encode()).digest()
    return _SPEAKERS[drawn[0] % len(_SPEAKERS)], 40 + drawn[1] % 21


class Voices:
    """Speech by espeak-ng without blocking the loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="espeak")
        self._espeak: Espeak | None = None
        self._said: OrderedDict[Utterance, Speech] = OrderedDict()

    async def open(self) -> None:
        """Load the library; raises `EspeakMissing`."""
        self._espeak = await asyncio.get_running_loop().run_in_executor(self._thread, Espeak)

    async def say(self, utterance: Utterance) -> Speech:
        """Speak, or remember."""
        assert self._espeak is not None, "open() comes first"
        said = self._said.pop(utterance, None)
        if said is None:
            said = await asyncio.get_running_loop().run_in_executor(self._thread, self._espeak.say, utterance)
        self._said[utterance] = said
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        return said

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)
