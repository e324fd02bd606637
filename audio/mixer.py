"""The mixer: everything the callee hears from us, made one 20 ms frame at a time.

Two channels speak, never both at once: `announcements` (fixed sentences, rendered beforehand) go first, `speech` (what
the model says) waits for them. Both can be ducked, and held where they are. Beds lie under both; the ledger knows
nothing of them. The line's clock drives it: one call of `tick` a frame.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from audio.beds import Bed, laid_under
from audio.frames import FRAME, RATE, Pcm, added, samples, silence
from audio.ledger import Ledger, Utterance

Listener = Callable[[Utterance], None]

DUCKED = 0.25
"""Gain of a ducked voice: 12 dB down, still understood under another one."""
_RAMP = (1.0 - DUCKED) / 3
"""Gain a frame on the way there and back: 60 ms, too slow for a click."""
WORD_LONGEST = 0.5
"""Seconds that what is being said may go on to the end of its word when it is concluded."""
_FADE = RATE // 200
"""Samples (5 ms) over which a voice that is stopped or held fades out."""
_FADING = np.linspace(1.0, 0.0, _FADE)


@dataclass(slots=True)
class Channel:
    """A queue of utterances that are said one after the other."""

    queue: deque[Utterance] = field(default_factory=deque)
    waits: Callable[[], bool] = lambda: False
    """Asked before an utterance begins: it waits for as long as this is so."""

    @property
    def current(self) -> Utterance | None:
        """What it says now or next."""
        return self.queue[0] if self.queue else None

    @property
    def idle(self) -> bool:
        """Nothing waits to be said."""
        return not self.queue

    @property
    def concluding(self) -> bool:
        """It was cut and says the rest of a word."""
        return bool(self.queue) and self.queue[0].cut


class Mixer:
    """Mixes the agent's side of a call, and keeps the ledger of it."""

    def __init__(self, *, started: Listener, stopped: Listener) -> None:
        """`started` is called at an utterance's first audible sample, `stopped` after its last one was handed out."""
        self.announcements = Channel()
        self.speech = Channel()
        self.beds: list[Bed] = []
        """What is heard under them."""
        self.voice = silence()
        """The last frame without what was under it."""
        self.ledger = Ledger()
        self.position = 0
        """Samples handed out since the answer."""
        self.ducked = False
        """What is said is lowered under the callee's voice."""
        self._held = False
        self._gain = 1.0
        self._fading = silence(0)
        """The end of a voice that was stopped within it."""
        self._started = started
        self._stopped = stopped

    @property
    def speaking(self) -> bool:
        """Something has begun to be heard and goes on."""
        channel = self._turn()
        utterance = channel.current if channel else None
        return utterance is not None and utterance.voiced_from is not None

    def hold(self, on: bool) -> None:
        """Keep what is said where it is, without loss, or let it go on."""
        channel = self._turn()
        if on and not self._held and channel is not None and channel.current is not None:
            self._fade(channel.current)
        self._held = on

    def tick(self) -> Pcm:
        """The next 480 samples for the callee."""
        frame = silence()
        if not self._held:
            self._speak(frame)
        if len(self._fading):
            end = frame[: len(self._fading)]
            end[:] = added(end, self._fading)
            self._fading = silence(0)
        self._duck(frame)
        self.position += FRAME
        self.voice = frame
        return laid_under(frame, self.beds)

    def _speak(self, frame: Pcm) -> None:
        filled = 0
        while filled < FRAME:
            channel = self._turn()
            utterance = channel.current if channel else None
            if channel is None or utterance is None:
                break
            filled = max(filled, min(FRAME, utterance.not_before - self.position))
            taken = self._play(utterance, frame, filled)
            filled += taken
            if channel.current is not utterance:
                continue  # whoever was told of its start has cut it
            if utterance.finished:
                channel.queue.popleft()
                self._stopped(utterance)
            elif taken == 0:
                if utterance.played:
                    utterance.starved += FRAME - filled
                break

    def _duck(self, frame: Pcm) -> None:
        before, aim = self._gain, DUCKED if self.ducked else 1.0
        if before == aim == 1.0:
            return
        self._gain = min(aim, before + _RAMP) if aim > before else max(aim, before - _RAMP)
        frame[:] = frame * np.linspace(before, self._gain, FRAME)

    def _turn(self) -> Channel | None:
        if not self.announcements.idle and not self.speech.concluding:
            return self.announcements
        utterance = self.speech.current
        if utterance is None:
            return None
        return None if utterance.played == 0 and utterance.left and self.speech.waits() else self.speech

    def _play(self, utterance: Utterance, frame: Pcm, offset: int) -> int:
        silent_so_far = utterance.voiced_from is None
        if utterance.played == 0 and utterance.left and offset < FRAME:
            self.ledger.enter(utterance)
        pcm = utterance.take(FRAME - offset, self.position + offset)
        frame[offset : offset + len(pcm)] = pcm
        if silent_so_far and utterance.voiced_from is not None:
            self._started(utterance)
        return len(pcm)

    def _fade(self, utterance: Utterance) -> None:
        if utterance.played:
            following = utterance.peek(_FADE)
            self._fading = (following * _FADING[: len(following)]).astype(np.int16)

    def cut(self, channel: Channel) -> list[Utterance]:
        """Stop everything the channel says or was about to say; returns it, oldest first."""
        if channel is self._turn() and channel.current is not None and not self._held:
            self._fade(channel.current)
        cut = list(channel.queue)
        channel.queue.clear()
        for utterance in cut:
            utterance.stop()
            self._stopped(utterance)
        return cut

    def conclude(self, channel: Channel) -> None:
        """Stop everything the channel says, but for the rest of the word that is being heard."""
        current = channel.current
        if current is None or not current.played or self._held:
            self.cut(channel)
            return
        waiting = list(channel.queue)[1:]
        current.end_with_word(samples(WORD_LONGEST))
        channel.queue = deque([current])
        for utterance in waiting:
            utterance.stop()
            self._stopped(utterance)
