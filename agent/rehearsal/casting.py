"""Who plays the callee of a line, made ready before it rings."""

from collections.abc import Callable
from functools import partial

from agent.rehearsal.callee import Callee
from agent.rehearsal.listening import Listening
from agent.rehearsal.persona import PersonaCallee
from agent.rehearsal.rendering import Manner, Voice, render, speak
from agent.rehearsal.script import LineScript
from agent.rehearsal.scripted import ScriptedCallee
from agent.rehearsal.sending import Sending
from agent.rehearsal.thinking import Thinking

Cast = Callable[[int], Callee]
"""Brings the callee to the phone; it is given how many samples the agent's sound takes to their ear."""


async def cast(script: LineScript, language: str, voice: Voice, thinking: Thinking | None = None) -> Cast:
    """Make the callee ready; `language` is the attempt's. Raises what `voice` raises, and `MindFailed`.

    `thinking` is needed where the line has a persona.
    """
    clips = await render(script, language, voice)
    persona = script.persona
    if persona is None:
        return lambda delay: ScriptedCallee(script, clips, delay=delay)
    assert thinking is not None
    manner = Manner(script.spoken(language), script.voice)
    say = partial(speak, manner=manner, voice=voice)
    greeting = await thinking.think((), say)
    return lambda delay: PersonaCallee(
        greeting,
        Sending(clips.backgrounds, script.noise),
        Listening(delay),
        thinking=thinking,
        speak=say,
        seed=persona.seed,
    )
