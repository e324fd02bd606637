"""Render everything a callee may send, before the phone rings."""

import asyncio
from dataclasses import dataclass
from typing import Protocol, assert_never

from agent.rehearsal.clips import Clip, Clips, assemble, parts, played, pressed
from agent.rehearsal.fields import Wording
from agent.rehearsal.script import Background, CalleeVoice, LineScript, Noise, Step
from agent.standins.speech import Speech
from audio import noise
from audio.frames import Pcm, silence


class Voice(Protocol):
    """Speaks a text: `StandInCall.voice`."""

    async def __call__(
        self, text: str, *, language: str, speed: float = 1.0, variant: str | None = None, pitch: int = 50
    ) -> Speech: ...


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is spoken."""

    language: str
    """BCP 47."""
    voice: CalleeVoice


@dataclass(frozen=True, slots=True)
class _Line:
    """A text and its manner."""

    text: str
    manner: Manner


async def speak(text: str, manner: Manner, voice: Voice) -> Clip:
    """Speak one text, with its pauses and tones."""
    sound = manner.voice
    speeches = {
        part.text: await voice(
            part.text, language=manner.language, speed=sound.speed, variant=sound.variant, pitch=sound.pitch
        )
        for part in dict.fromkeys(parts(text))
        if part.text
    }
    return assemble(text, speeches, sound.level_dbfs)


async def render(script: LineScript, language: str, voice: Voice) -> Clips:
    """Speak every text of the script and make every sound; `language` is the attempt's."""
    manner = Manner(script.spoken(language), script.voice)
    said = [None if step.say is None else _line(step, step.say, manner) for step in script.callee]
    otherwise = [_Line(wording.text(manner.language), manner) for wording in script.otherwise]
    remembered = _Remembering(voice)
    clips = {
        line: await speak(line.text, line.manner, remembered) for line in dict.fromkeys((*said, *otherwise)) if line
    }
    return Clips(
        steps=tuple(clips[line] if line else _sound(step) for line, step in zip(said, script.callee, strict=True)),
        otherwise=tuple(clips[line] for line in otherwise),
        backgrounds=await asyncio.to_thread(_backgrounds, script),
    )


def _line(step: Step, say: Wording, usual: Manner) -> _Line:
    """What a step says, in its own language and voice as far as it has them."""
    language = step.language.text(usual.language) if step.language else usual.language
    own = {} if step.voice is None else {name: getattr(step.voice, name) for name in step.voice.model_fields_set}
    return _Line(say.text(usual.language), Manner(language, usual.voice.model_copy(update=own)))


class _Remembering:
    """A voice that speaks the same words in the same manner once."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._said: dict[tuple[str, str, float, str | None, int], Speech] = {}

    async def __call__(
        self, text: str, *, language: str, speed: float = 1.0, variant: str | None = None, pitch: int = 50
    ) -> Speech:
        asked = (text, language, speed, variant, pitch)
        if asked not in self._said:
            self._said[asked] = await self._voice(text, language=language, speed=speed, variant=variant, pitch=pitch)
        return self._said[asked]


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
