"""The sounds under a call: which clips, how loud, and when."""

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from agent import events as e
from agent.ambience import Ambience, path_of
from agent.models.assistant import BackgroundSound, ThinkingSound
from agent.plan import Clip, Sounds
from audio.beds import FADE
from audio.frames import FRAME, Pcm, samples
from audio.ledger import Utterance
from audio.loops import loop_of
from audio.loudness import integrated
from audio.mixer import Mixer

OFFICE, TYPING = "audio/office.ogg", "audio/keyboard-typing.ogg"
EVERY = (*get_args(BackgroundSound), *get_args(ThinkingSound))
FADING = FADE // FRAME
TURN = e.TurnTaken(at=0)


class Room:
    """A mixer with the sounds under it, and what came out."""

    def __init__(self, sounds: Sounds) -> None:
        self.mixer = Mixer(started=self._started, stopped=lambda said: None)
        self.ambience = Ambience(sounds, self.mixer, lambda: 0.5)

    def _started(self, said: Utterance) -> None:
        self.ambience.follow(e.AgentStarted(at=0, id=said.id, kind="reply", sample=said.voiced_from or 0))

    async def ready(self) -> "Room":
        await self.ambience.prepare()
        return self

    def hear(self, frames: int) -> Pcm:
        return np.concatenate([self.mixer.tick() for _ in range(frames)])


def thinking(probability: float = 1.0) -> Sounds:
    return Sounds(thinking=Clip(TYPING, 1.0), thinking_probability=probability)


def test_there_are_eight_clips() -> None:
    assert len(set(EVERY)) == 8
    assert {path_of(name).name for name in EVERY} == {name.removeprefix("audio/") for name in EVERY}


@pytest.mark.parametrize("name", get_args(ThinkingSound))
def test_thinking_clips_come_with_livekit(name: str) -> None:
    built_in = Path(str(files("livekit.agents") / "resources"))
    assert path_of(name).parent == built_in
    assert path_of(name).is_file()


@pytest.mark.parametrize("name", EVERY)
def test_every_clip_has_the_reference_loudness(name: str) -> None:
    loop = loop_of(path_of(name))
    assert integrated(loop) == pytest.approx(-23.0, abs=0.5)
    assert np.max(np.abs(loop.astype(np.int32))) < 32_000


@pytest.mark.parametrize("name", EVERY)
def test_no_clip_clicks_at_its_seam(name: str) -> None:
    loop = loop_of(path_of(name)).astype(np.int32)
    around = np.concatenate([loop[-samples(0.5) :], loop[: samples(0.5)]])
    seam = np.max(np.abs(np.diff(loop[[-2, -1, 0, 1]])))
    assert seam <= np.percentile(np.abs(np.diff(around)), 99.5)


@pytest.mark.parametrize(("volume", "loudness"), [(1.0, -23.0), (0.5, -29.0), (0.1, -43.0)])
async def test_the_background_is_heard_from_the_first_sample_at_its_volume(volume: float, loudness: float) -> None:
    room = await Room(Sounds(background=Clip(OFFICE, volume))).ready()
    sound = room.hear(1300)
    assert sound[: samples(0.03)].any()
    assert integrated(sound[FADE:]) == pytest.approx(loudness, abs=0.5)
    once = loop_of(path_of(OFFICE))[: samples(20)] * volume
    assert np.max(np.abs(sound[FADE : samples(20)] - once[FADE:])) <= 1


async def test_without_sounds_there_is_silence() -> None:
    room = await Room(Sounds()).ready()
    room.ambience.follow(TURN)
    assert not room.hear(20).any()


async def test_thinking_fades_in_and_is_gone_100_ms_after_the_first_sample_of_the_reply() -> None:
    room = await Room(thinking()).ready()
    assert not room.hear(5).any()
    room.ambience.follow(TURN)
    sound = room.hear(50)
    loop = loop_of(path_of(TYPING))
    assert np.array_equal(sound[FADE:], loop[FADE : len(sound)])
    assert np.max(np.abs(sound[:FADE].astype(np.int32))) <= np.max(np.abs(loop[:FADE].astype(np.int32)))
    said = Utterance("a1", "reply", complete=True)
    said.add(np.full(samples(1), 500, np.int16))
    room.mixer.speech.queue.append(said)
    under = room.hear(60)
    assert np.all(under[FADE : samples(1)] == 500)
    assert not under[samples(1) :].any()
    assert np.any(under[: FADE // 2] != 500)


async def test_a_turn_without_the_draw_has_no_thinking_sound() -> None:
    room = await Room(thinking(0.5)).ready()
    room.ambience.follow(TURN)
    assert not room.hear(20).any()


async def test_muted_it_goes_on_with_the_background_alone() -> None:
    both = Sounds(background=Clip(OFFICE, 0.5), thinking=Clip(TYPING, 0.5))
    room, alone = await Room(both).ready(), await Room(Sounds(background=both.background)).ready()
    room.ambience.follow(TURN)
    assert not np.array_equal(room.hear(20), alone.hear(20))
    room.ambience.mute()
    room.hear(FADING), alone.hear(FADING)
    room.ambience.follow(TURN)
    assert np.array_equal(room.hear(20), alone.hear(20))


async def test_clips_that_are_ready_only_in_mid_call_are_heard_from_then_on() -> None:
    room = Room(Sounds(background=Clip(OFFICE, 0.5), thinking=Clip(TYPING, 0.5)))
    room.hear(50)
    room.ambience.follow(TURN)
    await room.ready()
    assert room.hear(FADING).any()
    assert not any(bed.silent for bed in room.mixer.beds)


async def test_the_loop_is_not_held_up_while_clips_are_read() -> None:
    loop_of.cache_clear()
    gaps: list[float] = []

    async def watch() -> None:
        now = asyncio.get_running_loop().time
        while True:
            began = now()
            await asyncio.sleep(0.001)
            gaps.append(now() - began)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.01)
    await Room(Sounds(background=Clip(OFFICE, 0.5), thinking=Clip("audio/hold_music.ogg", 0.5))).ready()
    watching.cancel()
    assert max(gaps) < 0.25
    assert len(gaps) > 20
