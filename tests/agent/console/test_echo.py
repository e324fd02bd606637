import numpy as np
import pytest

from agent.console.echo import EchoCanceller
from audio.frames import FRAME, RATE, Pcm, dbfs

LATE = 3
"""Frames by which the speaker is heard by the microphone."""


def chatter(seconds: float, seed: int) -> Pcm:
    """Noise that comes and goes like speech."""
    noise = np.random.default_rng(seed).normal(0, 4000, round(seconds * RATE))
    smooth = np.convolve(noise, np.ones(12) / 12, mode="same") * 3
    pulse = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * np.arange(len(noise)) / RATE)
    return np.clip(smooth * pulse, -30000, 30000).astype(np.int16)


def through(near: Pcm, far: Pcm, echo: float) -> tuple[Pcm, Pcm]:
    """What the microphone hears of both, and what is left of it."""
    canceller = EchoCanceller()
    canceller.late(LATE * 0.02)
    heard, left = [], []
    for start in range(0, len(near) - FRAME + 1, FRAME):
        canceller.played(far[start : start + FRAME])
        late = far[max(0, start - LATE * FRAME) :][:FRAME] if start >= LATE * FRAME else np.zeros(FRAME)
        microphone = np.clip(near[start : start + FRAME] + echo * late, -32768, 32767).astype(np.int16)
        heard.append(microphone)
        left.append(canceller.cleaned(microphone))
    return np.concatenate(heard), np.concatenate(left)


def test_the_speaker_is_taken_out_of_the_microphone() -> None:
    far = chatter(6.0, seed=1)
    heard, left = through(np.zeros(len(far), dtype=np.int16), far, echo=0.4)
    settled = 3 * RATE
    assert dbfs(left[settled:]) < dbfs(heard[settled:]) - 20


def test_the_person_is_not_taken_out() -> None:
    near = chatter(4.0, seed=2)
    _, left = through(near, np.zeros(len(near), dtype=np.int16), echo=0.0)
    assert dbfs(left[RATE:]) == pytest.approx(dbfs(near[RATE:]), abs=12)
