"""The runs of a line: the same callee with other noise, other faults and a slightly different pace. Pure.

Run 1 is the line as its file has it. Every other seed shifts the seeds in the file, and draws how long the callee
waits and how fast they speak; the same seed gives the same run.
"""

import random

from agent.rehearsal.script import LineScript, Noise, Step

AS_WRITTEN = 1
"""The seed that changes nothing."""


def varied(script: LineScript, seed: int) -> LineScript:
    """The line as it is with this seed."""
    if seed == AS_WRITTEN:
        return script
    shift = seed - AS_WRITTEN
    draw = random.Random(f"{script.name} {seed}")

    def about(value: float) -> float:
        return round(value * draw.uniform(1 - script.vary, 1 + script.vary), 3)

    return script.model_copy(
        update={
            "voice": script.voice.model_copy(update={"speed": min(max(about(script.voice.speed), 0.5), 2.0)}),
            "otherwise_wait": about(script.otherwise_wait),
            "callee": tuple(
                _step(step, shift, None if step.at is not None else about(step.waits(index == 0)))
                for index, step in enumerate(script.callee)
            ),
            "persona": script.persona and script.persona.model_copy(update={"seed": script.persona.seed + shift}),
            "noise": _noise(script.noise, shift),
            "network": script.network.model_copy(update={"seed": script.network.seed + shift}),
            "errors": script.errors.model_copy(update={"seed": script.errors.seed + shift}),
        }
    )


def _step(step: Step, shift: int, wait: float | None) -> Step:
    noise = None if step.noise is None else _noise(step.noise, shift)
    return step.model_copy(update={"wait": wait, "noise": noise})


def _noise(noise: Noise, shift: int) -> Noise:
    return noise.model_copy(update={"seed": noise.seed + shift})
