from agent.courtesy import LONGEST, NOTICED, Courtesy
from audio.frames import FRAME


class Callee:
    """Ears and position by hand."""

    def __init__(self, *, loud: bool = False, speaking: bool = False) -> None:
        self.loud = loud
        self.speaking = speaking
        self.position = 0
        self._courtesy = Courtesy(self, lambda: self.position)

    def frames_waited(self, most: int = 1000) -> int:
        """Frames that a reply waits, up to so many."""
        for frame in range(most):
            held = self._courtesy.holds()
            self.position += FRAME
            if not held:
                return frame
        return most


def test_a_reply_begins_at_once_in_silence() -> None:
    assert Callee().frames_waited() == 0


def test_a_reply_waits_for_who_goes_on_and_no_longer() -> None:
    callee = Callee(loud=True)
    assert callee.frames_waited(most=3) == 3
    callee.loud, callee.speaking = False, True
    assert callee.frames_waited(most=10) == 10
    callee.speaking = False
    assert callee.frames_waited() == 0


def test_noise_that_is_not_speech_is_not_waited_for() -> None:
    assert Callee(loud=True).frames_waited() == NOTICED // FRAME


def test_speech_that_interrupts_nothing_is_not_waited_for_for_ever() -> None:
    assert Callee(loud=True, speaking=True).frames_waited() == LONGEST // FRAME


def test_each_reply_waits_anew() -> None:
    callee = Callee(loud=True)
    callee.frames_waited()
    callee.position += 10 * FRAME
    assert callee.frames_waited() == NOTICED // FRAME
