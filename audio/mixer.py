"""The mixer: everything the callee hears from us, made one 20 ms frame at a time.

Two channels speak, never both at once: `announcements` (fixed sentences, rendered beforehand) go first, `speech` (what
the model says) waits for them. The line's clock drives it: one call of `tick` a frame.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from audio.frames import FRAME, Pcm, silence
from audio.ledger import Ledger, Utterance

Listener = Callable[[Utterance], None]


@dataclass(slots=True)
class Channel:
    """A queue of utterances that are said one after the other."""

    queue: deque[Utterance] = field(default_factory=deque)
    paused: bool = False
    """Holds its place without loss: the next sample after the pause follows the last one before it."""
    held: Callable[[], bool] = lambda: False
    """Asked before an utterance begins: it waits for as long as this is so."""

    @property
    def current(self) -> Utterance | None:
        """What it says now or next."""
        return self.queue[0] if self.queue else None

    @property
    def idle(self) -> bool:
        """Nothing waits to be said."""
        return not self.queue


class Mixer:
    """Mixes the agent's side of a call, and keeps the ledger of it."""

    def __init__(self, *, started: Listener, stopped: Listener) -> None:
        """`started` is called at an utterance's first audible sample, `stopped` after its last one was handed out."""
        self.announcements = Channel()
        self.speech = Channel()
        self.ledger = Ledger()
        self.position = 0
        """Samples handed out since the answer."""
        self._started = started
        self._stopped = stopped

    def tick(self) -> Pcm:
        """The next 480 samples for the callee."""
        frame = silence()
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
        self.position += FRAME
        return frame

    def _turn(self) -> Channel | None:
        if not self.announcements.idle:
            return self.announcements
        utterance = self.speech.current
        if utterance is None or self.speech.paused:
            return None
        return None if utterance.played == 0 and utterance.left and self.speech.held() else self.speech

    def _play(self, utterance: Utterance, frame: Pcm, offset: int) -> int:
        silent_so_far = utterance.voiced_from is None
        if utterance.played == 0 and utterance.left and offset < FRAME:
            self.ledger.enter(utterance)
        pcm = utterance.take(FRAME - offset, self.position + offset)
        frame[offset : offset + len(pcm)] = pcm
        if silent_so_far and utterance.voiced_from is not None:
            self._started(utterance)
        return len(pcm)

    def cut(self, channel: Channel) -> list[Utterance]:
        """Stop everything the channel says or was about to say; returns it, oldest first."""
        cut = list(channel.queue)
        channel.queue.clear()
        channel.paused = False
        for utterance in cut:
            utterance.stop()
            self._stopped(utterance)
        return cut
