"""Render everything a callee may send, before the phone rings."""

import asyncio
from typing import Protocol, assert_never

from agent.rehearsal.clips import Clip, Clips, assemble, parts, played, pressed
from agent.rehearsal.script import Background, LineScript, Noise, Step
from agent.standins.speech import Speech
from audio import noise
from audio.frames import Pcm, silence


class Voice(Protocol):
    """Speaks a text: `StandInCall.voice`."""

    async def __call__(
        self, text: str, *, language: str, speed: float = 1.0, variant: str | None = None, pitch: int = 50
    ) -> Speech: ...


async def render(script: LineScript, language: str, voice: Voice) -> Clips:
    """Speak every text of the script and make every sound; `language` is the attempt's."""
    spoken, sound = script.language or language, script.voice
    said = [None if step.say is None else step.say.text(spoken) for step in script.callee]
    otherwise = [wording.text(spoken) for wording in script.otherwise]
    texts = {part.text: None for text in (*said, *otherwise) if text for part in parts(text) if part.text}
    speeches = {
        text: await voice(text, language=spoken, speed=sound.speed, variant=sound.variant, pitch=sound.pitch)
        for text in texts
    }

    def clip(text: str) -> Clip:
        return assemble(text, speeches, sound.level_dbfs)

    return Clips(
        steps=tuple(clip(text) if text else _sound(step) for text, step in zip(said, script.callee, strict=True)),
        otherwise=tuple(map(clip, otherwise)),
        backgrounds=await asyncio.to_thread(_backgrounds, script),
    )


def _sound(step: Step) -> Clip | None:
    if step.play is not None:
        return played(step.play)
    return None if step.press is None else pressed(step.press)


def _backgrounds(script: LineScript) -> dict[Noise, Pcm]:
    wanted = [script.noise, *(step.noise for step in script.callee if step.noise is not None)]
    return {each: _background(each) for each in wanted}


def _background(wanted: Noise) -> Pcm:
    match wanted.kind:
        case Background.NONE:
            return silence()
        case Background.BABBLE:
            return noise.babble(dbfs=wanted.dbfs, seed=wanted.seed)
        case Background.HUM:
            return noise.hum(dbfs=wanted.dbfs)
        case Background.OFFICE:
            return noise.office(dbfs=wanted.dbfs, seed=wanted.seed)
        case Background.STREET:
            return noise.street(dbfs=wanted.dbfs, seed=wanted.seed)
        case _:
            assert_never(wanted.kind)
